"""Gates: what passes, what fails, and what cannot be measured and therefore fails."""

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_run import build_question, build_result, build_run, synthetic_run

from evaluation.gates import Baseline, Gate, Gates, GatesError, check_gates, read_baseline, read_gates, write_baseline
from evaluation.results import ConversationResult, Run, Status

SHIPPED = Path(__file__).parents[2] / "evaluation" / "gates.yml"


def _gates(**wanted: Any) -> Gates:
    return Gates(gates=(Gate(campaign="derechohabiente", channel="webchat", **wanted),))


def _results(outcomes: str) -> list[ConversationResult]:
    kinds = {"p": Status.PASSED, "f": Status.FAILED, "i": Status.INFRASTRUCTURE}
    return [build_result(case=f"case_{n}", status=kinds[kind]) for n, kind in enumerate(outcomes)]


def _verdicts(run: Run, gates: Gates, baseline: Baseline | None = None) -> dict[str, bool]:
    return {result.name: result.passed for result in check_gates(run, gates, baseline)}


def _baseline(tmp_path: Path, run: Run) -> Baseline:
    write_baseline(tmp_path / "baseline.json", run)
    found = read_baseline(tmp_path / "baseline.json")
    assert found is not None
    return found


def test_the_gates_of_the_repository_can_be_read() -> None:
    gates = read_gates(SHIPPED)
    assert {(gate.campaign, gate.channel) for gate in gates.gates} >= {("cita_medica", "webchat")}
    assert all(gate.minimum_resolved == 95 and gate.maximum_wrong == 0 for gate in gates.gates)


def test_minimum_resolved_is_met_exactly() -> None:
    gates = _gates(minimum_resolved=95)
    assert _verdicts(build_run(_results("p" * 19 + "f")), gates)["minimum_resolved"]
    assert not _verdicts(build_run(_results("p" * 18 + "ff")), gates)["minimum_resolved"]
    assert _verdicts(build_run(_results("p" * 19 + "fiii")), gates)["minimum_resolved"]


def test_wrong_answers_and_cases_are_counted() -> None:
    wrong = build_result(case="wrong", status=Status.FAILED, questions=(build_question("x", "off_topic"),))
    run = build_run([*_results("ppp"), wrong])
    assert _verdicts(run, _gates(maximum_wrong=1, minimum_cases=4)) == {
        "complete": True, "maximum_wrong": True, "minimum_cases": True,
    }  # fmt: skip
    assert _verdicts(run, _gates(maximum_wrong=0, minimum_cases=5)) == {
        "complete": True, "maximum_wrong": False, "minimum_cases": False,
    }  # fmt: skip


@pytest.mark.parametrize("results", [[], _results("ii"), [build_result(channel="voice")]])
def test_a_gate_without_results_fails_and_says_so(results: list[ConversationResult]) -> None:
    found = check_gates(build_run(results), _gates(minimum_resolved=0, maximum_wrong=9, minimum_cases=0))[1:]
    assert [one.found for one in found] == ["no hay resultados"] * 3
    assert not any(one.passed for one in found)


def test_an_incomplete_run_fails() -> None:
    complete = check_gates(build_run(_results("ppp"), planned=4), _gates())[0]
    assert (complete.name, complete.passed, complete.found) == ("complete", False, "3 de 4")


def test_a_case_that_always_passed_may_not_fail_now(tmp_path: Path) -> None:
    baseline = _baseline(tmp_path, build_run(_results("ppf")))
    gates = _gates(no_regression=True)
    assert _verdicts(build_run(_results("ppf")), gates, baseline)["no_regression"]
    assert _verdicts(build_run(_results("ppp")), gates, baseline)["no_regression"]
    assert _verdicts(build_run(_results("pip")), gates, baseline)["no_regression"]
    worse = check_gates(build_run(_results("pff")), gates, baseline)[1]
    assert not worse.passed and worse.found == "antes pasaban: case_1"


def test_a_case_that_disappears_is_a_regression(tmp_path: Path) -> None:
    baseline = _baseline(tmp_path, build_run(_results("ppf")))
    gone = check_gates(build_run(_results("p")), _gates(no_regression=True), baseline)[1]
    assert not gone.passed and gone.found == "ya no están: case_1"


def test_one_failed_repetition_is_a_regression(tmp_path: Path) -> None:
    baseline = _baseline(tmp_path, build_run([build_result(repetition=n) for n in (1, 2)]))
    now = [build_result(repetition=1), build_result(repetition=2, status=Status.FAILED)]
    assert not _verdicts(build_run(now), _gates(no_regression=True), baseline)["no_regression"]


def test_without_a_baseline_nothing_is_proven(tmp_path: Path) -> None:
    run = build_run(_results("p"))
    assert check_gates(run, _gates(no_regression=True))[1].found == "no hay línea base"
    other = _baseline(tmp_path, build_run([build_result(campaign="recepcion")]))
    assert not _verdicts(run, _gates(no_regression=True), other)["no_regression"]


def test_the_baseline_is_sorted_and_counts_repetitions(tmp_path: Path) -> None:
    assert read_baseline(tmp_path / "baseline.json") is None
    run = synthetic_run()
    write_baseline(tmp_path / "baseline.json", run)
    data = json.loads((tmp_path / "baseline.json").read_text())
    assert data["run_id"] == run.header.run_id
    for campaign, channels in data["cases"].items():
        for case, reached in channels["webchat"].items():
            held = [one for one in run.of(campaign) if one.case == case and one.status is not Status.INFRASTRUCTURE]
            assert reached == {"passed": sum(one.status is Status.PASSED for one in held), "held": len(held)}
        assert list(channels["webchat"]) == sorted(channels["webchat"])


def test_an_incomplete_run_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(GatesError, match="incompleta"):
        write_baseline(tmp_path / "baseline.json", build_run(_results("p"), planned=2))
    assert not (tmp_path / "baseline.json").exists()


ONE = "{campaign: a, channel: webchat}"
REFUSED = [
    ("gates: []", "gates"),
    ("gates: [{campaign: a, channel: webchat, minimum_resoled: 95}]", "gates.0.minimum_resoled"),
    ("gates: [{campaign: a, channel: webchat, minimum_resolved: 101}]", "gates.0.minimum_resolved"),
    ("gates: [{campaign: a, channel: webchat, maximum_wrong: '0'}]", "gates.0.maximum_wrong"),
    ("gates: [{campaign: a, channel: webchat, no_regression: 1}]", "gates.0.no_regression"),
    ("gates: [{channel: webchat}]", "gates.0.campaign"),
    (f"gates: [{ONE}, {ONE}]", "gates.1"),
    ("gates: [{campaign: a, campaign: b, channel: webchat}]", "campaign.*dos veces"),
    ("gates: [", "línea 1.*YAML"),
    ("", "registro"),
]


@pytest.mark.parametrize(("text", "field"), REFUSED)
def test_a_wrong_file_is_refused_by_file_and_field(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "gates.yml"
    path.write_text(text)
    with pytest.raises(GatesError, match=rf"gates\.yml.*{field}"):
        read_gates(path)


def test_a_damaged_baseline_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    for text in (
        "{",
        '{"run_id": "x"}',
        '{"run_id": "x", "cases": {"a": {"webchat": {"c": {"passed": -1, "held": 1}}}}}',
    ):
        path.write_text(text)
        with pytest.raises(GatesError, match=r"baseline\.json"):
            read_baseline(path)
    with pytest.raises(GatesError, match="no se puede leer"):
        read_gates(tmp_path / "none.yml")
