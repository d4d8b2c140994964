"""The run as one page that a person likes to read: no script, nothing loaded from elsewhere, prints well."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from evaluation.gates import GateResult
from evaluation.reports import charts, words
from evaluation.reports.findings import Confusion, Findings
from evaluation.results import ConversationResult, Line, Status
from evaluation.settlement.interaction import CENTRAL_TIME
from evaluation.statistics import Rate, percent, repetitions_of
from evaluation.thresholds import break_even

MOST_OPEN = 8
"""With more failed conversations than these, they are folded."""
MOST_COLUMNS = 10
"""Topics a matrix of confusions may have across before it is only listed."""


def as_html(findings: Findings) -> str:
    """The page. Everything in it is escaped; whatever a bot said cannot become markup."""
    environment = Environment(
        loader=PackageLoader("evaluation.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "name": words.name, "money": words.money, "percentage": words.percentage, "percent": percent,
        "threshold": words.threshold, "moment": _moment,
    }  # fmt: skip
    environment.globals |= {
        "charts": charts, "number": words.number, "verdict": words.verdict, "spoken": spoken, "matrix": matrix,
        "gate_groups": gate_groups, "break_even": break_even, "rate": Rate, "all_cases": all_cases,
        "most_open": MOST_OPEN,
    }  # fmt: skip
    payment = findings.payment
    return environment.get_template("report.html").render(
        found=findings,
        run=findings.run,
        header=findings.run.header,
        refusal=payment if isinstance(payment, str) else None,
        payment=None if isinstance(payment, str) else payment,
        ungated=_ungated(findings),
    )


def _moment(findings: Findings) -> str:
    """When the run began, by central time (the contract's «hora del centro»)."""
    return findings.run.header.started_at.astimezone(CENTRAL_TIME).strftime("%d/%m/%Y, %H:%M h")


def _ungated(findings: Findings) -> list[str]:
    """Campaigns and channels of the run that no gate asks anything of."""
    asked = {(gate.campaign, gate.channel) for gate in findings.gates}
    left = [key for key in findings.tallies if key not in asked] if asked else []
    return [f"{campaign} · {words.name(channel)}" for campaign, channel in left]


def gate_groups(gates: Iterable[GateResult]) -> list[tuple[str, list[GateResult]]]:
    """Gates under what they are about."""
    return [(title, list(group)) for title, group in groupby(gates, words.about)]


def spoken(transcript: Iterable[Line]) -> list[tuple[str, list[str]]]:
    """A transcript as who spoke and what they said until somebody else did."""
    return [(sender, [line.text for line in lines]) for sender, lines in groupby(transcript, lambda line: line.sender)]


def matrix(confusions: Sequence[Confusion]) -> tuple[list[str | None], dict[str, dict[str | None, int]]] | None:
    """Confusions as columns (served) and rows (expected -> served -> times); None when it would be too wide."""
    columns = sorted({one.served for one in confusions}, key=lambda served: (served is None, served or ""))
    rows: dict[str, dict[str | None, int]] = defaultdict(dict)
    for one in sorted(confusions, key=lambda one: one.expected):
        rows[one.expected][one.served] = one.times
    return (columns, dict(rows)) if 1 < len(columns) <= MOST_COLUMNS else None


def all_cases(findings: Findings) -> dict[tuple[str, str], list[list[ConversationResult]]]:
    """Every case with its repetitions, by campaign and channel; those that failed come first."""
    found: dict[tuple[str, str], list[list[ConversationResult]]] = defaultdict(list)
    for (campaign, channel, _), held in repetitions_of(findings.run.results).items():
        found[campaign, channel].append(held)
    for cases in found.values():
        cases.sort(key=lambda held: all(one.status is Status.PASSED for one in held))
    return dict(found)
