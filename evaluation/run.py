"""Hold the conversations of a run, several at once, and keep each result as soon as it is known."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from conversation.conversation import State
from conversation.events import EventKind
from evaluation.citizen import Citizen, Manner, Transcript
from evaluation.judge import Judgement, expectation_of, judge
from evaluation.plan import VOICE, PlannedConversation
from evaluation.results import ConversationResult, Line, Question, Status
from evaluation.suite import Outcome
from evaluation.voice_citizen import Exchange, Held, hold_call
from evaluation.world import DEFAULT_NOW, InfrastructureError, World
from ledger.audit import AuditedInteraction, audit
from ledger.settlement_source import payment_record

ATTEMPTS = 2
"""A failure of the infrastructure is tried once more; it never counts as the bot's."""
CONCURRENCY = 6
"""Conversations held at once by default: more only wait for the same two cores."""
Finished = Callable[[ConversationResult], None]


@dataclass(frozen=True)
class SystemUnderTest:
    """The running product, its sandbox and its ledger."""

    web_url: str
    world: World
    ledger: Engine
    exchange: Exchange | None = None
    """For cases held by telephone."""


def hold(
    planned: Sequence[PlannedConversation], system: SystemUnderTest, finished: Finished, jobs: int = CONCURRENCY
) -> None:
    """Hold all conversations; `finished` gets each result, one at a time, in the order in which they end.

    Those that set the clock, which all share, are held alone, after the others.

    Raises:
        InfrastructureError: the product or the sandbox does not answer at all.
    """
    at_once = [one for one in planned if not one.case.is_exclusive]
    alone = [one for one in planned if one.case.is_exclusive]
    one_at_a_time = Lock()

    def attend(one: PlannedConversation) -> None:
        result = evaluate(one, system)
        with one_at_a_time:
            finished(result)

    if at_once:
        _begin_afresh(system, None)
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            _until_first_failure([pool.submit(attend, one) for one in at_once])
    for one in alone:
        _begin_afresh(system, one.case.clock)
        attend(one)
    _begin_afresh(system, None)


def _begin_afresh(system: SystemUnderTest, now: datetime | None) -> None:
    """What all share: seed, faults and clocks; the voice process has a clock of its own."""
    system.world.reset(now)
    if system.exchange is not None:
        system.exchange.set_clock(now or datetime.fromisoformat(DEFAULT_NOW))


def _until_first_failure(futures: list["Future[None]"]) -> None:
    """Wait for all; whatever stops one of them (Ctrl-C, a full disk) stops those that have not begun."""
    waiting = set(futures)
    try:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
    finally:
        for future in waiting:
            future.cancel()


def evaluate(planned: PlannedConversation, system: SystemUnderTest) -> ConversationResult:
    """Hold and judge one conversation; a failure of the infrastructure is tried once more."""
    problem = ""
    for _ in range(ATTEMPTS):
        try:
            return _attempt(planned, system)
        except InfrastructureError as error:
            problem = str(error)
        except SQLAlchemyError as error:
            problem = f"the ledger cannot be read: {type(error).__name__}"
    return _result(planned, Status.INFRASTRUCTURE, "unknown", (problem,))


def _attempt(planned: PlannedConversation, system: SystemUnderTest) -> ConversationResult:
    case = planned.case
    held = _telephoned(planned, system) if planned.channel == VOICE else _chatted(planned, system)
    transcript = held.transcript
    record = audit(system.ledger, transcript.conversation_id)
    if record is None:
        raise InfrastructureError(f"the ledger has no interaction {transcript.folio}")
    if planned.channel == VOICE and record.conversation.state is State.QUEUED:
        # The exchange has the caller now; the interaction is closed by the person who attends.
        record = record.model_copy(update={"kinds": (*record.kinds, EventKind.CLOSED)})
    expected = expectation_of(case, planned.variation)
    judgement = judge(case, expected, transcript, record, held.before, held.after)
    return _judged(planned, transcript, record, judgement)


def _chatted(planned: PlannedConversation, system: SystemUnderTest) -> Held:
    case, world = planned.case, system.world
    key = os.environ.get("VENTANILLA_INTEGRATOR_KEY")
    headers = {"X-Integrator-Key": key} if key else {}  # an installation that has one wants to see it
    with httpx.Client(base_url=system.web_url, timeout=60.0, headers=headers) as client:
        citizen = Citizen(client, world, planned.campaign, case, Manner(planned.variation, planned.chance()))
        transcript = citizen.open()
        with world.private(transcript.folio) as institution:
            for fault in case.faults:
                institution.add_fault(fault)
            before = institution.appointments()
            citizen.converse(transcript, institution)
            return Held(transcript, before, institution.appointments())


def _telephoned(planned: PlannedConversation, system: SystemUnderTest) -> Held:
    if system.exchange is None:
        raise InfrastructureError("there is no telephone exchange to call through")
    return hold_call(planned, system.world, system.ledger, system.exchange)


def _judged(
    planned: PlannedConversation, transcript: Transcript, record: AuditedInteraction, judgement: Judgement
) -> ConversationResult:
    problems = tuple(problem.text for problem in judgement.problems)
    result = _result(planned, Status.FAILED if problems else Status.PASSED, judgement.outcome, problems)
    return result.model_copy(
        update={
            "served_topics": tuple(record.conversation.topics),
            "questions": judgement.questions,
            "covers": _covers(planned, record),
            "folio": transcript.folio,
            "turns": transcript.turns,
            "seconds": round(transcript.seconds, 3),
            "transcript": tuple(Line(sender=who, text=text) for who, text in transcript.lines),
            "interaction": _payment_record(record, judgement.questions),
        }
    )


def _result(
    planned: PlannedConversation, status: Status, outcome: str, problems: tuple[str, ...]
) -> ConversationResult:
    expected = expectation_of(planned.case, planned.variation)
    return ConversationResult(
        campaign=planned.campaign, channel=planned.channel, case=planned.case_id, title=planned.case.title,
        variation=planned.variation, repetition=planned.repetition, seed=planned.seed, status=status,
        expected_outcome=expected.outcome, outcome=outcome, expected_topic=expected.topic, served_topics=(),
        problems=problems, questions=(), covers=(), folio=None, turns=0, seconds=0.0, transcript=(), interaction=None,
    )  # fmt: skip


def _covers(planned: PlannedConversation, record: AuditedInteraction) -> tuple[str, ...]:
    conversation = record.conversation
    covered = {f"topic:{topic}" for topic in conversation.topics} | {f"menu:{taken}" for taken in conversation.path}
    covered |= {f"rule:{name}" for name in planned.case.rules}
    if conversation.handoff:
        covered.add(f"reason:{conversation.handoff.reason}")
        if conversation.handoff.reason == "user_request":
            covered.add("topic:hablar_con_agente")
    if EventKind.EMERGENCY in record.kinds:
        covered.add("rule:emergency")
    if planned.case.expect.outcome is Outcome.MESSAGE:
        covered.add("rule:out_of_hours")
    return tuple(sorted(covered))


def _payment_record(record: AuditedInteraction, questions: Sequence[Question]) -> dict[str, object]:
    """The ledger's record of the interaction, with the verdicts of this run."""
    interaction = payment_record(record.conversation, set(record.kinds))
    interaction["questions"] = [one.model_dump(include={"topic", "verdict", "deviation"}) for one in questions]
    return interaction
