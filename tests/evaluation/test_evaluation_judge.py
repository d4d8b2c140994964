"""Verdicts: what is a wrong answer, what is only a failed case, and what is nobody's fault."""

from datetime import UTC, datetime
from typing import Any

import pytest

from conversation.conversation import Conversation, State
from conversation.events import End
from conversation.handoff import Handoff, HandoffReason
from evaluation.citizen import Transcript
from evaluation.judge import HANDED_OVER, Judgement, expectation_of, judge
from evaluation.suite import Case
from evaluation.variation import Variation
from evaluation.verdict import Kind, Problem
from evaluation.world import InfrastructureError
from ledger.audit import AuditedInteraction

NOW = datetime(2026, 10, 15, 15, tzinfo=UTC)
SLOT = {"estado": "AGENDADA", "servicio": "MEDICINA_FAMILIAR", "inicio": "2026-10-16T08:45:00-06:00"}
KINDS = ("opened", "message", "closed")


def case(**expect: Any) -> Case:
    return Case.model_validate(
        {"id": "c", "title": "t", "steps": [{"say": "hola"}], "expect": {"outcome": "resolved", **expect}}
    )


def record(*topics: str, kinds: tuple[str, ...] = KINDS, **more: Any) -> AuditedInteraction:
    conversation = Conversation(
        id="i", folio="VEN-1", campaign="cita_medica", bot_campaign="cita_medica", channel="webchat",
        origin="203.0.113.7", agent_type="basico", bot_version="1", opened_at=NOW,
        last_activity=NOW, closed_at=NOW, state=State.CLOSED,
        end=End.COMPLETED, topics=list(topics), **more,
    )  # fmt: skip
    served = tuple({"topic": topic, "intent": topic, "confidence": 0.8} for topic in topics)
    return AuditedInteraction(
        conversation=conversation, kinds=kinds, lookups=(), topics=served, appointment_states=(), texts=()
    )


def judged(
    one: Case, found: AuditedInteraction, *, said: str = "", problems: tuple[Problem, ...] = (), after: Any = None
) -> Judgement:
    transcript = Transcript("i", "VEN-1", lines=[("bot", said)], problems=list(problems))
    return judge(one, one.expect, transcript, found, {}, after or {})


def verdicts(judgement: Judgement) -> list[tuple[str, str, str | None]]:
    return [(one.topic, one.verdict, one.deviation) for one in judgement.questions]


def test_as_expected_is_correct_and_carries_the_confidence() -> None:
    found = judged(case(topic="que_llevar"), record("que_llevar"))
    assert found.outcome == "resolved" and found.problems == ()
    assert verdicts(found) == [("que_llevar", "correct", None)] and found.questions[0].confidence == 0.8


def test_another_topic_is_off_topic() -> None:
    found = judged(case(topic="que_llevar"), record("aviso_privacidad"))
    assert verdicts(found) == [("aviso_privacidad", "off_topic", "que_llevar/topic")]


def test_a_hand_over_instead_of_an_answer_fails_without_being_wrong() -> None:
    handed = record(
        "que_llevar", kinds=(*KINDS, "queued"), transferred_to_human=True,
        handoff=Handoff(reason=HandoffReason.LOW_CONFIDENCE, since=NOW),
    )  # fmt: skip
    found = judged(case(topic="cita_especialidad"), handed)
    assert found.outcome == "transferred" and len(found.problems) == 2
    assert verdicts(found) == [("que_llevar", "unverified", None)]


def test_serving_what_only_a_person_may_is_incorrect() -> None:
    found = judged(case(outcome="transferred", topic="que_llevar"), record("que_llevar"))
    assert verdicts(found) == [("que_llevar", "incorrect", "que_llevar/outcome")]


def test_a_booking_too_many_is_incorrect_whatever_was_said() -> None:
    found = judged(case(topic="agendar_medicina_familiar"), record("agendar_medicina_familiar"), after={"a": SLOT})
    assert verdicts(found)[0][1:] == ("incorrect", "agendar_medicina_familiar/backend")


def test_a_booking_missing_is_incorrect_only_if_claimed() -> None:
    expected = case(topic="agendar_medicina_familiar", backend={"booked": 1})
    assert judged(expected, record("agendar_medicina_familiar")).questions[0].verdict == "incorrect"
    handed = record(
        "agendar_medicina_familiar", kinds=(*KINDS, "queued"), transferred_to_human=True,
        handoff=Handoff(reason=HandoffReason.SERVICE_UNAVAILABLE, since=NOW),
    )  # fmt: skip
    assert judged(expected, handed).questions[0].verdict == "unverified"


def test_another_service_or_hour_is_incorrect() -> None:
    for backend in ({"booked": 1, "service": "ESTOMATOLOGIA"}, {"booked": 1, "start": "2026-10-16T09:00:00-06:00"}):
        found = judged(case(topic="x", backend=backend), record("x"), after={"a": SLOT})
        assert found.questions[0].verdict == "incorrect", backend


def test_a_phrase_that_lacks_is_imprecise_and_one_that_must_not_be_said_incorrect() -> None:
    assert judged(case(said=["812"]), record("semanas")).questions[0].verdict == "imprecise"
    assert judged(case(not_said=["Hugo"]), record("semanas"), said="Hugo").questions[0].verdict == "incorrect"
    step = Problem(Kind.NOT_SAID, "step 1: «812» was not said")
    assert judged(case(), record("semanas"), problems=(step,)).questions[0].verdict == "imprecise"


@pytest.mark.parametrize(("topic", "about"), [("semanas", "semanas"), (None, "sin_tema")])
def test_what_must_not_be_said_or_done_is_wrong_also_where_nothing_was_served(topic: str | None, about: str) -> None:
    refused = case(outcome="refused", topic=topic, not_said=["Hugo"])
    told = verdicts(judged(refused, record(), said="Hugo"))
    assert told == [(about, "incorrect", f"{about}/forbidden")]
    booked = verdicts(judged(case(outcome="refused", topic=topic), record(), after={"a": SLOT}))
    assert booked == [(about, "incorrect", f"{about}/backend")]


def test_not_having_understood_is_no_wrong_answer() -> None:
    found = judged(case(topic="semanas", said=["812"]), record(), said="No le entendí.")
    assert found.problems and verdicts(found) == []


def test_a_wrong_state_fails_without_a_wrong_answer() -> None:
    found = judged(case(), record("x"), problems=(Problem(Kind.STATE, "step 1: state"),))
    assert verdicts(found) == [("x", "unverified", None)]


def test_the_case_may_name_its_deviation() -> None:
    one = case(topic="a").model_copy(update={"deviation": "requisito_equivocado"})
    assert judged(one, record("b")).questions[0].deviation == "requisito_equivocado"


def test_an_unpayable_record_is_a_problem() -> None:
    assert "L1288" in judged(case(), record("x", kinds=("opened", "message"))).problems[0].text


def test_an_engine_that_did_not_answer_is_nobodys_failure_unless_asked_for() -> None:
    silent = record("x", kinds=(*KINDS, "not_answered"))
    with pytest.raises(InfrastructureError, match="engine did not answer"):
        judged(case(), silent)
    faulty = case().model_copy(update={"faults": ({"servicio": "vigencia", "modo": "error"},)})
    assert judged(faulty, silent).problems == ()


def test_whoever_asks_for_a_person_must_get_one() -> None:
    one = case()
    assert expectation_of(one, Variation.PIDE_PERSONA) is HANDED_OVER
    assert expectation_of(one, Variation.CHAT) is one.expect
