"""Runs on disk: planned in a fixed order, resumed where they were cut off, never mixed with other suites."""

import json
from pathlib import Path

import pytest
from synthetic_run import synthetic_run

from content.catalogue import Catalogue
from evaluation.plan import Options, coverage_of, plan
from evaluation.results import RESULTS, ConversationResult, Line, RunError, Status, append_result, read_run
from evaluation.session import Session, begin, resume
from evaluation.suite import Suite, SuiteError, find_suites, json_schema, read_suite
from evaluation.variation import Variation

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
campaign: recepcion
vary: [chat, pide_persona]
cases:
  - {id: uno, title: t, steps: [{say: hola}], expect: {outcome: resolved}}
  - {id: dos, title: t, goal: {openings: [hola]}, vary: [faltas], expect: {outcome: resolved}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    suite = tmp_path / "suite.yml"
    suite.write_text(SUITE)
    return suite


def started(path: Path, folder: Path, suite: Suite, options: Options = Options()) -> Session:
    catalogue = Catalogue(ROOT)
    coverage = {"recepcion": coverage_of(catalogue, "recepcion")}
    return begin(folder, plan([suite], options), options, [path], ROOT, coverage, catalogue)


def result_of(session: Session, position: int, status: Status = Status.PASSED) -> ConversationResult:
    planned, (template, *_) = session.left[position], synthetic_run().results
    return template.model_copy(
        update={"campaign": planned.campaign, "channel": planned.channel, "case": planned.case_id,
                "repetition": planned.repetition, "status": status}
    )  # fmt: skip


def test_every_case_plain_and_varied_as_often_as_asked(path: Path) -> None:
    planned = plan([read_suite(path)], Options(repetitions=2))
    once = ["uno", "uno~chat", "dos", "dos~faltas", "dos~chat", "dos~pide_persona"]
    assert [one.case_id for one in planned] == once * 2
    assert [one.case_id for one in plan([read_suite(path)], Options(varied=False))] == ["uno", "dos"]
    assert [one.case_id for one in plan([read_suite(path)], Options(only="s~chat"))] == ["dos~chat"]


def test_the_dice_depend_on_seed_case_and_repetition_only(path: Path) -> None:
    first, again = plan([read_suite(path)], Options(seed=7)), plan([read_suite(path)], Options(seed=7))
    assert [one.chance().random() for one in first] == [one.chance().random() for one in again]
    other = plan([read_suite(path)], Options(seed=8))
    assert first[0].chance().random() != other[0].chance().random()


def test_a_run_that_was_cut_off_goes_on_with_what_is_left(path: Path, tmp_path: Path) -> None:
    suite = read_suite(path)
    session = started(path, tmp_path / "runs", suite, Options(seed=3))
    for position in range(2):
        append_result(session.folder, result_of(session, position))
    append_result(session.folder, result_of(session, 2, Status.INFRASTRUCTURE))
    with (session.folder / RESULTS).open("a") as lines:
        lines.write('{"campaign": "recep')  # the kill came in the middle of a line
    again = resume(session.folder, [suite], [path], ROOT)
    assert again.kept == 2 and [one.case_id for one in again.left] == [
        "dos",
        "dos~faltas",
        "dos~chat",
        "dos~pide_persona",
    ]
    assert all(one.seed == 3 for one in again.left)
    append_result(session.folder, result_of(session, 2))
    assert {one.case: one.status for one in read_run(session.folder).results}["dos"] == Status.PASSED


def test_a_run_cut_off_in_the_middle_of_a_letter_goes_on(path: Path, tmp_path: Path) -> None:
    suite = read_suite(path)
    session = started(path, tmp_path / "runs", suite)
    said = (Line(sender="user", text="línea\u2028y otra\u0085más"),)
    append_result(session.folder, result_of(session, 0).model_copy(update={"transcript": said}))
    with (session.folder / RESULTS).open("ab") as lines:
        lines.write(b'{"campaign": "recepci' + "ó".encode()[:1])
    again = resume(session.folder, [suite], [path], ROOT)
    assert again.kept == 1
    append_result(session.folder, result_of(session, 1))
    kept = read_run(session.folder).results
    assert len(kept) == 2 and kept[0].transcript == said


def test_changed_suites_are_not_mixed_into_an_old_run(path: Path, tmp_path: Path) -> None:
    session = started(path, tmp_path / "runs", read_suite(path))
    path.write_text(SUITE.replace("hola", "adiós"))
    with pytest.raises(RunError, match="cambiaron"):
        resume(session.folder, [read_suite(path)], [path], ROOT)


def test_a_damaged_run_is_refused_with_file_and_line(path: Path, tmp_path: Path) -> None:
    session = started(path, tmp_path / "runs", read_suite(path))
    (session.folder / RESULTS).write_text('{"campaign": 1}\n')
    with pytest.raises(RunError, match=r"results\.jsonl, línea 1"):
        read_run(session.folder)
    with pytest.raises(RunError, match="¿Es la carpeta de una corrida"):
        read_run(tmp_path)


def test_a_run_keeps_its_name_to_itself(path: Path, tmp_path: Path) -> None:
    catalogue, suite = Catalogue(ROOT), read_suite(path)
    for expected in (None, RunError):
        arguments = (tmp_path, plan([suite], Options()), Options(), [path], ROOT, {}, catalogue, "mi-corrida")
        if expected is None:
            assert begin(*arguments).folder.name == "mi-corrida"
        else:
            with pytest.raises(expected, match="ya hay una corrida"):
                begin(*arguments)


def test_conduct_needs_a_goal_and_a_case_needs_one_of_both(path: Path) -> None:
    for wrong, told in (
        ("{id: x, title: t, steps: [{say: a}], vary: [silencio], expect: {outcome: resolved}}", "con goal"),
        ("{id: x, title: t, expect: {outcome: resolved}}", "lleva steps o goal"),
        ("{id: x, title: t, steps: [{say: a}], vary: [gritos], expect: {outcome: resolved}}", "vary"),
    ):
        path.write_text(f"campaign: recepcion\ncases:\n  - {wrong}\n")
        with pytest.raises(SuiteError, match=told) as refused:
            read_suite(path)
        assert "suite.yml" in str(refused.value) and "«x»" in str(refused.value)


def test_everything_that_is_wrong_with_a_suite_is_told_at_once(path: Path) -> None:
    path.write_text("campaign: x\ncases:\n  - {id: uno, title: t, steps: [{}], expect: {outcome: bien}}\n")
    with pytest.raises(SuiteError) as refused:
        read_suite(path)
    places = [line.split(": ")[0].split(", ")[1] for line in str(refused.value).splitlines()]
    assert places == ["caso «uno» > steps > 0", "caso «uno» > expect > outcome"]
    path.write_bytes(b"campaign: \xff")
    with pytest.raises(SuiteError, match=r"suite\.yml"):
        read_suite(path)


def test_the_schema_for_editors_is_the_format() -> None:
    kept = json.loads((ROOT / "evaluation" / "suites" / "suite.schema.json").read_text())
    assert kept == json_schema(), "write it anew: evaluation.suite.json_schema"


def test_the_suites_cover_every_topic_and_menu_option() -> None:
    """What the cases declare; what a run really went through stands in its report."""
    suites = [read_suite(path) for path in find_suites([ROOT / "evaluation" / "suites"])]
    assert sum(len(suite.cases) for suite in suites) >= 150
    assert {one for suite in suites for case in suite.cases for one in suite.variations(case)} == set(Variation)
