"""The reports of a run: a page for people, JSON for programs, JUnit XML for continuous integration.

All are made from one `Findings`, so that they cannot contradict each other, and hold no moment of their own: the same
run, policy and gates give the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path

from evaluation.gates import GateResult
from evaluation.reports.findings import Findings, find
from evaluation.reports.html import as_html
from evaluation.reports.json_report import as_json
from evaluation.reports.junit import as_junit
from evaluation.results import Run
from evaluation.settlement.policy import Policy
from ledger.recontact import Recontact

HTML, JSON, JUNIT = "report.html", "report.json", "junit.xml"


def write_reports(
    folder: Path,
    run: Run,
    policy: Policy,
    gates: Sequence[GateResult] = (),
    recontacts: Sequence[Recontact] = (),
) -> Findings:
    """Write `report.html`, `report.json` and `junit.xml` into the run's folder, in place of earlier ones.

    Args:
        folder: the run's folder; it exists.
        run: complete or not; the reports say which.
        policy: what the run is settled under.
        gates: what `check_gates` found; empty when nothing was asked for.
        recontacts: from the ledger, when there is one to ask.

    Returns:
        What the reports say, for the terminal's summary.

    Raises:
        OSError: the folder cannot be written.
    """
    findings = find(run, policy, gates, recontacts)
    (folder / HTML).write_text(as_html(findings), encoding="utf-8")
    (folder / JSON).write_text(as_json(findings), encoding="utf-8")
    (folder / JUNIT).write_bytes(as_junit(run))
    return findings
