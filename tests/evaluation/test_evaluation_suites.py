"""The suites against the running system: gates must hold; the harness must notice what is wrong and who is to blame."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from evaluation import command_line
from evaluation.plan import Options, plan
from evaluation.results import ConversationResult, Status, read_run
from evaluation.run import SystemUnderTest, hold
from evaluation.suite import SuiteError, read_suite
from evaluation.world import InfrastructureError, World
from ledger.database import open_database

ROOT = Path(__file__).resolve().parent.parent.parent
SUITES, GATES = ROOT / "evaluation" / "suites", ROOT / "evaluation" / "gates.yml"
LEAST_CASES = 150
Evaluate = Callable[..., int]


@pytest.fixture
def evaluate(system, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Evaluate:
    """`ventanilla evaluate` against the running system, its runs below the test's own folder."""
    monkeypatch.setenv("VENTANILLA_CONTROL_TOKEN", system.secrets["VENTANILLA_CONTROL_TOKEN"])

    def run(*words: object) -> int:
        parser = argparse.ArgumentParser()
        command_line.add_arguments(parser)
        common = ["--url", system.web, "--services-url", system.services, "--database-url", system.database_url]
        given = [*map(str, words), *common, *([] if "--resume" in words else ["--out", str(tmp_path)])]
        return command_line.run(parser.parse_args(given), ROOT)

    return run


@pytest.fixture
def under_test(system, world: World) -> SystemUnderTest:
    return SystemUnderTest(system.web, world, open_database(system.database_url))


def test_every_suite_holds_its_gates(evaluate: Evaluate, tmp_path: Path) -> None:
    status = evaluate(SUITES, "--gates", GATES, "--baseline", ROOT / "evaluation" / "baseline.json", "--id", "todo")
    found = read_run(tmp_path / "todo")
    problems = [f"{one.campaign}/{one.case} {one.status}: {one.problems}" for one in found.results if one.problems]
    assert status == 0, "\n".join(problems)
    assert found.is_complete and len({one.case for one in found.results if not one.variation}) >= LEAST_CASES
    covered = {
        campaign: {one for result in found.of(campaign) for one in result.covers} for campaign in found.campaigns()
    }
    for campaign, wanted in found.header.expected_coverage.items():
        topics_and_options = {one for one in wanted if not one.startswith("rule:")}
        assert topics_and_options - covered[campaign] == set(), campaign


WRONG = """
campaign: cita_medica
cases:
  - id: cree_que_no_agenda
    title: the expectations are wrong on purpose
    persona: P1
    steps:
      - say: "quiero cita con el medico familiar, mi nss es {nss} y naci el {fecha}"
      - say: "si"
    expect: {outcome: transferred, reason: user_request, backend: {cancelled: 1}, not_said: ["CMT-"]}
"""


def test_a_case_that_is_not_met_fails_says_why_and_pays_nothing(evaluate: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text(WRONG)
    assert evaluate(tmp_path / "wrong.yml", "--id", "mal") == 1
    (result,) = read_run(tmp_path / "mal").results
    told = "\n".join(result.problems)
    for reason in ("outcome is not transferred", "1 booked, expected 0", "0 cancelled, expected 1", "«CMT-» was said"):
        assert reason in told
    assert result.status is Status.FAILED and result.is_wrong and result.interaction
    assert result.interaction["questions"][0]["verdict"] != "correct"
    failures = etree.parse(tmp_path / "mal" / "junit.xml").findall(".//failure")
    assert len(failures) == 1 and "CMT-" in (failures[0].text or "")
    assert "cree_que_no_agenda" in (tmp_path / "mal" / "report.html").read_text()


SEEDED = """
campaign: derechohabiente
cases:
  - {id: meta, title: t, persona: P1, vary: [faltas, silencio], goal: {openings: ["quiero saber si sigo vigente",
     "dígame mi vigencia de derechos"]}, expect: {outcome: resolved, topic: vigencia_derechos}}
"""


def test_the_same_seed_holds_the_same_conversations(under_test: SystemUnderTest, tmp_path: Path) -> None:
    (tmp_path / "seeded.yml").write_text(SEEDED)

    def said(seed: int) -> list[tuple[str, tuple[str, ...]]]:
        results: list[ConversationResult] = []
        hold(plan([read_suite(tmp_path / "seeded.yml")], Options(seed=seed)), under_test, results.append, jobs=3)
        return sorted(
            (one.case, tuple(line.text for line in one.transcript if line.sender == "user")) for one in results
        )

    assert said(5) == said(5)
    assert said(5) != said(6)


def test_an_interrupted_run_is_finished_without_holding_anything_twice(evaluate: Evaluate, tmp_path: Path) -> None:
    suite = tmp_path / "seeded.yml"
    suite.write_text(SEEDED)
    assert evaluate(suite, "--id", "corte") == 0
    lines = (tmp_path / "corte" / "results.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "corte" / "results.jsonl").write_text(lines[0] + lines[1][:40])
    assert evaluate(suite, "--resume", tmp_path / "corte") == 0
    found = read_run(tmp_path / "corte")
    assert found.is_complete and len((tmp_path / "corte" / "results.jsonl").read_text().splitlines()) == 3
    assert found.results[0].model_dump_json() == lines[0].strip()


def test_a_system_that_is_down_is_told_apart_from_a_bot_that_fails(
    evaluate: Evaluate, system, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "seeded.yml").write_text(SEEDED)
    parser = argparse.ArgumentParser()
    command_line.add_arguments(parser)
    nobody = ["--url", "http://127.0.0.1:9", "--services-url", "http://127.0.0.1:9", "--out", str(tmp_path)]
    nobody += ["--database-url", system.database_url]
    assert command_line.run(parser.parse_args([str(tmp_path / "seeded.yml"), *nobody]), ROOT) == 2
    assert "no responde" in capsys.readouterr().err


def test_what_is_not_the_bots_fault_is_tried_once_more_and_not_judged(
    under_test: SystemUnderTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "seeded.yml").write_text(SEEDED)
    tries: list[str] = []

    def broken(self: World, folio: str | None = None) -> dict[str, object]:
        tries.append(folio or "")
        raise InfrastructureError("the sandbox fell over")

    monkeypatch.setattr(World, "appointments", broken)
    results: list[ConversationResult] = []
    hold(plan([read_suite(tmp_path / "seeded.yml")], Options(varied=False)), under_test, results.append)
    assert [one.status for one in results] == [Status.INFRASTRUCTURE] and results[0].interaction is None
    assert len(tries) == 2 and "fell over" in results[0].problems[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("campaign: x\ncases: []\n", "cases"),
        (
            "campaign: x\ncases:\n"
            "  - {id: uno, title: t, steps: [{say: a, digits: '1'}], expect: {outcome: resolved}}\n",
            "uno",
        ),
        ("campaign: x\ncases:\n  - {id: uno, title: t, steps: [{say: a}], expect: {outcome: bien}}\n", "outcome"),
        ("campaign: [x\n", "línea 2: no es YAML válido"),
        ("campaign: x\ncampaign: y\ncases: []\n", "«campaign» aparece dos veces"),
        ("campaign: x\ncases:\n  - {id: uno, title: t, steps: [{say: a, state: quued}], expect: {}}\n", "state"),
        ("campaign: x\ncases:\n  - {id: Uno, title: t, goal: {openings: [a]}, expect: {}}\n", "minúsculas"),
    ],
)
def test_bad_suites_are_refused_with_file_case_and_field(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(text)
    with pytest.raises(SuiteError, match=told) as refused:
        read_suite(path)
    assert "bad.yml" in str(refused.value)
