"""The ledger's interactions in the form that payment is computed from (payment.md, «Data in»)."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.conversation import Conversation
from conversation.events import EventKind
from ledger.database import as_of_now
from ledger.periods import CENTRE, closed_in
from ledger.reviews import Review, ReviewedQuestion, Verdict, verdicts
from ledger.schema import EventRow, InteractionRow

BATCH = 500
"""Interactions whose events are asked for at once: a month may have a million."""


def closed_interactions(engine: Engine, month: str | None, campaign: str | None) -> Iterator[dict[str, Any]]:
    """Closed interactions in order of opening; of one month («2026-10», local time) and campaign when given.

    All is read as of one moment, with the verdicts that stand then; a later verdict makes another statement.
    """
    query = (
        select(InteractionRow.id, InteractionRow.snapshot)
        .where(closed_in(month, campaign))
        .order_by(InteractionRow.opened_at, InteractionRow.folio)
    )
    with as_of_now(engine) as session:
        for batch in session.execute(query.execution_options(yield_per=BATCH)).partitions():
            ids = [row.id for row in batch]
            kinds, judged = _kinds(session, ids), _verdicts(session, ids)
            for row in batch:
                conversation = Conversation.model_validate({**row.snapshot, "facts": {}})
                yield payment_record(conversation, kinds[row.id], judged.get(row.id, ()))


def payment_record(
    conversation: Conversation, kinds: set[str], judged: Sequence[ReviewedQuestion] = ()
) -> dict[str, Any]:
    """One interaction; a question is `unverified` until a review or the harness has judged it."""
    missing = [
        name
        for name, present in (
            ("origin", bool(conversation.origin)),
            ("opened", EventKind.OPENED in kinds),
            ("messages", EventKind.MESSAGE in kinds),
            ("closed", EventKind.CLOSED in kinds and conversation.closed_at is not None),
        )
        if not present
    ]
    ended = conversation.closed_at or conversation.last_activity
    survey = conversation.survey.model_dump(include={"resolved", "rating"})
    return {
        "folio": conversation.folio, "campaign": conversation.bot_campaign, "channel": conversation.channel.value,
        "agent_type": conversation.agent_type,
        "started_at": conversation.opened_at.astimezone(CENTRE).isoformat(),
        "ended_at": ended.astimezone(CENTRE).isoformat(),
        "end": conversation.end.value if conversation.end else "error", "origin": conversation.origin,
        "transferred_to_human": conversation.transferred_to_human,
        "questions": [
            {"topic": one.topic, "verdict": one.verdict.value, "deviation": one.deviation}
            for one in _questions(conversation.topics, judged)
        ],
        "survey": survey if any(value is not None for value in survey.values()) else None,
        "evidence": {"complete": not missing, "missing": missing},
    }  # fmt: skip


def _questions(topics: Sequence[str], judged: Sequence[ReviewedQuestion]) -> Iterator[ReviewedQuestion]:
    """Topics served, in order, with their verdicts; then what a reviewer found besides, as an answer off topic is."""
    for topic in topics:
        found = [one for one in judged if one.topic == topic]
        yield from found or [ReviewedQuestion(topic=topic, verdict=Verdict.UNVERIFIED)]
    yield from (one for one in judged if one.topic not in topics)


def _kinds(session: Session, ids: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {one: set() for one in ids}
    query = select(EventRow.conversation_id, EventRow.kind).where(EventRow.conversation_id.in_(ids)).distinct()
    for conversation_id, kind in session.execute(query):
        found[conversation_id].add(kind)
    return found


def _verdicts(session: Session, ids: Sequence[str]) -> dict[str, tuple[ReviewedQuestion, ...]]:
    query = (
        select(EventRow.conversation_id, EventRow.data)
        .where(EventRow.conversation_id.in_(ids), EventRow.kind == EventKind.REVIEWED)
        .order_by(EventRow.position)
    )
    reviews: dict[str, list[Review]] = {}
    for conversation_id, data in session.execute(query):
        reviews.setdefault(conversation_id, []).append(Review.model_validate(data))
    return {conversation_id: verdicts(found) for conversation_id, found in reviews.items()}
