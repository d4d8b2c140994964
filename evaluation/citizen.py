"""A simulated citizen: holds one conversation over the HTTP interface, as any integrator would."""

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from evaluation.goal import GoalCitizen, Move
from evaluation.suite import Case, Step
from evaluation.variation import Variation, varied
from evaluation.verdict import Kind, Problem
from evaluation.world import InfrastructureError, PrivateWorld, World


@dataclass
class Transcript:
    """What one conversation was."""

    conversation_id: str
    folio: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(who, text), in order."""
    problems: list[Problem] = field(default_factory=list)
    """Expectations of single steps that were not met."""
    state: str = ""
    campaign: str = ""
    topic: str | None = None
    turns: int = 0
    """Messages of the citizen."""
    seconds: float = 0.0
    """From opening to close."""


@dataclass(frozen=True)
class Manner:
    """How the citizen of a case writes and behaves this time."""

    variation: Variation | None
    chance: random.Random


class Citizen:
    """Holds the conversation of one case."""

    def __init__(self, client: httpx.Client, world: World, campaign: str, case: Case, manner: Manner) -> None:
        self._client, self._world, self._campaign, self._case = client, world, campaign, case
        self._manner = manner
        self._data = _data_of(world.people.get(case.persona or "", {}))

    def open(self) -> Transcript:
        """Begin: folio, greeting.

        Raises:
            InfrastructureError: the product does not answer as agreed.
        """
        opened = self._post(f"/api/v1/campaigns/{self._campaign}/conversations", {"channel": "webchat"})
        self._client.headers["Authorization"] = f"Bearer {opened['token']}"
        transcript = Transcript(
            opened["conversation_id"], opened["folio"], state=opened["state"], campaign=self._campaign
        )
        self._hear(transcript, opened)
        return transcript

    def converse(self, transcript: Transcript, institution: PrivateWorld) -> None:
        """From the first request to the close.

        Raises:
            InfrastructureError: the product or the sandbox does not answer as agreed.
        """
        started = time.monotonic()
        if self._case.goal is not None:
            self._pursue(transcript, GoalCitizen(self._case.goal, self._data, *self._how()))
        for number, step in enumerate(self._case.steps, start=1):
            self._take(transcript, institution, number, step)
        self._end(transcript)
        transcript.seconds = time.monotonic() - started

    def _how(self) -> tuple[Variation | None, random.Random]:
        return self._manner.variation, self._manner.chance

    def _pursue(self, transcript: Transcript, citizen: GoalCitizen) -> None:
        move: Move | None = citizen.first()
        while move is not None:
            answer = self._send(transcript, {move.kind: move.said})
            self._hear(transcript, answer)
            move = citizen.next(answer["messages"]) if answer["state"] == "bot" else None

    def _take(self, transcript: Transcript, institution: PrivateWorld, number: int, step: Step) -> None:
        if step.clock:
            institution.set_clock(step.clock)
        if step.fault:
            institution.add_fault(step.fault)
        if step.say is not None:
            body = {"text": varied(self._filled(step.say), *self._how())}
        else:
            kind, said = ("choice", step.choose) if step.choose is not None else ("digits", step.digits or "")
            body = {kind: self._filled(said)}
        answer = self._send(transcript, body, number if step.repeat_id else None)
        heard = self._hear(transcript, answer)
        problems = [
            Problem(Kind.NOT_SAID, f"step {number}: «{phrase}» was not said; heard: {heard[:160]}")
            for phrase in step.contains
            if self._filled(phrase) not in heard
        ] + [
            Problem(Kind.FORBIDDEN, f"step {number}: «{phrase}» was said", wrong=True)
            for phrase in step.absent
            if self._filled(phrase) in heard
        ]
        if step.state and step.state != answer["state"]:
            problems.append(Problem(Kind.STATE, f"step {number}: state is {answer['state']}, not {step.state}"))
        transcript.problems += problems

    def _send(self, transcript: Transcript, body: dict[str, str], repeat_in: int | None = None) -> dict[str, Any]:
        """One message; with `repeat_in` (a step's number) it is sent twice, as a flaky connection does."""
        body = {**body, "client_message_id": str(uuid.uuid4())}
        transcript.lines.append(("user", next(iter(body.values()))))
        transcript.turns += 1
        path = f"/api/v1/conversations/{transcript.conversation_id}/messages"
        answer = self._post(path, body)
        if repeat_in is not None:
            again = self._post(path, body)
            if [one["id"] for one in again["messages"]] != [one["id"] for one in answer["messages"]]:
                told = f"step {repeat_in}: the repeated message was answered anew"
                transcript.problems.append(Problem(Kind.STATE, told))
        transcript.state, transcript.campaign = answer["state"], answer["campaign"]
        transcript.topic = answer["topic"] or transcript.topic
        return answer

    def _end(self, transcript: Transcript) -> None:
        """Answer the survey as the case says, but call nothing resolved that was never served; else just leave."""
        if transcript.state == "closed":
            return
        path = f"/api/v1/conversations/{transcript.conversation_id}"
        served = transcript.state == "survey" or (transcript.state == "bot" and transcript.topic is not None)
        if served and self._case.resolved is not None:
            resolved = self._case.resolved and transcript.topic is not None
            answer = self._post(f"{path}/survey", {"resolved": resolved, "rating": 5 if resolved else 2})
        else:
            answer = self._post(f"{path}/close", {})
        self._hear(transcript, answer)

    @staticmethod
    def _hear(transcript: Transcript, answer: dict[str, Any]) -> str:
        texts = [message["text"] for message in answer["messages"]]
        transcript.lines += [(message["sender"], message["text"]) for message in answer["messages"]]
        return "\n".join(texts)

    def _filled(self, text: str) -> str:
        for name, value in self._data.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise InfrastructureError(f"{path}: {type(error).__name__}") from error
        if not response.is_success:
            raise InfrastructureError(f"{path} answered {response.status_code}: {response.text[:200]}")
        data: dict[str, Any] = response.json()
        return data


def _data_of(person: dict[str, Any]) -> dict[str, str]:
    """What stands for {nss}, {fecha}, {curp} and {agregado}; empty without a persona."""
    return {
        "nss": person.get("nss", ""), "curp": person.get("curp", ""), "agregado": person.get("agregado_medico", ""),
        "fecha": "/".join(reversed(person.get("fecha_nacimiento", "").split("-"))),
    }  # fmt: skip
