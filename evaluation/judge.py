"""Judge a conversation by what the institution and the ledger hold afterwards, not only by what was said."""

from dataclasses import dataclass, replace
from typing import Any

from conversation.events import EventKind
from conversation.handoff import HandoffReason
from evaluation.citizen import Transcript
from evaluation.results import Question
from evaluation.suite import Backend, Case, Expectation, Outcome
from evaluation.variation import Variation
from evaluation.verdict import Kind, Problem, Served, questions_of
from evaluation.world import InfrastructureError
from ledger.audit import AuditedInteraction

Agenda = dict[str, dict[str, Any]]
HANDED_OVER = Expectation(outcome=Outcome.TRANSFERRED, reason=HandoffReason.USER_REQUEST)
"""What must come of a citizen who asks for a person, whatever the case was about (L2018)."""
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Judgement:
    """What became of a conversation."""

    outcome: str
    problems: tuple[Problem, ...]
    questions: tuple[Question, ...]


def expectation_of(case: Case, variation: Variation | None) -> Expectation:
    """What must be true at the end, given how the citizen behaves."""
    return HANDED_OVER if variation is Variation.PIDE_PERSONA else case.expect


def judge(
    case: Case, expected: Expectation, transcript: Transcript, record: AuditedInteraction, before: Agenda, after: Agenda
) -> Judgement:
    """Everything that is not as expected, and a verdict for each topic served.

    Raises:
        InfrastructureError: the engine did not answer although no fault was asked for.
    """
    if EventKind.NOT_ANSWERED in record.kinds and not case.has_faults:
        raise InfrastructureError("the engine did not answer, so a person was called; see the web server's log")
    outcome = outcome_of(record)
    problems = [
        *transcript.problems,
        *_outcome(expected, record, outcome),
        *_backend(expected.backend, before, after, claimed=outcome == Outcome.RESOLVED),
        *_said(expected, transcript),
        *_record(expected, record),
    ]
    handed_over = record.conversation.transferred_to_human
    problems = [_weighed(problem, handed_over) for problem in problems]
    questions = questions_of(_served(record), problems, expected.topic, case.deviation)
    return Judgement(outcome, tuple(problems), questions)


def outcome_of(record: AuditedInteraction) -> str:
    """What the conversation came to, in one word."""
    conversation = record.conversation
    if EventKind.TRANSFERRED in record.kinds:
        return Outcome.ROUTED
    if conversation.transferred_to_human:
        return Outcome.TRANSFERRED
    if EventKind.VOICEMAIL in record.kinds:
        return Outcome.MESSAGE
    if conversation.topics:
        return Outcome.RESOLVED
    return INTERRUPTED if conversation.end not in (None, "completed") else Outcome.REFUSED


def _weighed(problem: Problem, handed_over: bool) -> Problem:
    """Something missing in what was said is a wrong answer only if no person was called to add it."""
    return replace(problem, wrong=not handed_over) if problem.kind is Kind.NOT_SAID else problem


def _outcome(expected: Expectation, record: AuditedInteraction, outcome: str) -> list[Problem]:
    conversation, problems = record.conversation, []
    transferred = conversation.transferred_to_human
    reason = conversation.handoff.reason.value if conversation.handoff else None
    left_message = EventKind.VOICEMAIL in record.kinds
    found = {
        Outcome.RESOLVED: bool(conversation.topics) and not transferred and not left_message,
        Outcome.TRANSFERRED: transferred and EventKind.QUEUED in record.kinds,
        Outcome.ROUTED: EventKind.TRANSFERRED in record.kinds,
        Outcome.REFUSED: not transferred and not left_message,
        Outcome.MESSAGE: left_message and not transferred,
    }[expected.outcome]
    if not found:
        told = f"topics {conversation.topics}, transferred {transferred}, reason {reason}"
        served_instead = outcome == Outcome.RESOLVED and expected.outcome is not Outcome.ROUTED
        problems.append(Problem(Kind.OUTCOME, f"outcome is not {expected.outcome}: {told}", wrong=served_instead))
    if expected.topic and expected.topic not in conversation.topics:
        told = f"topic «{expected.topic}» was not served; served: {conversation.topics}"
        problems.append(Problem(Kind.TOPIC, told, wrong=not transferred))
    if expected.campaign and expected.campaign != conversation.campaign:
        problems.append(Problem(Kind.STATE, f"campaign is {conversation.campaign}, not {expected.campaign}"))
    if expected.reason and expected.reason != reason:
        problems.append(Problem(Kind.STATE, f"reason of the hand-over is {reason}, not {expected.reason}"))
    return problems


def _backend(expected: Backend, before: Agenda, after: Agenda, claimed: bool) -> list[Problem]:
    """What the agenda shows. Too much is wrong; too little is wrong when the bot `claimed` to have served."""
    new = [one for key, one in after.items() if key not in before]
    changed = [one for key, one in after.items() if key in before and one["estado"] != before[key]["estado"]]
    counts = {
        "booked": len(new),
        "cancelled": sum(one["estado"] == "CANCELADA" for one in changed),
        "confirmed": sum(one["estado"] == "CONFIRMADA" for one in changed),
    }
    problems = [
        Problem(
            Kind.BACKEND,
            f"the institution shows {counts[name]} {name}, expected {getattr(expected, name)}",
            wrong=claimed or counts[name] > getattr(expected, name),
        )
        for name in counts
        if counts[name] != getattr(expected, name)
    ]
    if new and expected.service and new[0]["servicio"] != expected.service:
        problems.append(Problem(Kind.BACKEND, f"booked {new[0]['servicio']}, not {expected.service}", wrong=True))
    if new and expected.start and new[0]["inicio"] != expected.start.isoformat():
        told = f"booked at {new[0]['inicio']}, not {expected.start.isoformat()}"
        problems.append(Problem(Kind.BACKEND, told, wrong=True))
    return problems


def _said(expected: Expectation, transcript: Transcript) -> list[Problem]:
    said = "\n".join(text for who, text in transcript.lines if who != "user")
    missing = [Problem(Kind.NOT_SAID, f"«{one}» was never said") for one in expected.said if one not in said]
    return missing + [
        Problem(Kind.FORBIDDEN, f"«{one}» was said", wrong=True) for one in expected.not_said if one in said
    ]


def _record(expected: Expectation, record: AuditedInteraction) -> list[Problem]:
    problems, states = [], record.appointment_states
    if expected.appointment_states is not None and states != expected.appointment_states:
        told = f"our booking ledger went through {states}, not {expected.appointment_states}"
        problems.append(Problem(Kind.RECORD, told))
    missing = [kind for kind in (EventKind.OPENED, EventKind.MESSAGE, EventKind.CLOSED) if kind not in record.kinds]
    if missing:
        told = f"the record lacks {', '.join(missing)}: the interaction would not be payable (L1288)"
        problems.append(Problem(Kind.RECORD, told))
    return problems


def _served(record: AuditedInteraction) -> list[Served]:
    """Each topic once, with the intent and confidence of the first time it was served."""
    first: dict[str, Served] = {}
    for event in record.topics:
        first.setdefault(event["topic"], Served(event["topic"], event.get("intent"), event.get("confidence")))
    for topic in record.conversation.topics:
        first.setdefault(topic, Served(topic))
    return list(first.values())
