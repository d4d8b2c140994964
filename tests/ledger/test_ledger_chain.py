"""The chain: its form, two writers at once, and databases that are older than it."""

import base64
import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.util import CommandError
from cryptography.fernet import Fernet
from ledger_book import NOW, Book, interaction_of
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from conversation.campaign import Campaign
from conversation.events import EventKind
from conversation.message import Channel
from conversation.ports import NewEvent
from ledger import chain
from ledger.database import as_of_now, downgrade, migrate, open_database
from ledger.periods import closed_in, month_bounds
from ledger.record import LedgerRecord
from ledger.services import AppointmentState, Interaction, ServiceLedger
from ledger.vault import Vault
from ledger.verification import seal_older, verify

EVENT = {
    "position": 2, "previous_hash": "ab" * 32, "conversation_id": "c-1", "folio": "VEN-20261015-0000001-5", "at": NOW,
    "kind": "message", "campaign": "derechohabiente", "channel": "webchat", "level": "user", "agent": None,
    "source_id": "m-1", "data": {"text": "¿Qué necesito?", "sender": "user"}, "secret": b"\x00\xff",
}  # fmt: skip
FIXED = base64.urlsafe_b64encode(bytes(range(32))).decode()
EACH = 12
"""Rows that each writer of the race appends."""


def test_the_form_of_a_hash_never_changes() -> None:
    """Another form would break every chain written before: this row must hash like this for ever."""
    assert chain.row_hash("events", EVENT) == "7c0f0e5cb8b2a4dfc1067ab518d90d9540cbc6c3458a51fbe7f29b3cadda4a98"


def test_the_form_of_keyed_hashes_never_changes() -> None:
    vault = Vault(FIXED)
    assert vault.mac("seal", "a") == "267ee8e8808fbff6c8f6c6b31df5c80baeda3227d377ee308907e9f8e46e5766"
    assert len({vault.mac(purpose, "a") for purpose in ("seal", "person", "sample")}) == 3, "each has its own key"
    assert Vault(Fernet.generate_key().decode()).mac("seal", "a") != vault.mac("seal", "a")


def test_a_moment_hashes_alike_in_every_zone() -> None:
    elsewhere = {**EVENT, "at": NOW.astimezone(timezone(timedelta(hours=9)))}
    as_stored = {**EVENT, "at": NOW.astimezone(UTC).isoformat(timespec="microseconds")}
    assert chain.row_hash("events", elsewhere) == chain.row_hash("events", EVENT) == chain.row_hash("events", as_stored)


def test_values_without_a_canonical_form_are_refused() -> None:
    with pytest.raises(TypeError, match="canonical"):
        chain.canonical({"x": object()})


# ------------------------------------------------------------------ several writers


def _write_as_web(url: str, key: str, conversation_id: str) -> None:
    record = LedgerRecord(open_database(url), Vault(key))
    conversation = record.load(conversation_id)
    assert conversation is not None
    for number in range(EACH):
        said = {"sender": "bot", "text": f"web {number}"}
        record.write(conversation, [NewEvent(kind=EventKind.MESSAGE, data=said)] * 2, NOW)


def _write_as_actions(url: str, interaction: Interaction) -> None:
    ledger = ServiceLedger(open_database(url))
    for number in range(EACH):
        ledger.lookup(interaction, NOW, {"number": number})
        ledger.appointment(interaction, NOW, "CMT-261015-00001-7", AppointmentState.REQUESTED)


def test_several_processes_append_to_one_chain(url: str, key: str, book: Book) -> None:
    conversation = book.record.open(book.campaign, Channel.WEBCHAT, "", NOW, "hash")
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        writers = [
            pool.submit(_write_as_web, url, key, conversation.id),
            pool.submit(_write_as_actions, url, interaction_of(conversation)),
            pool.submit(_write_as_actions, url, interaction_of(conversation)),
        ]
        for writer in writers:
            writer.result()
    found = verify(book.database, book.vault)
    assert found.is_sound and found.events == 6 * EACH


def test_a_reader_sees_one_moment(book: Book) -> None:
    conversation = book.record.open(book.campaign, Channel.WEBCHAT, "", NOW, "hash")
    with as_of_now(book.database) as session:
        count = text("SELECT count(*) FROM events")
        assert session.scalar(count) == 0
        book.record.write(conversation, [NewEvent(kind=EventKind.OPENED)], NOW)
        assert session.scalar(count) == 0
    with as_of_now(book.database) as session:
        assert session.scalar(count) == 1


def test_statements_suit_postgresql() -> None:
    dialect = postgresql.dialect()
    locking = chain.locking("c-1").returning(chain.InteractionRow)
    assert "RETURNING" in str(locking.compile(dialect=dialect))
    chosen = closed_in("2026-10", "cita_medica", Channel.WEBCHAT).compile(dialect=dialect)
    assert "->>" in str(chosen) and "opened_at >=" in str(chosen)


def test_bounds_of_months_are_the_centres() -> None:
    start, end = month_bounds("2026-12")
    assert (start, end) == (datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2027, 1, 1, 6, tzinfo=UTC))
    with pytest.raises(ValueError):
        month_bounds("2026-13")


# ------------------------------------------------------------------ older databases


FIRST_SCHEMA = """
INSERT INTO interactions VALUES (:id, :folio, 'cita_medica', 'closed', NULL, :at, :at, 'h',
    '{"state": "closed"}', x'00');
INSERT INTO events SELECT NULL, :id, :folio, '2026-10-15T15:0' || minute || ':00.000000+00:00', 'message',
    'cita_medica', 'webchat', 'bot', NULL, NULL, '{"text": "Ñandú", "sender": "bot"}', x'ff'
    FROM (SELECT 5 AS minute UNION ALL SELECT 1 UNION ALL SELECT 9);
INSERT INTO appointment_events VALUES (NULL, 'CMT-261015-00001-7', NULL, :folio, :id, 'cita_medica', 'AGENDADA', 'bot',
    'no_humano', 'webchat', '2026-10-15T15:06:00.000000+00:00', NULL, NULL, NULL);
"""
"""One interaction as the first schema kept it; the clock was set back between two of its events."""


@pytest.fixture
def older(tmp_path: Path) -> str:
    """A database of the first schema with two interactions."""
    url = f"sqlite:///{tmp_path / 'older.db'}"
    migrate(url, "0001")
    with closing(sqlite3.connect(tmp_path / "older.db")) as connection:
        for number, folio in enumerate(("VEN-20261015-0000001-5", "VEN-20261015-0000002-3"), start=1):
            values = {"id": f"c-{number}", "folio": folio, "at": "2026-10-15T15:00:00.000000+00:00"}
            for statement in FIRST_SCHEMA.split(";\n")[:-1]:
                connection.execute(statement, values)
        connection.execute("INSERT INTO folio_serials VALUES ('VEN', '2026-10-15', 2)")
        connection.commit()
    return url


def test_an_older_database_is_chained_and_then_sealed(older: str, vault: Vault) -> None:
    migrate(older)
    database = open_database(older)
    found = verify(database, vault)
    assert (found.interactions, found.events, found.bad_seals) == (2, 8, 0)
    assert all("no tiene sello" in finding.problem for finding in found.findings) and len(found.findings) == 2 + 2
    assert seal_older(database, vault) == (2, ())
    assert verify(database, vault).is_sound


def test_an_older_database_is_still_guarded_before_it_is_sealed(older: str, vault: Vault) -> None:
    migrate(older)
    database = open_database(older)
    with database.begin() as connection:
        connection.execute(text("UPDATE events SET data = '{}' WHERE seq = 2"))
    sealed, [finding] = seal_older(database, vault)
    assert sealed == 1 and finding.folio == "VEN-20261015-0000001-5" and finding.position == 2


def test_going_back_loses_only_what_is_new(older: str, vault: Vault) -> None:
    database = open_database(older)
    with database.connect() as connection:
        before = [list(connection.execute(text(f"SELECT * FROM {name}"))) for name in ("interactions", "events")]
    migrate(older)
    downgrade(older, "0001")
    with database.connect() as connection:
        after = [list(connection.execute(text(f"SELECT * FROM {name}"))) for name in ("interactions", "events")]
        assert before == after
    migrate(older)
    assert seal_older(database, vault) == (2, ())


def test_an_unknown_revision_is_refused(url: str) -> None:
    with pytest.raises(CommandError):
        downgrade(url, "0000")


def test_a_new_interaction_in_a_migrated_database(older: str, vault: Vault, campaign: Campaign) -> None:
    migrate(older)
    book = Book(open_database(older), campaign, vault)
    seal_older(book.database, vault)
    assert book.closed().folio.startswith("VEN-20261015-0000003-") and book.findings() == []
