"""The run as one JSON document for programs; docs/evaluation.md lists its fields.

Shares go from 0 to 1, money is text with two decimals (MXN without IVA), and what is not known is null. `schema` grows
by one whenever a field changes its meaning or goes away; new fields may come at any time.
"""

import json
from decimal import Decimal
from typing import Any

from evaluation.reports.findings import Confidence, Findings
from evaluation.reports.payment import Pay, Payment
from evaluation.statistics import Rate, Tally
from evaluation.thresholds import Calibration, Point, break_even

SCHEMA = 1


def as_json(findings: Findings) -> str:
    """The document, indented, ending with a line feed."""
    run = findings.run
    document = {
        "schema": SCHEMA,
        "run": run.header.model_dump(mode="json"),
        "complete": run.is_complete,
        "passed": not findings.failed_gates,
        "gates": [vars(gate) for gate in findings.gates],
        "summary": {
            "total": _tally(findings.total),
            "campaigns": [
                {"campaign": campaign, "channel": channel, **_tally(found)}
                for (campaign, channel), found in findings.tallies.items()
            ],
        },
        "payment": _payment(findings.payment),
        "topics": {
            name: {"expected": found.expected, "right": found.right, "confusions": [vars(x) for x in found.confusions]}
            for name, found in findings.topics.items()
        },
        "coverage": [vars(one) | {"covered": one.covered} for one in findings.coverage],
        "confidence": {name: _confidence(found) for name, found in findings.confidence.items()},
        "recontacts": [vars(row) for row in findings.recontacts],
        "results": [one.model_dump(mode="json") for one in run.results],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {"hits": rate.hits, "total": rate.total, "share": rate.share, "low": low, "high": high}


def _tally(found: Tally) -> dict[str, Any]:
    return {
        "cases": found.cases,
        "pass_1": _rate(found.passed),
        "pass_4": _rate(found.always_passed) if found.always_passed else None,
        "wrong": _rate(found.wrong),
        "infrastructure": found.infrastructure,
    }


def _payment(payment: Payment | str) -> dict[str, Any]:
    if isinstance(payment, str):
        return {"refused": payment}
    statement = payment.statement
    return {
        "refused": None,
        "status": statement.status,
        "policy_sha256": statement.policy_sha256,
        "total": _pay(payment.total),
        "campaigns": {name: _pay(pay) for name, pay in payment.campaigns.items()},
        "rules": [vars(rule) | {"amount": _money(rule.amount)} for rule in payment.rules],
        "deductions": [
            {
                "folio": one.folio,
                "first_folio": one.first_folio,
                "campaign": one.campaign,
                "deviation": one.deviation,
                "amount": _money(one.amount),
            }
            for one in statement.deductions
        ],
    }


def _pay(pay: Pay) -> dict[str, Any]:
    return {
        "interactions": pay.interactions,
        "equivalents": _money(pay.equivalents),
        "percent": None if pay.percent is None else round(float(pay.percent), 2),
        "net_percent": None if pay.net_percent is None else round(float(pay.net_percent), 2),
        "deductions": pay.deductions,
        "pending": pay.pending,
        "gross": _money(pay.gross),
        "deductions_amount": _money(pay.deductions_amount),
        "net": _money(pay.net),
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _confidence(found: Confidence) -> dict[str, Any]:
    choice = found.choice
    return {
        "answers": found.answers,
        "calibration_error": found.error,
        "brier": found.brier,
        "reliability": [
            {"low": one.low, "high": one.high, "confidence": one.confidence, "right": _rate(one.right)}
            for one in found.bins
        ],
        "wrong_limit": choice.wrong_limit,
        "recurring": choice.recurring,
        "break_even": break_even(choice.recurring),
        "pay_optimal": _point(choice.pay_optimal, found.calibration),
        "citizen_first": _point(choice.citizen_first, found.calibration),
        "curve": [_point(point, found.calibration) for point in choice.curve],
    }


def _point(point: Point, calibration: Calibration) -> dict[str, Any]:
    return {
        "threshold": point.threshold,
        "probability": None if point.is_never else calibration.probability(point.threshold),
        "pay": point.pay,
        "answered": point.answered,
        "wrong": int(point.wrong.hits),
        "wrong_share": point.wrong.share,
    }
