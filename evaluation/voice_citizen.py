"""A simulated caller: holds a scripted case over AudioSocket, as the exchange would bring the call, in real sound.

What came of it is judged as for web chat, by the ledger and the agenda; the interaction is found by the caller's
number, which is made up for each call.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx
import numpy as np
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.campaign import Campaign
from conversation.events import EventKind
from evaluation.citizen import Transcript
from evaluation.judge import Agenda
from evaluation.plan import PlannedConversation
from evaluation.suite import Case, Outcome, Step, SuiteError
from evaluation.synthetic_voice import SyntheticVoice
from evaluation.telephone_line import TelephoneLine
from evaluation.verdict import Kind, Problem
from evaluation.world import InfrastructureError, World
from ledger.schema import EventRow, InteractionRow
from voice.audio import seconds
from voice.expectation import MONTHS, in_words
from voice.placed_call import PlacedCall

CONNECT_SECONDS, ANSWER_SECONDS, PROMPT_SECONDS, END_SECONDS = 5.0, 20.0, 90.0, 20.0
TURN_MS = 900
"""Silence of the bot after which it is the caller's turn: longer than any pause within a prompt."""
INTERRUPTS_AFTER_SECONDS = 1.5
ATTEMPTS = 3
"""How often somebody says the same when it was not understood."""
_POLL_SECONDS = 0.1
Found = TypeVar("Found")


@dataclass(frozen=True)
class Exchange:
    """The telephone exchange in front of the voice process."""

    url: str
    key: str
    host: str
    port: int
    numbers: dict[str, str] = field(default_factory=dict)
    """Dialled number of each campaign; any other number leads to the main menu."""
    control_token: str = ""
    """Opens the clock of the voice process."""

    def announce(self, caller: str, campaign: str) -> str:
        """Register a call; its id. Raises InfrastructureError."""
        return self._ask("/voice/calls", caller=caller, dialled=self.numbers.get(campaign, "5500000000"))

    def next_step(self, call_id: str) -> dict[str, str]:
        """What becomes of a call that the bot has ended. Raises InfrastructureError."""
        answer = parse_qs(self._ask(f"/voice/calls/{call_id}/next"), keep_blank_values=True)
        return {name: values[0] for name, values in answer.items()}

    def set_clock(self, now: datetime) -> None:
        """Set the voice process's clock. Raises InfrastructureError."""
        headers = {"Authorization": f"Bearer {self.control_token}"}
        self._post("/_control/clock", json={"now": now.isoformat()}, headers=headers)

    def _ask(self, path: str, **form: str) -> str:
        return self._post(path, data={"key": self.key, **form}).text.strip()

    def _post(self, path: str, **parts: Any) -> httpx.Response:
        try:
            answer = httpx.post(f"{self.url}{path}", timeout=30.0, **parts)
        except httpx.HTTPError as error:
            raise InfrastructureError(f"{path}: {type(error).__name__}") from error
        if not answer.is_success:
            raise InfrastructureError(f"{path} answered {answer.status_code}: {answer.text[:200]}")
        return answer


def numbers_to_dial(campaigns: Iterable[Campaign]) -> dict[str, str]:
    """A number for each campaign that has one; a shared one leads to the first, as it does in the exchange."""
    owners: dict[str, str] = {}
    for campaign in campaigns:
        for phone in campaign.phones:
            owners.setdefault(phone, campaign.id)
    return {campaign: phone for phone, campaign in owners.items()}


@dataclass
class Held:
    """A call that is over."""

    transcript: Transcript
    before: Agenda
    after: Agenda


def sayable(case: Case) -> None:
    """Refuse a case that nobody can hold by telephone.

    Raises:
        SuiteError: it has a goal, buttons, or expects exact words right after a step.
    """
    if case.goal is not None or any(step.choose or step.contains or step.absent or step.state for step in case.steps):
        raise SuiteError(f"{case.id}: una llamada se lleva con pasos say y digits, y se juzga cuando termina.")


def hold_call(planned: PlannedConversation, world: World, ledger: Engine, exchange: Exchange) -> Held:
    """Dial, hold the case, hang up; wait until the record is whole.

    Raises:
        InfrastructureError: the product or the sandbox does not answer as agreed.
    """
    caller = VoiceCitizen(planned, world, ledger, exchange)
    return asyncio.run(caller.call())


class VoiceCitizen:
    """One caller with one case."""

    def __init__(self, planned: PlannedConversation, world: World, ledger: Engine, exchange: Exchange) -> None:
        self._case, self._campaign = planned.case, planned.campaign
        self._world, self._ledger, self._exchange = world, ledger, exchange
        chance = planned.chance()
        self._voice = SyntheticVoice.of(chance)
        self._line = TelephoneLine(noise_db=self._case.noise_db)
        self._noise = np.random.default_rng(chance.randrange(2**32))
        self._data = spoken_data(world.people.get(self._case.persona or "", {}), chance)
        self._number = f"55{random.SystemRandom().randrange(10**8):08}"

    async def call(self) -> Held:
        """The whole call."""
        call_id = await asyncio.to_thread(self._exchange.announce, self._number, self._campaign)
        started = time.monotonic()
        try:
            call = await PlacedCall.dial(self._exchange.host, self._exchange.port, call_id)
        except (OSError, TimeoutError) as error:
            raise InfrastructureError(f"AudioSocket {self._exchange.port}: {type(error).__name__}") from error
        async with call:
            transcript = await self._opened()
            await call.bot_speaks(ANSWER_SECONDS)
            with ExitStack() as stack:
                private = self._world.private(transcript.folio)
                institution = await asyncio.to_thread(stack.enter_context, private)
                for fault in self._case.faults:
                    await asyncio.to_thread(institution.add_fault, fault)
                before = await asyncio.to_thread(institution.appointments)
                for number, step in enumerate(self._case.steps, start=1):
                    await self._take(call, transcript, number, step)
                await self._leave(call, transcript, call_id)
                transcript.seconds = time.monotonic() - started
                after = await asyncio.to_thread(institution.appointments)
        transcript.lines = self._messages(transcript.conversation_id)
        return Held(transcript, before, after)

    async def _opened(self) -> Transcript:
        row = await _found(self._interaction, CONNECT_SECONDS)
        if row is None:
            raise InfrastructureError(f"no interaction of the caller {self._number[:4]}… in the ledger")
        return Transcript(row[0], row[1], campaign=self._campaign)

    async def _take(self, call: PlacedCall, transcript: Transcript, number: int, step: Step) -> None:
        """One turn of the caller, up to where the bot answers; what was not understood is said again."""
        for _ in range(ATTEMPTS):
            if step.interrupts:
                await asyncio.sleep(INTERRUPTS_AFTER_SECONDS)
            else:
                await call.bot_is_silent(TURN_MS, PROMPT_SECONDS)
            if call.ended_by is not None:
                transcript.problems.append(Problem(Kind.STATE, f"step {number}: the bot had ended the call"))
                return
            before = self._understood(transcript)
            await self._say(call, step)
            transcript.turns += 1
            await call.bot_speaks(ANSWER_SECONDS)
            if step.say == "" or self._understood(transcript) > before:
                return
        transcript.problems.append(Problem(Kind.STATE, f"step {number}: not understood {ATTEMPTS} times"))

    async def _say(self, call: PlacedCall, step: Step) -> None:
        if step.digits is not None:
            call.press(self._case_digits(step.digits))
            await asyncio.sleep(_POLL_SECONDS)
            return
        if not step.say:
            return  # says nothing, until the bot asks again
        text = step.say.format_map(self._data)
        samples, rate = self._voice.say(text)
        sound = self._line.carry(samples, rate, self._noise)
        call.say(sound)
        await asyncio.sleep(seconds(sound) - self._line.after_s)

    def _case_digits(self, digits: str) -> str:
        person = self._world.people.get(self._case.persona or "", {})
        born = "".join(reversed(person.get("fecha_nacimiento", "").split("-")))
        return digits.replace("{nss}", person.get("nss", "")).replace("{fecha}", born)

    async def _leave(self, call: PlacedCall, transcript: Transcript, call_id: str) -> None:
        """Hear the last answer out, hang up; the record is whole when the recording stands in it."""
        handed_over = self._case.expect.outcome is Outcome.TRANSFERRED
        if handed_over and await call.over(ANSWER_SECONDS + PROMPT_SECONDS) is None:
            transcript.problems.append(Problem(Kind.STATE, "the bot did not hand the call over"))
        elif not handed_over and self._case.resolved is not None:
            await call.bot_is_silent(TURN_MS, PROMPT_SECONDS)
        by_bot = call.ended_by is not None
        await call.hang_up()
        if not await _found(lambda: EventKind.RECORDED in self._kinds(transcript), END_SECONDS):
            raise InfrastructureError(f"the call {transcript.folio} was not entered as recorded")
        action = (await asyncio.to_thread(self._exchange.next_step, call_id)).get("action")
        if (action == "queue") != (handed_over and by_bot):
            transcript.problems.append(Problem(Kind.STATE, f"the exchange is told {action}"))

    # ------------------------------------------------------------------ what the ledger says

    def _interaction(self) -> tuple[str, str] | None:
        query = select(InteractionRow.id, InteractionRow.folio).where(
            InteractionRow.snapshot["origin"].as_string() == self._number
        )
        with Session(self._ledger) as session:
            row = session.execute(query).first()
            return (row.id, row.folio) if row else None

    def _events(self, conversation_id: str) -> list[tuple[str, dict[str, Any]]]:
        query = select(EventRow.kind, EventRow.data).where(EventRow.conversation_id == conversation_id)
        with Session(self._ledger) as session:
            return [(kind, data) for kind, data in session.execute(query.order_by(EventRow.seq))]

    def _messages(self, conversation_id: str) -> list[tuple[str, str]]:
        events = self._events(conversation_id)
        return [(data["sender"], data["text"]) for kind, data in events if kind == EventKind.MESSAGE]

    def _understood(self, transcript: Transcript) -> int:
        """How often the caller was understood."""
        return sum(who == "user" for who, _ in self._messages(transcript.conversation_id))

    def _kinds(self, transcript: Transcript) -> set[str]:
        return {kind for kind, _ in self._events(transcript.conversation_id)}


async def _found(look: Callable[[], Found], within_s: float) -> Found | None:
    """What `look` gives once it gives anything."""
    deadline = time.monotonic() + within_s
    while True:
        found = await asyncio.to_thread(look)
        if found or time.monotonic() > deadline:
            return found or None
        await asyncio.sleep(_POLL_SECONDS)


def spoken_data(person: dict[str, Any], chance: random.Random) -> dict[str, str]:
    """What stands for {nss} and {fecha}, as people dictate them."""
    nss, born = person.get("nss", ""), person.get("fecha_nacimiento", "")
    if not nss:
        return {}
    digits = [in_words(int(digit)) for digit in nss]
    size = chance.choice((2, 3, 11))
    groups = (" ".join(digits[place : place + size]) for place in range(0, len(digits), size))
    year, month, day = map(int, born.split("-"))
    return {"nss": ", ".join(groups), "fecha": f"{in_words(day)} de {MONTHS[month - 1]} de {in_words(year)}"}
