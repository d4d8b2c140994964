"""Each rule, its place in the order, and each setting that can change it."""

import pytest

from evaluation.settlement.policy import Policy
from evaluation.settlement.rules import decide
from evaluation.settlement.statement import settle


def policy(**settings):
    prices = {"avanzado_a": "10.00", "avanzado_b": "20.00", "sin_agente_humano": "1.50", "basico": "2.00"}
    return Policy.model_validate({"prices": prices} | settings)


def outcome(interaction, **settings):
    decision = decide(interaction, policy(**settings))
    return decision.rule, decision.percent, decision.setting


# --- 100/30/0 ---


@pytest.mark.parametrize(
    "lacks", [{"origin": None}, {"origin": "  "}, {"evidence": {"complete": False, "missing": []}}]
)
@pytest.mark.parametrize("agent_type", ["avanzado_a", "avanzado_b", "basico", "sin_agente_humano"])
def test_without_evidence_nothing_is_paid_for_any_product(interaction, wrong, lacks, agent_type):
    without = interaction(agent_type=agent_type, questions=wrong(), **lacks)
    assert outcome(without) == ("sin_evidencia", 0, None)


@pytest.mark.parametrize("verdict", ["incorrect", "imprecise", "off_topic", "confusing"])
def test_any_wrong_answer_pays_nothing_whatever_the_survey_says(interaction, wrong, verdict):
    assert outcome(interaction(questions=wrong(verdict=verdict))) == ("respuesta_incorrecta", 0, None)


def test_an_unverified_answer_is_not_wrong(interaction, wrong):
    assert outcome(interaction(questions=wrong(verdict="unverified"))) == ("resuelta", 100, None)


@pytest.mark.parametrize("after", [{"end": "system_cut"}, {"end": "user_hangup"}, {"transferred_to_human": True}])
def test_wrong_answer_dominates_a_cut_and_a_handover(interaction, wrong, after):
    answered_wrongly = interaction(questions=wrong(), **after)
    assert outcome(answered_wrongly) == ("respuesta_incorrecta", 0, "wrong_answer_dominates")
    rule, percent, setting = outcome(answered_wrongly, wrong_answer_dominates=False)
    assert (rule, percent) == ("transferida" if "transferred_to_human" in after else "interrumpida", 30)
    assert "wrong_answer_dominates" in setting


def test_wrong_answer_that_does_not_dominate_still_zeroes_what_was_neither_cut_nor_handed_over(interaction, wrong):
    assert outcome(interaction(questions=wrong()), wrong_answer_dominates=False)[:2] == (
        "respuesta_incorrecta",
        0,
    )


def test_survey_never_turns_a_wrong_answer_into_a_right_one(interaction, wrong):
    handed_over = interaction(questions=wrong(), transferred_to_human=True)
    settings = {"wrong_answer_dominates": False, "transferred_but_resolved": 100}
    assert outcome(handed_over, **settings) == ("transferida", 30, "wrong_answer_dominates")


@pytest.mark.parametrize("end", ["system_cut", "timeout", "error"])
def test_a_cut_goes_before_handover_and_survey(interaction, end):
    assert outcome(interaction(end=end, transferred_to_human=True)) == ("interrumpida", 30, None)


@pytest.mark.parametrize("percent", [0, 30])
def test_user_hangup(interaction, percent):
    hung_up = interaction(end="user_hangup")
    assert outcome(hung_up, user_hangup=percent) == ("interrumpida", percent, "user_hangup")
    assert outcome(interaction(end="system_cut"), user_hangup=percent) == ("interrumpida", 30, None)


@pytest.mark.parametrize("survey", [None, {"resolved": False, "rating": 1}, {"resolved": None, "rating": 3}])
def test_handed_over_and_not_resolved(interaction, survey):
    assert outcome(interaction(transferred_to_human=True, survey=survey)) == ("transferida", 30, None)


@pytest.mark.parametrize("percent", [30, 100])
def test_handed_over_yet_resolved(interaction, percent):
    handed_over = interaction(transferred_to_human=True)
    expected = ("transferida", percent, "transferred_but_resolved")
    assert outcome(handed_over, transferred_but_resolved=percent) == expected


@pytest.mark.parametrize("percent", [0, 30])
def test_not_resolved_and_not_handed_over(interaction, percent):
    unresolved = interaction(survey={"resolved": False, "rating": None})
    expected = ("no_resuelta", percent, "unresolved_not_transferred")
    assert outcome(unresolved, unresolved_not_transferred=percent) == expected


@pytest.mark.parametrize("survey", [None, {"resolved": None, "rating": None}, {"resolved": None, "rating": 5}])
@pytest.mark.parametrize("percent", ["pending", 0, 30, 100])
def test_unanswered_survey(interaction, survey, percent):
    unanswered = interaction(survey=survey)
    decision = decide(unanswered, policy(unanswered_survey=percent))
    assert (decision.rule, decision.setting) == ("sin_encuesta", "unanswered_survey")
    assert decision.percent == (0 if percent == "pending" else percent)
    assert decision.pending is (percent == "pending")


# --- The other products ---


def test_basico_is_reported_as_without_contractual_rule(interaction, wrong):
    complete = interaction(agent_type="basico", questions=wrong("x"), survey=None)
    cut = interaction(agent_type="basico", end="user_hangup")
    assert outcome(complete) == ("sin_regla_contractual", 100, "basico_complete")
    assert outcome(cut) == ("sin_regla_contractual", 0, "basico_incomplete")
    assert outcome(complete, basico_complete=80)[1] == 80
    assert outcome(cut, basico_incomplete=15)[1] == 15


def test_minutes_are_paid_when_complete_and_never_when_the_tool_failed(interaction):
    for end, expected in {
        "completed": ("minutos_completa", 100, None),
        "system_cut": ("minutos_imputable", 0, None),
        "error": ("minutos_imputable", 0, None),
        "user_hangup": ("minutos_no_imputable", 0, "minutes_incomplete_not_imputable"),
        "timeout": ("minutos_no_imputable", 0, "minutes_incomplete_not_imputable"),
    }.items():
        assert outcome(interaction(agent_type="sin_agente_humano", end=end, survey=None)) == expected
    hung_up = interaction(agent_type="sin_agente_humano", end="user_hangup")
    assert outcome(hung_up, minutes_incomplete_not_imputable=100)[1] == 100


def call(interaction, folio, seconds, day=15, month=10, **changes):
    started_at = f"2026-{month}-{day:02}T09:00:00-06:00"
    ended_at = f"2026-{month}-{day:02}T09:{int(seconds // 60):02}:{seconds % 60:09.6f}-06:00"
    changes = {"agent_type": "sin_agente_humano", "started_at": started_at, "ended_at": ended_at} | changes
    return interaction(folio, **changes)


def test_seconds_add_up_and_only_whole_minutes_are_billed(interaction):
    calls = [call(interaction, "VEN-1", 50), call(interaction, "VEN-2", 50), call(interaction, "VEN-3", 79.5)]
    statement = settle([*calls, call(interaction, "VEN-4", 600, end="error")], policy())
    (total,) = statement.totals()
    assert (total.minutes, str(total.gross), str(total.equivalents)) == (2, "3.00", "3")  # 179.5 s
    assert {line.amount for line in statement.interactions} == {None}
    (total,) = settle([*calls, call(interaction, "VEN-5", 0.5)], policy()).totals()
    assert total.minutes == 3


def test_minutes_add_up_within_a_month_not_across_months(interaction):
    calls = [call(interaction, "VEN-1", 90, month=10), call(interaction, "VEN-2", 90, month=11)]
    (total,) = settle(calls, policy()).totals()
    assert (total.minutes, str(total.gross)) == (2, "3.00")


# --- Reincidencia ---


def deductions(interactions, **settings):
    statement = settle(interactions, policy(**settings))
    return [(line.folio, line.first_folio, str(line.amount)) for line in statement.deductions]


def occurrence(interaction, wrong, folio, date="2026-10-15", deviation="x", **changes):
    return interaction(folio, started_at=f"{date}T09:00:00-06:00", questions=wrong(deviation), **changes)


def test_every_occurrence_after_the_first_is_deducted(interaction, wrong):
    days = ("2026-10-01", "2026-10-02", "2026-10-03")
    three = [occurrence(interaction, wrong, f"VEN-{day[-1]}", day) for day in days]
    assert deductions(reversed(three)) == [("VEN-2", "VEN-1", "50.00"), ("VEN-3", "VEN-1", "50.00")]


def test_occurrences_at_the_same_time_are_ordered_by_folio(interaction, wrong):
    two = [occurrence(interaction, wrong, folio) for folio in ("VEN-B", "VEN-A")]
    assert deductions(two) == [("VEN-B", "VEN-A", "50.00")]


def test_order_is_by_instant_not_by_the_written_hour(interaction, wrong):
    later = interaction("VEN-1", started_at="2026-10-15T09:00:00-06:00", questions=wrong("x"))
    earlier = interaction("VEN-2", started_at="2026-10-15T10:00:00-03:00", questions=wrong("x"))
    assert deductions([later, earlier]) == [("VEN-1", "VEN-2", "50.00")]


def test_several_questions_with_one_deviation_are_one_occurrence(interaction, wrong):
    questions = [*wrong("x"), *wrong("x"), *wrong("y")]
    assert deductions([interaction("VEN-1", questions=questions)]) == []
    again = interaction("VEN-2", started_at="2026-10-16T09:00:00-06:00", questions=questions)
    both = settle([interaction("VEN-1", questions=questions), again], policy()).deductions
    assert [(line.folio, line.deviation) for line in both] == [("VEN-2", "x"), ("VEN-2", "y")]


def test_interactions_without_evidence_count_as_occurrences(interaction, wrong):
    first = occurrence(interaction, wrong, "VEN-1", "2026-10-01", origin=None)
    second = occurrence(interaction, wrong, "VEN-2", "2026-10-02", origin=None)
    assert deductions([first, second]) == [("VEN-2", "VEN-1", "50.00")]


def test_wrong_verdict_without_deviation_starts_no_series(interaction, wrong):
    assert deductions([occurrence(interaction, wrong, f"VEN-{n}", deviation=None) for n in range(3)]) == []


def test_products_without_the_100_30_0_rule_have_no_reincidencia(interaction, wrong):
    for agent_type in ("basico", "sin_agente_humano"):
        two = [occurrence(interaction, wrong, folio, agent_type=agent_type) for folio in ("VEN-1", "VEN-2")]
        assert deductions(two) == []


def test_recurrence_key(interaction, wrong):
    here = occurrence(interaction, wrong, "VEN-1", "2026-10-01")
    there = occurrence(interaction, wrong, "VEN-2", "2026-10-02", campaign="recepcion")
    assert deductions([here, there]) == []
    assert deductions([here, there], recurrence_key="deviation") == [("VEN-2", "VEN-1", "50.00")]


def test_recurrence_window(interaction, wrong):
    days = ("2026-10-20", "2026-10-31", "2026-11-01", "2026-11-30")
    four = [occurrence(interaction, wrong, f"VEN-{number}", day) for number, day in enumerate(days, start=1)]
    every = [(f"VEN-{number}", "VEN-1", "50.00") for number in (2, 3, 4)]
    assert deductions(four) == every
    assert deductions(four, recurrence_window="month") == [
        ("VEN-2", "VEN-1", "50.00"),
        ("VEN-4", "VEN-3", "50.00"),
    ]
    assert deductions(four, recurrence_window=11) == every[:2]
    assert deductions(four, recurrence_window=10) == [("VEN-3", "VEN-2", "50.00")]
    assert deductions(four, recurrence_window=29) == every


def test_the_month_is_by_central_time(interaction, wrong):
    late = interaction("VEN-1", started_at="2026-11-01T05:59:59+00:00", questions=wrong("x"))
    early = interaction("VEN-2", started_at="2026-11-01T06:00:00+00:00", questions=wrong("x"))
    assert (late.month, early.month) == ("2026-10", "2026-11")
    assert deductions([late, early], recurrence_window="month") == []


def test_recurrence_price_is_that_of_the_interaction_in_which_it_recurs(interaction, wrong):
    first = occurrence(interaction, wrong, "VEN-1", "2026-10-01")
    second = occurrence(interaction, wrong, "VEN-2", "2026-10-02", agent_type="avanzado_b")
    assert deductions([first, second]) == [("VEN-2", "VEN-1", "100.00")]
    assert deductions([first, second], recurrence_price_multiple="2.5") == [("VEN-2", "VEN-1", "50.00")]
    assert deductions([first, second], prices={"avanzado_a": "10.00"}) == [("VEN-2", "VEN-1", "None")]


@pytest.mark.parametrize("cap", [{"contract_maximum": "1200.05"}, {"amount": "120.00"}])
def test_deduction_cap_is_used_up_in_order(interaction, wrong, cap):
    days = ("2026-10-01", "2026-10-30", "2026-11-01", "2026-11-02", "2026-11-03")
    five = [occurrence(interaction, wrong, f"VEN-{number}", day) for number, day in enumerate(days, start=1)]
    statement = settle(five, policy(deduction_cap=cap))
    assert [str(line.amount) for line in statement.deductions] == ["50.00", "50.00", "20.00", "0.00"]
    (total,) = statement.totals()
    assert (str(total.deductions), str(total.cap_applied), str(total.net)) == ("120.00", "80.00", "-120.00")
    november = statement.narrowed("2026-11", None)
    assert [str(line.amount) for line in november.deductions] == ["50.00", "20.00", "0.00"]


def test_a_campaigns_price_goes_before_the_products(interaction):
    by_campaign = {"cita_medica": {"avanzado_a": "12.00", "avanzado_b": None}}
    three = [
        interaction("VEN-1", campaign="cita_medica"),
        interaction("VEN-2", campaign="cita_medica", agent_type="avanzado_b"),
        interaction("VEN-3", campaign="cita_medica", agent_type="basico"),
        interaction("VEN-4"),
    ]
    lines = settle(three, policy(prices_by_campaign=by_campaign)).interactions
    assert [str(line.amount) for line in lines] == ["12.00", "None", "2.00", "10.00"]


def test_a_folio_is_never_settled_twice(interaction):
    with pytest.raises(ValueError, match="folio"):
        settle([interaction("VEN-1"), interaction("VEN-1")], policy())
