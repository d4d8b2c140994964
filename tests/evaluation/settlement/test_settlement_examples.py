"""The worked examples of the specification, literally, and the exact shape of the statement."""

import csv
import io
import json

from evaluation.settlement.policy import Policy
from evaluation.settlement.statement import settle

PRICE_10 = Policy.model_validate({"prices": {"avanzado_a": "10.00"}})


def seven_examples(interaction, wrong):
    wrong_answer = wrong("requisito_equivocado")
    return [
        interaction("VEN-1", started_at="2026-10-01T09:00:00-06:00"),
        interaction(
            "VEN-2",
            started_at="2026-10-02T09:00:00-06:00",
            transferred_to_human=True,
            survey={"resolved": False, "rating": 2},
        ),
        interaction("VEN-3", started_at="2026-10-03T09:00:00-06:00", end="system_cut"),
        interaction("VEN-4", started_at="2026-10-04T09:00:00-06:00", questions=wrong_answer),
        interaction("VEN-5", started_at="2026-10-11T09:00:00-06:00", questions=wrong_answer),
        interaction("VEN-6", started_at="2026-10-12T09:00:00-06:00", survey=None),
        interaction("VEN-7", started_at="2026-10-13T09:00:00-06:00", origin=""),
    ]


def test_seven_worked_examples_as_json(interaction, wrong, written):
    statement = settle(reversed(seven_examples(interaction, wrong)), PRICE_10)

    def line(folio, rule, percent, amount, setting, contract_line):
        return {
            "folio": folio,
            "rule": rule,
            "percent": percent,
            "price": "10.00",
            "amount": amount,
            "setting": setting,
            "line": contract_line,
        }

    assert json.loads(written("json", statement)) == {
        "status": "PRELIMINAR",
        "policy_sha256": PRICE_10.sha256(),
        "interactions": [
            line("VEN-1", "resuelta", 100, "10.00", None, "L2056"),
            line("VEN-2", "transferida", 30, "3.00", None, "L2057"),
            line("VEN-3", "interrumpida", 30, "3.00", None, "L2053"),
            line("VEN-4", "respuesta_incorrecta", 0, "0.00", None, "L2058-2059"),
            line("VEN-5", "respuesta_incorrecta", 0, "0.00", None, "L2058-2059"),
            line("VEN-6", "sin_encuesta", 0, "0.00", "unanswered_survey", None),
            line("VEN-7", "sin_evidencia", 0, "0.00", None, "L1288"),
        ],
        "deductions": [
            {"folio": "VEN-5", "first_folio": "VEN-4", "deviation": "requisito_equivocado", "amount": "50.00"}
        ],
        "totals": [
            {
                "campaign": "derechohabiente",
                "agent_type": "avanzado_a",
                "interactions": 7,
                "equivalents": "1.60",
                "minutes": None,
                "gross": "16.00",
                "deductions": "50.00",
                "net": "-34.00",
                "pending": 1,
            }
        ],
    }


def test_keys_come_in_the_order_of_the_specification(interaction, wrong, written):
    document = json.loads(written("json", settle(seven_examples(interaction, wrong), PRICE_10)))
    assert list(document) == ["status", "policy_sha256", "interactions", "deductions", "totals"]
    assert ",".join(document["interactions"][0]) == "folio,rule,percent,price,amount,setting,line"
    assert ",".join(document["deductions"][0]) == "folio,first_folio,deviation,amount"
    assert ",".join(document["totals"][0]) == (
        "campaign,agent_type,interactions,equivalents,minutes,gross,deductions,net,pending"
    )


def test_null_price_leaves_amounts_empty_and_still_counts(interaction, wrong, written):
    document = json.loads(written("json", settle(seven_examples(interaction, wrong), Policy())))
    assert {(line["price"], line["amount"]) for line in document["interactions"]} == {(None, None)}
    assert [deduction["amount"] for deduction in document["deductions"]] == [None]
    (total,) = document["totals"]
    assert (total["gross"], total["deductions"], total["net"]) == (None, None, None)
    assert (total["interactions"], total["equivalents"], total["pending"]) == (7, "1.60", 1)


def test_csv_has_every_line_and_the_totals_by_month(interaction, wrong, written):
    november = interaction("VEN-8", started_at="2026-11-01T00:00:00-06:00")
    statement = settle([*seven_examples(interaction, wrong), november], PRICE_10)
    rows = list(csv.DictReader(io.StringIO(written("csv", statement).decode(), newline="")))
    assert [row["record"] for row in rows] == ["interaction"] * 8 + ["deduction"] + ["total"] * 2
    assert [row["folio"] for row in rows if row["pending"] == "1" and row["folio"]] == ["VEN-6"]
    totals = [(row["month"], row["gross"], row["deductions"], row["net"]) for row in rows[-2:]]
    assert totals == [("2026-10", "16.00", "50.00", "-34.00"), ("2026-11", "10.00", "0.00", "10.00")]
    assert {row["status"] for row in rows} == {"PRELIMINAR"}


def test_each_line_is_rounded_half_up_and_totals_add_the_rounded_lines(interaction):
    policy = Policy.model_validate({"prices": {"avanzado_a": "0.15"}})
    cut = [interaction(f"VEN-{number}", end="timeout") for number in range(3)]
    (total,) = settle(cut, policy).totals()
    # 30 % of 0.15 is 0.045, so 0.05 a line; half-even would give 0.04, and the unrounded sum is 0.135.
    assert str(total.gross) == "0.15"


def test_json_has_one_total_per_campaign_and_product(interaction):
    statement = settle(
        [
            interaction("VEN-1", campaign="recepcion"),
            interaction("VEN-2", agent_type="avanzado_b"),
            interaction("VEN-3", started_at="2026-11-15T09:00:00-06:00"),
            interaction("VEN-4"),
        ],
        PRICE_10,
    )
    totals = [(total.campaign, total.agent_type, total.interactions) for total in statement.totals()]
    assert totals == [
        ("derechohabiente", "avanzado_a", 2),
        ("derechohabiente", "avanzado_b", 1),
        ("recepcion", "avanzado_a", 1),
    ]
