"""`ventanilla ledger`: what it says and its exit status."""

import argparse
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from ledger_book import NOW, Book

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import Channel
from conversation.ports import NewEvent
from ledger import command_line
from ledger.database import migrate
from server.command_line import main

Command = Callable[..., int]


@pytest.fixture
def command(url: str, key: str) -> Command:
    """Runs it as `ventanilla` does."""

    def run(*words: str, url: str = url, key: str | None = key) -> int:
        parser = argparse.ArgumentParser()
        command_line.add_arguments(parser)
        return command_line.run(parser.parse_args(words), url, key)

    return run


def test_a_sound_ledger(book: Book, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    folio = book.rich().folio
    for words in ([], ["--folio", folio], ["--month", "2026-10"]):
        assert command("verify", *words) == 0
        assert capsys.readouterr().out == "Evidencia íntegra: 1 interacciones y 8 eventos revisados.\n"


def test_an_empty_ledger_is_sound(command: Command) -> None:
    assert command("verify") == 0


def test_what_is_broken_is_named(book: Book, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    folio = book.rich().folio
    book.closed()
    book.tamper('UPDATE events SET data = \'{"text": "su nss es 00058500018"}\' WHERE position = 6')
    assert command("verify") == 1
    said = capsys.readouterr().out
    assert f"{folio}: cambió el contenido del evento 6 (message)." in said and "00058500018" not in said
    assert "Evidencia alterada en 1 casos: 2 interacciones" in said
    assert command("verify", "--folio", folio) == 1 and command("verify", "--month", "2026-11") == 0


def test_recordings_are_compared_when_their_folder_is_named(
    book: Book, command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation = book.closed()
    noted = {"file": "x.vrec", "seconds": 1.0, "sha256": "0" * 64, "whole": True}
    book.record.write(conversation, [NewEvent(kind=EventKind.RECORDED, data=noted)], NOW)
    assert command("verify") == 0 and command("verify", "--recordings", str(tmp_path)) == 1
    assert f"{conversation.folio}: falta la grabación, y nadie ordenó borrarla." in capsys.readouterr().out
    assert command("verify", "--recordings", str(tmp_path), "--month", "2026-09") == 0
    capsys.readouterr()
    assert command("verify", "--recordings", str(tmp_path / "otra")) == 2
    assert str(tmp_path / "otra") in capsys.readouterr().err, "a wrong folder is no lost recording"
    book.tamper("UPDATE events SET data = '{no es json' WHERE kind = 'recorded'")
    assert command("verify", "--recordings", str(tmp_path)) == 1
    assert "cambió el contenido del evento 4 (recorded)" in capsys.readouterr().out


def test_a_long_list_is_cut(
    book: Book, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "MOST_LINES", 2)
    for _ in range(3):
        book.closed()
    book.tamper("UPDATE events SET level = 'x'")
    assert command("verify") == 1
    assert "… y 1 más." in capsys.readouterr().out


def test_another_key_is_suspected(book: Book, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    book.closed()
    book.closed()
    assert command("verify", key=Fernet.generate_key().decode()) == 1
    assert "¿es VENTANILLA_LEDGER_KEY la clave" in capsys.readouterr().out


@pytest.mark.parametrize("folio", ["VEN-20261015-0000009-9", "otro", ""])
def test_a_folio_that_was_never_given_out(
    book: Book, command: Command, folio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book.closed()
    assert command("verify", "--folio", folio or "VEN-") == 2
    assert "No existe el folio" in capsys.readouterr().err


def test_what_cannot_be_read_is_refused(command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing, garbage, older = (tmp_path / name for name in ("nada.db", "basura.db", "viejo.db"))
    garbage.write_bytes(b"esto no es una base de datos" * 100)
    migrate(f"sqlite:///{older}", "0001")
    for path in (missing, garbage, older):
        assert command("verify", url=f"sqlite:///{path}") == 2
        assert "VENTANILLA_DATABASE_URL" in capsys.readouterr().err
    assert command("verify", url="esto no es una dirección") == 2
    assert not missing.exists(), "nothing was made"


@pytest.mark.parametrize("key", [None, "corta"])
def test_without_the_key_nothing_is_called_sound(
    command: Command, key: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("verify", key=key) == 2
    assert "VENTANILLA_LEDGER_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["verify", "--month", "octubre"], ["verify", "--month", "2026-13"], ["otra"]])
def test_bad_arguments_are_refused(command: Command, words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command(*words)
    assert stopped.value.code == 2


def test_sealing_what_is_older(book: Book, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    book.closed()
    broken = book.closed(opened=NOW)
    book.tamper(
        "UPDATE interactions SET seal = NULL, sealed_length = 0",
        f"UPDATE events SET level = 'x' WHERE conversation_id = '{broken.id}'",
    )
    assert command("seal") == 1
    said = capsys.readouterr().out
    assert "Interacciones selladas: 1." in said and f"{broken.folio}: no se selló: cambió el contenido" in said
    assert command("verify") == 1
    book.tamper(f"UPDATE events SET level = 'bot' WHERE conversation_id = '{broken.id}'")
    assert command("seal") == 0 and command("verify") == 0


def test_the_command_of_the_installation(
    book: Book, url: str, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book.closed()
    monkeypatch.setenv("VENTANILLA_DATABASE_URL", url)
    monkeypatch.setenv("VENTANILLA_LEDGER_KEY", key)
    assert main(["ledger", "verify", "--month", "2026-10"]) == 0
    assert "Evidencia íntegra: 1 interacciones" in capsys.readouterr().out


def test_recontacts_of_a_month(book: Book, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    book.rich()
    book.closed()
    assert command("recontacts", "--month", "2026-10") == 0
    said = capsys.readouterr().out.splitlines()
    assert "24 h" in said[0] and len(said) > 1 and "%" not in said[1]
    for _ in range(10):
        book.closed()
    assert command("recontacts", "--month", "2026-10") == 0
    [topic] = [line for line in capsys.readouterr().out.splitlines() if "vigencia_derechos" in line]
    assert " ".join(topic.split()) == "vigencia_derechos 11 10 (90.9 %) 10 (90.9 %) 11 (100.0 %) 0"
    assert command("recontacts", "--month", "2026-09") == 0
    assert "No hay interacciones cerradas con tema en 2026-09." in capsys.readouterr().out


def test_phases_of_the_calls_of_a_month(book: Book, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for seconds in (50, 50):
        call = book.record.open(book.campaign, Channel.VOICE, "5512345678", NOW, "hash")
        book.record.write(call, [NewEvent(kind=EventKind.OPENED)], NOW)
        said = NewEvent(kind=EventKind.MESSAGE, data={"sender": "user", "text": "mi vigencia"})
        book.record.write(call, [said], NOW + timedelta(seconds=5))
        call.state, call.closed_at = State.CLOSED, NOW + timedelta(seconds=seconds)
        book.record.write(call, [NewEvent(kind=EventKind.CLOSED)], call.closed_at)
    book.closed()
    assert command("phases", "--month", "2026-10") == 0
    heading, row = (" ".join(line.split()) for line in capsys.readouterr().out.splitlines())
    assert heading == "campaña llamadas bienvenida eleccion atencion espera encuesta total minutos"
    assert row == "derechohabiente 2 0:10 0:00 1:30 0:00 0:00 1:40 1", "seconds add up, calls do not"
    assert command("phases", "--month", "2026-09") == 0
    assert "No hay llamadas cerradas en 2026-09." in capsys.readouterr().out
