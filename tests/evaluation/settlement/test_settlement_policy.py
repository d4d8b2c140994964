"""The policy file: its defaults, what it refuses, its SHA-256 and who approved it."""

import pytest

from evaluation.settlement.policy import Policy, read_policy
from evaluation.settlement.refusal import InputRefused

AS_SPECIFIED = """
prices: {avanzado_a: "10.00", avanzado_b: "10.00", basico: null, sin_agente_humano: null}
prices_by_campaign: {cita_medica: {avanzado_a: "12.00"}}
unanswered_survey: pending
unresolved_not_transferred: 0
transferred_but_resolved: 30
user_hangup: 30
wrong_answer_dominates: true
recurrence_key: campaign_deviation
recurrence_window: contract
recurrence_price_multiple: 5
basico_complete: 100
basico_incomplete: 0
minutes_incomplete_not_imputable: 0
deduction_cap: {percent: 10, contract_maximum: null}
approvals: []
"""


def approval(party, sha256):
    at = "2026-10-01T10:00:00-06:00"
    return f"- {{party: {party}, role: administración del contrato, at: {at}, policy_sha256: {sha256}}}\n"


def test_the_file_of_the_specification_says_the_defaults():
    only_prices = "".join(line for line in AS_SPECIFIED.splitlines(keepends=True) if line.startswith("prices"))
    assert read_policy(AS_SPECIFIED) == read_policy(only_prices)
    assert read_policy(AS_SPECIFIED).sha256() == read_policy(only_prices).sha256()


def test_an_empty_file_is_the_default_policy():
    assert read_policy("") == Policy()
    assert read_policy("prices: {basico: null}").sha256() == Policy().sha256()


def test_sha256_depends_on_the_settings_and_not_on_how_they_are_written():
    written = {read_policy(text).sha256() for text in ('prices: {basico: "2.50"}', "prices: {basico: 2.5}")}
    assert len(written) == 1
    assert read_policy("prices: {basico: 2.51}").sha256() not in written
    assert read_policy("user_hangup: 0").sha256() != Policy().sha256()


def test_sha256_is_over_canonical_json_without_approvals():
    # Pinned: the parties sign this figure, so it may not drift with the code.
    assert Policy().sha256() == "1ff34b557d13867eb024dd4cad8fdafe1251a70f9ee21886a2f4359426f8ec4c"


def test_agreed_only_when_two_parties_approved_this_very_policy():
    sha256 = Policy().sha256()
    one, other = approval("instituto", sha256), approval("proveedor", sha256)
    assert read_policy("approvals: []").status() == "PRELIMINAR"
    assert read_policy(f"approvals:\n{one}").status() == "PRELIMINAR"
    assert read_policy(f"approvals:\n{one}{approval('Instituto', sha256)}").status() == "PRELIMINAR"
    agreed = read_policy(f"approvals:\n{one}{other}")
    assert (agreed.status(), agreed.sha256()) == ("ACORDADO", sha256)
    changed = read_policy(f"user_hangup: 0\napprovals:\n{one}{other}")
    assert changed.status() == "PRELIMINAR"


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("user_hangup: 30\nprices:\n  avanzado_a: '-1.00'", 3, "prices.avanzado_a"),
        (
            "prices_by_campaign:\n  cita_medica:\n    avanzado_a: '-1'",
            3,
            "prices_by_campaign.cita_medica.avanzado_a",
        ),
        ("prices: {avanzado_a: '1.0000001'}", 1, "prices.avanzado_a"),
        ("prices: {avanzado_a: true}", 1, "prices.avanzado_a"),
        ("prices: {avanzado_a: .nan}", 1, "prices.avanzado_a"),
        ("prices: {avanzado_c: '1.00'}", 1, "prices.avanzado_c"),
        ("\nprices: {basico: '1'}\nprices: {basico: '2'}", 3, "prices"),
        ("prices: {basico: '1', basico: '2'}", 1, "basico"),
        ("unanswered_survey: 50", 1, "unanswered_survey"),
        ("unanswered_survey: false", 1, "unanswered_survey"),
        ("unresolved_not_transferred: 100", 1, "unresolved_not_transferred"),
        ("transferred_but_resolved: 0", 1, "transferred_but_resolved"),
        ("user_hangup: 100", 1, "user_hangup"),
        ("wrong_answer_dominates: 1", 1, "wrong_answer_dominates"),
        ("recurrence_key: campaign", 1, "recurrence_key"),
        ("recurrence_window: year", 1, "recurrence_window"),
        ("recurrence_window: 0", 1, "recurrence_window"),
        ("recurrence_window: true", 1, "recurrence_window"),
        ("recurrence_price_multiple: -5", 1, "recurrence_price_multiple"),
        ("basico_complete: 101", 1, "basico_complete"),
        ("basico_incomplete: -1", 1, "basico_incomplete"),
        ("minutes_incomplete_not_imputable: 30", 1, "minutes_incomplete_not_imputable"),
        ("deduction_cap: {percent: 101}", 1, "deduction_cap.percent"),
        ("deduction_cap: {contract_maximum: '5', amount: '5'}", 1, "deduction_cap.amount"),
        ("approvals:\n- {party: a, role: b, at: '2026-10-01', policy_sha256: 00}", 2, "approvals.0.at"),
        ("user_hang_up: 30", 1, "user_hang_up"),
        ("- prices", 1, "(registro)"),
        ("prices: {", 1, "(archivo)"),
        ("? [prices]\n: 1", 1, "(archivo)"),
    ],
)
def test_refusals_name_line_field_and_reason(text, line, field):
    with pytest.raises(InputRefused) as refused:
        read_policy(text)
    problem = refused.value.problems[0]
    assert (problem.line, problem.field) == (line, field)
    assert problem.reason


@pytest.mark.parametrize(
    ("cap", "limit"),
    [
        ({}, None),
        ({"contract_maximum": "1000.09"}, "100.00"),
        ({"contract_maximum": "1000", "percent": "2.5"}, "25.00"),
        ({"amount": "7"}, "7.00"),
    ],
)
def test_cap_is_a_percentage_of_the_maximum_or_an_amount(cap, limit):
    found = Policy.model_validate({"deduction_cap": cap}).deduction_cap.limit()
    assert (None if found is None else str(found)) == limit
