"""What must hold for every input and every policy."""

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.settlement.interaction import Interaction, Question
from evaluation.settlement.policy import Policy
from evaluation.settlement.reader import read_json_lines, read_records
from evaluation.settlement.rules import decide
from evaluation.settlement.spool import Spool
from evaluation.settlement.statement import settle
from evaluation.settlement.streaming import settle_readings

WRONG = ("incorrect", "imprecise", "off_topic", "confusing")
EVERY_FORMAT = ("json", "csv", "xlsx", "pdf")
prices = st.sampled_from([None, "0", "0.15", "2.5", "10", "33.3333", "99.9999"])
deviations = st.sampled_from([None, "x", "y"])
AGENT_TYPES = ["avanzado_a", "avanzado_a", "avanzado_b", "basico", "sin_agente_humano"]
ENDS = ["completed", "completed", "completed", "completed", "user_hangup", "system_cut", "timeout", "error"]
SURVEYS = [None, *({"resolved": resolved, "rating": None} for resolved in (True, True, False, None))]


def question(verdict, deviation=None):
    return {"topic": "vigencia", "verdict": verdict, "deviation": deviation}


QUESTIONS = [
    [],
    [question("correct")],
    [question("unverified"), question("correct")],
    *([question(verdict, "x")] for verdict in WRONG),
    [question("correct"), question("imprecise", "x"), question("incorrect", "y"), question("confusing", "x")],
    [question("off_topic")],
]


@st.composite
def records(draw, folio):
    """One interaction; few draws, so that a month of them is quick to make."""
    started_at = datetime.fromisoformat("2026-10-01T00:00:00-06:00") + timedelta(minutes=draw(st.integers(0, 130_000)))
    return {
        "folio": folio,
        "campaign": draw(st.sampled_from(["recepcion", "derechohabiente"])),
        "channel": "voice",
        "agent_type": draw(st.sampled_from(AGENT_TYPES)),
        "started_at": started_at.isoformat(),
        "ended_at": (started_at + timedelta(seconds=draw(st.sampled_from([0, 29, 31.25, 95.999999])))).isoformat(),
        "end": draw(st.sampled_from(ENDS)),
        "origin": draw(st.sampled_from(["203.0.113.7"] * 4 + [None])),
        "transferred_to_human": draw(st.booleans()),
        "questions": draw(st.sampled_from(QUESTIONS)),
        "survey": draw(st.sampled_from(SURVEYS)),
        "evidence": {"complete": True, "missing": []},
    }


@st.composite
def months_of_records(draw):
    """Some weeks of interactions, as they stand in a file, each with its own folio, in no order."""
    return [draw(records(f"VEN-{number}")) for number in range(draw(st.integers(1, 10)))]


months = months_of_records().map(lambda found: [Interaction.model_validate(record) for record in found])


policies = st.fixed_dictionaries(
    {
        "prices": st.fixed_dictionaries(
            dict.fromkeys(["avanzado_a", "avanzado_b", "basico", "sin_agente_humano"], prices)
        ),
        "deduction_cap": st.sampled_from([{}, {"amount": "60"}, {"amount": "0"}, {"contract_maximum": "1000"}]),
        "prices_by_campaign": st.just({})
        | st.fixed_dictionaries({"recepcion": st.fixed_dictionaries({"avanzado_a": prices})}),
        "unanswered_survey": st.sampled_from(["pending", 0, 30, 100]),
        "unresolved_not_transferred": st.sampled_from([0, 30]),
        "transferred_but_resolved": st.sampled_from([30, 100]),
        "user_hangup": st.sampled_from([0, 30]),
        "wrong_answer_dominates": st.booleans(),
        "recurrence_key": st.sampled_from(["campaign_deviation", "deviation"]),
        "recurrence_window": st.sampled_from(["month", "contract", 1, 30]),
        "recurrence_price_multiple": st.sampled_from([5, 5, "2.5", 0]),
        "basico_complete": st.integers(0, 100),
        "basico_incomplete": st.integers(0, 100),
        "minutes_incomplete_not_imputable": st.sampled_from([0, 100]),
    },
).map(Policy.model_validate)


unhurried = settings(deadline=None)  # nothing is said about time, least of all on a busy machine


def net(statement):
    return sum((total.net for total in statement.totals() if total.net is not None), Decimal(0))


def added(amounts):
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


@settings(max_examples=40, deadline=None)
@given(months_of_records(), policies, st.randoms(use_true_random=False), st.sampled_from(EVERY_FORMAT))
def test_neither_the_order_of_the_lines_nor_streaming_nor_a_second_run_changes_a_byte(
    written, lines, policy, chance: random.Random, name
):
    shuffled = list(lines)
    chance.shuffle(shuffled)
    expected = written(name, settle(map(Interaction.model_validate, lines), policy))
    assert written(name, settle(map(Interaction.model_validate, shuffled), policy)) == expected
    for readings in (read_json_lines(json.dumps(line).encode() for line in shuffled), read_records(lines)):
        with Spool() as spool:
            statement = settle_readings(readings, policy, spool, "el archivo")
            assert written(name, statement) == expected
            assert written(name, statement) == expected


@unhurried
@given(
    months_of_records(), policies, st.sampled_from([None, "2026-10", "2026-11"]), st.sampled_from([None, "recepcion"])
)
def test_a_part_of_a_streamed_statement_is_that_of_the_whole_one(written, lines, policy, month, campaign):
    expected = settle(map(Interaction.model_validate, lines), policy).narrowed(month, campaign)
    with Spool() as spool:
        part = settle_readings(read_records(lines), policy, spool, "el archivo").narrowed(month, campaign)
        assert written("csv", part) == written("csv", expected)


@unhurried
@given(months, policies)
def test_no_interaction_pays_more_than_its_price(lines, policy):
    for line in settle(lines, policy).interactions:
        assert 0 <= line.percent <= 100
        assert line.amount is None or 0 <= line.amount <= line.price.quantize(Decimal("0.01"), "ROUND_HALF_UP")


@unhurried
@given(months, policies, st.sampled_from(WRONG), deviations)
def test_a_wrong_verdict_more_never_raises_the_total(lines, policy, verdict, deviation):
    question = Question(topic="otra", verdict=verdict, deviation=deviation)
    paid = net(settle(lines, policy))
    for index, line in enumerate(lines):
        worse = line.model_copy(update={"questions": (*line.questions, question)})
        assert net(settle([*lines[:index], worse, *lines[index + 1 :]], policy)) <= paid


def test_a_wrong_verdict_more_never_raises_a_percentage_under_any_setting(interaction):
    """All of them, because the settings and answers that could break it seldom meet by chance."""
    names = ("unanswered_survey", "unresolved_not_transferred", "transferred_but_resolved")
    names += ("user_hangup", "wrong_answer_dominates")
    choices = ("pending", 0, 30, 100), (0, 30), (30, 100), (0, 30), (True, False)
    policies = [Policy.model_validate(dict(zip(names, chosen, strict=True))) for chosen in product(*choices)]
    wrong = (Question(topic="otra", verdict="imprecise", deviation=None),)
    for end, handed_over, survey in product(set(ENDS), (True, False), SURVEYS):
        right = interaction(end=end, transferred_to_human=handed_over, survey=survey)
        worse = right.model_copy(update={"questions": right.questions + wrong})
        for policy in policies:
            assert decide(worse, policy).percent <= decide(right, policy).percent, (right, policy)


@unhurried
@given(months, policies)
def test_totals_are_the_sum_of_the_lines(lines, policy):
    statement = settle(lines, policy)
    totals = statement.totals()
    assert sum(total.interactions for total in totals) == len(lines) == statement.tally.interactions
    assert added(total.deductions for total in totals) == added(line.amount for line in statement.deductions)
    assert added(total.cap_applied for total in totals) == added(
        line.uncapped - line.amount for line in statement.deductions if line.uncapped is not None
    )
    assert sum(total.pending for total in totals) == sum(line.pending for line in statement.interactions)
    assert sum(rule.interactions for rule in statement.tally.by_rule()) == len(lines)
    assert added(rule.amount for rule in statement.tally.by_rule()) == added(
        line.amount for line in statement.interactions
    )
    decided = [line.setting for line in (*statement.interactions, *statement.deductions) if line.setting]
    assert dict(statement.tally.by_setting()) == Counter(decided)
    for total in totals:
        place = (total.campaign, total.agent_type)
        mine = [line for line in statement.interactions if (line.campaign, line.agent_type) == place]
        assert total.equivalents * 100 == sum(line.percent for line in mine)
        assert (total.gross is None) == (mine[0].price is None)
        if total.gross is None:
            assert (total.net, total.deductions, total.cap_applied) == (None, None, None)
            continue
        assert total.net == total.gross - total.deductions
        if total.agent_type != "sin_agente_humano":
            assert total.gross == sum(line.amount for line in mine)


@unhurried
@given(months, policies)
def test_minutes_are_the_whole_minutes_of_each_month(lines, policy):
    for total in settle(lines, policy).totals_by_month():
        place = (total.campaign, total.agent_type, total.month)
        mine = [
            line for line in settle(lines, policy).interactions if (line.campaign, line.agent_type, line.month) == place
        ]
        if total.agent_type != "sin_agente_humano":
            assert total.minutes is None
            continue
        seconds = sum(line.billable.total_seconds() for line in mine)
        assert total.minutes == seconds // 60
        if total.gross is not None:
            assert total.gross == (total.minutes * mine[0].price).quantize(Decimal("0.01"), "ROUND_HALF_UP")


@unhurried
@given(months, policies)
def test_months_and_campaigns_add_up_to_the_whole(lines, policy):
    statement = settle(lines, policy)
    parts = [
        statement.narrowed(month, campaign)
        for month in {line.month for line in statement.interactions}
        for campaign in ("recepcion", "derechohabiente")
    ]
    assert sum(net(part) for part in parts) == net(statement)


@unhurried
@given(months, policies)
def test_deductions_never_exceed_the_cap(lines, policy):
    limit = policy.deduction_cap.limit()
    taken = added(line.amount for line in settle(lines, policy).deductions)
    assert limit is None or taken <= limit


def test_the_examples_are_as_various_as_the_rules():
    """The properties above would hold for empty statements too: what they go through has everything in it."""
    seen = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(months, policies)
    def look(lines, policy):
        statement = settle(lines, policy)
        deductions = list(statement.deductions)
        seen.update(line.rule for line in statement.interactions)
        seen.update("deductiva" for line in deductions if line.amount)
        seen.update("tope" for line in deductions if line.amount != line.uncapped)
        seen.update("sin precio" for line in statement.interactions if line.price is None)
        seen.update("minutos" for total in statement.totals() if total.minutes)
        seen.update("dos meses" for _ in statement.tally.months()[1:])
        seen.update("dos campañas" for _ in {line.campaign for line in statement.interactions} - {"recepcion"})

    look()
    assert seen >= {
        *("sin_evidencia", "respuesta_incorrecta", "interrumpida", "transferida", "resuelta", "no_resuelta"),
        *("sin_encuesta", "sin_regla_contractual", "minutos_completa", "minutos_imputable", "minutos_no_imputable"),
        *("deductiva", "tope", "sin precio", "minutos", "dos meses", "dos campañas"),
    }
