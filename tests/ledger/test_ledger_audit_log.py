"""The audit log: what is written, and that every way of tampering with it is found."""

import argparse
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from ledger_book import NOW
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from ledger import audit_command
from ledger.audit_log import AuditAction, AuditLog, Head, NewAuditEntry, Result
from ledger.vault import Vault

FOLIO = "VEN-20261015-0000001-5"


@pytest.fixture
def log(database: Engine, vault: Vault) -> AuditLog:
    return AuditLog(database, vault)


def line(number: int = 0, **changes: object) -> NewAuditEntry:
    values = {
        "at": NOW + timedelta(minutes=number), "actor": "eva", "role": "evaluador", "ip": "203.0.113.7",
        "action": AuditAction.RECORDING_HEARD, "campaign": "derechohabiente", "folio": FOLIO, **changes,
    }  # fmt: skip
    return NewAuditEntry.model_validate(values)


def behind(database: Engine, *statements: str) -> None:
    """Change the log as somebody can who owns the database: the triggers go first."""
    with closing(sqlite3.connect(str(database.url.database))) as connection:
        connection.execute("DROP TRIGGER IF EXISTS audit_log_no_update")
        connection.execute("DROP TRIGGER IF EXISTS audit_log_no_delete")
        for statement in statements:
            assert connection.execute(statement).rowcount, f"it changed nothing: {statement}"
        connection.commit()


def test_lines_are_numbered_chained_and_found(log: AuditLog) -> None:
    assert log.verify().problem is None
    log.append(line(1), line(2, actor="carla", campaign="cita_medica", folio=None))
    log.append(line(3, action=AuditAction.LOG_IN_REFUSED, campaign=None, folio=None, result=Result.REFUSED))
    newest, middle, oldest = log.entries()
    assert [one.seq for one in (oldest, middle, newest)] == [1, 2, 3]
    assert (oldest.at, oldest.ip, newest.result) == (NOW + timedelta(minutes=1), "203.0.113.7", "refused")
    assert log.entries(campaigns=["cita_medica"]) == [middle] and log.entries(folio=FOLIO) == [oldest]
    assert log.entries(before=3, most=1) == [middle] and log.entries(since=NOW + timedelta(minutes=3)) == [newest]
    assert log.entries(actor="carla") == log.entries(action="recording_heard", campaigns=["cita_medica"]) == [middle]
    assert (log.verify().lines, log.verify().problem) == (3, None)


def test_reasons_are_masked_and_unknown_fields_refused(log: AuditLog) -> None:
    log.append(line(reason="lo pidió el NSS 00058500018", object="x" * 1000))
    [kept] = log.entries()
    assert kept.reason == "lo pidió el NSS *******0018" and len(kept.object) == 300
    with pytest.raises(ValueError):
        line(text="hola")


def test_a_line_that_cannot_be_written_leaves_nothing_half_done(log: AuditLog, database: Engine) -> None:
    log.append(line())
    behind(database, "UPDATE audit_head SET seq = 0, hash = ''")
    with pytest.raises(IntegrityError):
        log.append(line(1), line(2))
    assert len(log.entries()) == 1


def test_the_database_itself_refuses_changes(log: AuditLog, database: Engine) -> None:
    log.append(line())
    for statement in ("UPDATE audit_log SET actor = 'nadie'", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_log SET actor = 'otra' WHERE seq = 2", "cambió el contenido de la línea 2"),
        ("UPDATE audit_log SET reason = 'otro' WHERE seq = 3", "cambió el contenido de la línea 3"),
        ("UPDATE audit_log SET at = 'ayer' WHERE seq = 1", "cambió el contenido de la línea 1"),
        ("DELETE FROM audit_log WHERE seq = 2", "falta la línea 2"),
        ("DELETE FROM audit_log WHERE seq = 1", "falta la línea 1"),
        ("DELETE FROM audit_log WHERE seq = 4", "falta el final desde la línea 4: debe haber 4"),
        ("UPDATE audit_log SET seq = 9 WHERE seq = 4", "falta la línea 4"),
        ("UPDATE audit_log SET hash = 'x' WHERE seq = 1", "cambió el contenido de la línea 1"),
        ("UPDATE audit_log SET prev_hash = 'x' WHERE seq = 3", "la línea 3 no sigue a la anterior"),
        ("UPDATE audit_head SET seq = 3", "sobran líneas después de la 3"),
        ("UPDATE audit_head SET seal = 'x'", "el sello no corresponde"),
        ("UPDATE audit_head SET seal = NULL", "el sello no corresponde"),
        ("DELETE FROM audit_head", "falta la cabeza de la bitácora"),
    ],
)
def test_whatever_is_changed_behind_its_back_is_found(
    log: AuditLog, database: Engine, statement: str, problem: str
) -> None:
    log.append(*(line(number) for number in range(4)))
    behind(database, statement)
    assert (log.verify().problem or "").startswith(problem)


def test_a_chain_that_was_computed_anew_lacks_the_seal(log: AuditLog, database: Engine) -> None:
    log.append(*(line(number) for number in range(3)))
    behind(database, "DELETE FROM audit_log WHERE seq = 3")
    behind(database, "UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_log WHERE seq = 2)")
    assert (log.verify().problem or "").startswith("el sello no corresponde")
    assert (AuditLog(database, Vault(Fernet.generate_key().decode())).verify().problem or "").endswith("clave es otra")


def test_an_exported_head_finds_what_was_rolled_back(log: AuditLog, database: Engine, tmp_path: Path) -> None:
    log.append(line(1))
    with closing(sqlite3.connect(str(database.url.database))) as now, closing(sqlite3.connect(tmp_path / "old")) as old:
        now.backup(old)
    log.append(line(2))
    head = log.head(NOW)
    assert log.verify(head).problem is None
    log.append(line(3))
    assert log.verify(head).problem is None, "it is still there, with more behind it"
    with closing(sqlite3.connect(str(database.url.database))) as now, closing(sqlite3.connect(tmp_path / "old")) as old:
        old.backup(now)
    assert log.verify().problem is None, "the old copy is whole in itself"
    assert log.verify(head).problem == "falta desde la línea 2: se exportó con 2"
    log.append(line(4))
    assert log.verify(head).problem == "la línea 2 no es la que estaba cuando se exportó la cabeza"
    forged = head.model_copy(update={"seq": 1})
    assert log.verify(forged).problem is not None


def test_many_writers_at_once_make_one_chain(log: AuditLog) -> None:
    def write(actor: str) -> None:
        for number in range(10):
            log.append(line(number, actor=actor))

    writers = [threading.Thread(target=write, args=(f"persona{number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert (log.verify().lines, log.verify().problem) == (40, None)


def test_the_last_word_says_whether_something_is_held(log: AuditLog) -> None:
    log.append(line(action=AuditAction.HELD, object=FOLIO, reason="juicio"))
    log.append(line(action=AuditAction.HELD, object="cita_medica/2026-10", reason="auditoría"))
    assert set(log.holds()) == {FOLIO, "cita_medica/2026-10"} and log.holds()[FOLIO].reason == "juicio"
    log.append(line(action=AuditAction.RELEASED, object=FOLIO))
    assert set(log.holds()) == {"cita_medica/2026-10"}


@pytest.fixture
def command(url: str, key: str) -> Callable[..., int]:
    def run(*words: str, url: str = url, key: str | None = key) -> int:
        parser = argparse.ArgumentParser()
        audit_command.add_arguments(parser)
        return audit_command.run(parser.parse_args(words), url, key)

    return run


def test_the_command(
    log: AuditLog, database: Engine, command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.append(line(1, reason="queja 12"), line(2, actor="carla"))
    assert command("verify") == 0 and capsys.readouterr().out == "Bitácora íntegra: 2 líneas revisadas.\n"
    assert command("list", "--folio", FOLIO, "--most", "5") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "eva (evaluador) recording_heard done" in first and "«queja 12»" in first and "carla" in second
    assert command("head") == 0
    exported = tmp_path / "head.json"
    exported.write_text(capsys.readouterr().out, encoding="utf-8")
    assert Head.model_validate_json(exported.read_text()).seq == 2
    assert datetime.fromisoformat(Head.model_validate_json(exported.read_text()).at.isoformat()).tzinfo is not None
    assert command("verify", "--head", str(exported)) == 0
    behind(database, "DELETE FROM audit_log WHERE seq = 1")
    capsys.readouterr()
    assert command("verify") == 1 and capsys.readouterr().out == "Bitácora alterada: falta la línea 1.\n"


def test_what_cannot_be_read_is_refused(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("verify", key=None) == command("verify", key="corta") == 2
    assert command("verify", url=f"sqlite:///{tmp_path / 'nada.db'}") == 2
    (tmp_path / "no.json").write_text("{}")
    assert command("verify", "--head", str(tmp_path / "no.json")) == 2
    assert "no es una cabeza" in capsys.readouterr().err
