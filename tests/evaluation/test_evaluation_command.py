"""`ventanilla evaluate` where nothing runs: what it refuses, and what it says when it is interrupted."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from synthetic_run import build_result, build_run

from evaluation import command_line, run
from evaluation.citizen import Transcript
from evaluation.gates import write_baseline
from evaluation.plan import VOICE, Options, plan
from evaluation.results import HEADER, Run, RunHeader, Status, append_result, read_run
from evaluation.run import SystemUnderTest, evaluate
from evaluation.session import Session
from evaluation.suite import read_suite
from evaluation.voice_citizen import Held
from evaluation.world import World
from ledger.database import migrate

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "http://127.0.0.1:9"
SUITE = """
campaign: recepcion
cases:
  - {id: uno, title: t, steps: [{say: hola}], expect: {outcome: resolved}}
"""
Command = Callable[..., int]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.yml"
    path.write_text(SUITE)
    return path


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs it with an empty ledger and no system."""
    monkeypatch.setenv("VENTANILLA_CONTROL_TOKEN", "x")
    migrate(f"sqlite:///{tmp_path / 'ledger.db'}")
    common = ["--url", NOWHERE, "--services-url", NOWHERE, "--out", str(tmp_path / "runs")]
    common += ["--database-url", f"sqlite:///{tmp_path / 'ledger.db'}"]

    def carry_out(*words: object) -> int:
        parser = argparse.ArgumentParser()
        command_line.add_arguments(parser)
        return command_line.run(parser.parse_args([*common, *map(str, words)]), ROOT)

    return carry_out


def test_what_cannot_be_used_is_refused_in_words(
    command: Command, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "policy.yml"
    binary.write_bytes(b"\xff")
    other = tmp_path / "otra.yml"
    other.write_text(SUITE.replace("recepcion", "recepsion"))
    for words, told in (
        ((suite, "--database-url", f"sqlite:///{tmp_path / 'nada.db'}"), "No hay un libro de registro"),
        ((suite, "--database-url", "esto no es una dirección"), "No se pudo leer el libro de registro"),
        ((suite, "--policy", binary), "no está en UTF-8"),
        ((other,), "no hay un asistente «recepsion»"),
        ((suite, "--resume", tmp_path), "¿Es la carpeta de una corrida"),
        ((suite, "--case", "dos"), "Ningún caso"),
        ((suite,), "no responde"),
    ):
        assert command(*words) == 2, told
        assert told in capsys.readouterr().err
    assert not (tmp_path / "nada.db").exists(), "nothing was made of a wrong path"


def test_whoever_interrupts_a_run_is_told_how_to_finish_it(
    command: Command, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(session: Session, *_: object) -> None:
        append_result(session.folder, build_result(campaign="recepcion", case="uno"))
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "hold", interrupted)
    assert command(suite, "--id", "corte") == 130
    folder = tmp_path / "runs" / "corte"
    told = f"se conservan 1 conversaciones. Termínela con «ventanilla evaluate {suite} --resume {folder}»."
    assert told in capsys.readouterr().err


def test_the_baseline_beside_the_gates_is_the_one_compared_with(
    command: Command, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gates that ask for no regression hold without a second option, as README.md has it."""
    passing = build_run([build_result(campaign="recepcion", case="uno")])
    write_baseline(tmp_path / "baseline.json", passing)
    gates = tmp_path / "gates.yml"
    gates.write_text("gates: [{campaign: recepcion, channel: webchat, no_regression: true}]")
    for status, expected in ((Status.PASSED, 0), (Status.FAILED, 1)):
        found = build_run([build_result(campaign="recepcion", case="uno", status=status)])

        def held(session: Session, *_: object, found: Run = found) -> None:
            append_result(session.folder, found.results[0])

        monkeypatch.setattr(Session, "hold", held)
        assert command(suite, "--gates", gates, "--id", f"c{expected}") == expected


def test_a_run_of_calls_that_was_interrupted_goes_on_as_calls(
    command: Command, suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENTANILLA_VOICE_KEY", "x")
    systems: list[SystemUnderTest] = []

    def interrupted(session: Session, system: SystemUnderTest, *_: object) -> None:
        systems.append(system)
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "hold", interrupted)
    assert command(suite, "--id", "llamadas", "--channel", VOICE) == 130
    assert RunHeader.model_validate_json((tmp_path / "runs/llamadas" / HEADER).read_text()).channel == VOICE
    assert command(suite, "--resume", tmp_path / "runs" / "llamadas") == 130
    assert len(systems) == 2 and all(one.exchange is not None for one in systems)
    assert read_run(tmp_path / "runs" / "llamadas").results == ()


def test_a_ledger_that_cannot_be_read_is_no_failure_of_the_bot(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_chatted", lambda *_: Held(Transcript("c", "VEN-1"), {}, {}))
    [planned] = plan([read_suite(suite)], Options())
    empty = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    result = evaluate(planned, SystemUnderTest(NOWHERE, World(NOWHERE, NOWHERE, "x"), empty))
    assert result.status is Status.INFRASTRUCTURE and "ledger cannot be read" in result.problems[0]
