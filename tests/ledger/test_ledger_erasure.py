"""Erasing an interaction: what goes, what stays, and that an erasure is told from a loss and from a change."""

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from ledger_book import NOW, SAID, Book
from sqlalchemy import select
from sqlalchemy.orm import Session

from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.message import Channel
from conversation.ports import NewEvent
from ledger.attachments import Attachment, AttachmentStore
from ledger.erasure import ErasedInteraction, ErasureOrder, NotErasable, erase_interaction, erased_folios
from ledger.recording_evidence import recording_findings
from ledger.schema import (
    EventRow,
    InteractionRow,
    WhatsAppInboxRow,
    WhatsAppOutboxRow,
    WhatsAppSessionRow,
    WhatsAppUserRow,
)
from ledger.settlement_source import closed_interactions
from ledger.verification import verify

LATER = NOW + timedelta(days=240)
ORDER = ErasureOrder("policy", "general", "a" * 64, "area_tecnica", "operacion_proveedor")


def erase(book: Book, folio: str, *recordings: str) -> ErasedInteraction:
    return erase_interaction(book.database, book.vault, folio, ORDER, LATER, recordings)


def talkative(book: Book) -> Conversation:
    """An interaction with personal data wherever they may be."""
    conversation = book.rich()
    conversation.facts = {"nss": "00058500018", "nss_found": True}
    more = [
        NewEvent(kind=EventKind.QUEUED, data={"reason": "user_request", "priority": False, "note": "habló Lucía"}),
        NewEvent(kind=EventKind.VOICEMAIL, data={"message_id": "2", "telephone": "******0001"}, secret="5500000001"),
        NewEvent(kind=EventKind.NOTE, data={"text": "vive en Puebla", "seconds": 3}),
    ]
    book.record.write(conversation, more, NOW)
    return conversation


def test_what_a_person_said_is_gone_and_what_happened_stays(book: Book) -> None:
    conversation = talkative(book)
    before = list(closed_interactions(book.database, None, None))
    done = erase(book, conversation.folio)
    assert (done.folio, done.campaign, done.originals) == (conversation.folio, "derechohabiente", 2)
    with Session(book.database) as session:
        row = session.scalars(select(InteractionRow)).one()
        events = list(session.scalars(select(EventRow).order_by(EventRow.position)))
        assert row.person_key is None and row.snapshot["origin"] == "203.0.113.*"
        assert all(event.secret is None for event in events)
        queued = next(event.data for event in events if event.kind == EventKind.QUEUED)
        assert queued == {"reason": "user_request", "priority": False}
        assert next(event.data for event in events if event.kind == EventKind.NOTE) == {"seconds": 3}
        assert {event.data["text"] for event in events if event.kind == EventKind.MESSAGE} == {"[borrado]"}
        told = events[-1].data
    assert told["authorised_by"] == "area_tecnica" and told["policy_sha256"] == "a" * 64
    assert {"2", "6"} <= set(told["remains"]) and "3" not in told["remains"], "messages, and no look-up"
    loaded = book.record.load(conversation.id)
    assert loaded is not None and loaded.facts == {} and loaded.survey == conversation.survey
    assert all(message.text == "[borrado]" for message in book.record.messages(conversation.id))
    masked = [{**one, "origin": "203.0.113.*"} for one in before]
    assert list(closed_interactions(book.database, None, None)) == masked, "the same is owed"


def test_nothing_of_it_is_left_in_the_file_after_a_vacuum(book: Book, tmp_path: Path) -> None:
    conversation = talkative(book)
    path = Path(str(book.database.url.database))
    with Session(book.database) as session:
        secrets = [one for one in session.scalars(select(EventRow.secret)) if one]
        facts = session.scalars(select(InteractionRow.facts)).one()
    erase(book, conversation.folio)
    book.database.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    assert len(secrets) == 2 and not any(one in content for one in (*secrets, facts))
    assert b"vive en Puebla" not in content and SAID.encode() not in content


def test_the_evidence_stays_whole_and_says_that_it_was_erased(book: Book) -> None:
    conversation, other = talkative(book), book.rich()
    events = verify(book.database, book.vault).events
    erase(book, conversation.folio)
    found = verify(book.database, book.vault)
    assert found.is_sound and found.events == events + 1
    assert erased_folios(book.database, [conversation.folio, other.folio]) == {conversation.folio}


def test_a_review_after_the_erasure_goes_on_in_the_same_chain(book: Book) -> None:
    conversation = talkative(book)
    erase(book, conversation.folio)
    loaded = book.record.load(conversation.id)
    assert loaded is not None
    book.record.write(loaded, [NewEvent(kind=EventKind.TYPIFIED, data={"note": "algo"})], LATER)
    assert book.findings() == []


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE events SET data = \'{"sender": "user", "text": "otra cosa"}\' WHERE position = 2',
        "UPDATE events SET secret = x'00' WHERE position = 2",
        "UPDATE events SET level = 'x' WHERE position = 6",
        "UPDATE events SET hash = 'x' WHERE position = 2",
        'UPDATE events SET data = \'{"service": "x"}\' WHERE position = 3',
        "DELETE FROM events WHERE position = 2",
        "DELETE FROM events WHERE kind = 'erased'",
        "UPDATE events SET data = '[]' WHERE kind = 'erased'",
        "UPDATE events SET data = '{\"remains\": 3}' WHERE kind = 'erased'",
        "UPDATE events SET kind = 'note' WHERE kind = 'erased'",
        "UPDATE interactions SET person_key = 'x'",
    ],
)
def test_a_change_after_the_erasure_is_still_found(book: Book, statement: str) -> None:
    erase(book, talkative(book).folio)
    book.tamper(statement)
    assert len(book.findings()) == 1


def test_nobody_hides_a_change_behind_an_erasure_of_his_own(book: Book) -> None:
    """Somebody without the key empties a message, adds an erasure that allows it, and computes the whole chain anew."""
    conversation = talkative(book)
    with book.behind() as connection:
        connection.execute('UPDATE events SET data = \'{"sender": "bot", "text": ""}\' WHERE position = 6')
        last = connection.execute("SELECT * FROM events ORDER BY position DESC LIMIT 1").fetchone()
        values = {**dict(last), "position": last["position"] + 1, "kind": "erased", "seq": last["seq"] + 1}
        values |= {"data": json.dumps({"remains": {"6": "x"}}), "secret": None, "source_id": None}
        places = ", ".join("?" for _ in values)
        connection.execute(f"INSERT INTO events ({', '.join(values)}) VALUES ({places})", [*values.values()])
    book.forge_chain(conversation)
    assert len(book.findings()) == 1


def test_what_is_open_unknown_erased_or_broken_stays(book: Book) -> None:
    folio = book.closed(state=State.BOT, closed_at=None).folio
    with pytest.raises(NotErasable, match="sigue abierta"):
        erase(book, folio)
    with pytest.raises(NotErasable, match="no existe"):
        erase(book, "VEN-20261015-0000099-1")
    done = talkative(book).folio
    erase(book, done)
    with pytest.raises(NotErasable, match="ya se había borrado"):
        erase(book, done)
    broken = book.rich()
    book.tamper(f"UPDATE events SET level = 'x' WHERE position = 2 AND conversation_id = '{broken.id}'")
    with pytest.raises(NotErasable, match="alterada"):
        erase(book, broken.folio)
    assert len(book.findings()) == 1


def test_files_that_were_sent_lose_their_names_and_are_handed_out_for_deletion(book: Book, tmp_path: Path) -> None:
    conversation = talkative(book)
    store = AttachmentStore(book.database, book.vault, tmp_path / "attachments")
    kept = store.keep(conversation.id, "receta de Lucía.pdf", b"%PDF-1.7 x", NOW)
    assert isinstance(kept, Attachment)
    assert erase(book, conversation.folio).attachments == (kept.id,)
    found = store.find(kept.id)
    assert found is not None and (found.name, found.sha256) == ("[borrado]", kept.sha256)


def test_whatsapp_keeps_neither_what_was_written_nor_whose_it_was(book: Book) -> None:
    conversation, other = talkative(book), book.closed(channel=Channel.WHATSAPP)
    locked = book.vault.lock({"type": "text", "content": {"body": "hola Lucía"}})
    with Session(book.database) as session, session.begin():
        session.add(WhatsAppUserRow(id=1, user_key="k", address=locked))
        session.flush()
        for one in (conversation, other):
            session.add(WhatsAppSessionRow(conversation_id=one.id, user_id=1, opened_at=NOW - timedelta(minutes=1)))
            values = {"template": False, "state": "delivered", "created_at": NOW, "changed_at": NOW}
            session.add(
                WhatsAppOutboxRow(source=one.id, user_id=1, conversation_id=one.id, content=locked, **values)
            )  # fmt: skip
        for number, at in enumerate((NOW, NOW + timedelta(days=1)), start=1):
            values = {"message_id": f"m{number}", "user_id": 1, "at": at, "content": locked, "state": "done"}
            session.add(WhatsAppInboxRow(**values))
    erase(book, conversation.folio)
    with Session(book.database) as session:
        assert session.scalars(select(WhatsAppSessionRow.conversation_id)).all() == [other.id]
        sent = {
            row.source: book.vault.open(row.content)["content"] for row in session.scalars(select(WhatsAppOutboxRow))
        }
        assert sent == {conversation.id: {}, other.id: {"body": "hola Lucía"}}
        received = [book.vault.open(row.content)["content"] for row in session.scalars(select(WhatsAppInboxRow))]
        assert received == [{}, {"body": "hola Lucía"}]


def test_a_lost_recording_is_told_from_an_erased_one(book: Book, tmp_path: Path) -> None:
    def recorded(content: bytes) -> tuple[str, Path]:
        conversation = book.closed(channel=Channel.VOICE)
        path = tmp_path / f"{conversation.folio}.vrec"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        data = {"file": path.name, "seconds": 1.0, "sha256": digest, "whole": True}
        book.record.write(conversation, [NewEvent(kind=EventKind.RECORDED, data=data)], NOW)
        return conversation.folio, path

    (whole, _), (lost, gone), (changed, other), (erased, deleted) = (recorded(bytes([n])) for n in range(4))
    never = book.closed(channel=Channel.VOICE)
    nothing = {"file": "", "seconds": 0.0, "sha256": "", "whole": False}
    book.record.write(never, [NewEvent(kind=EventKind.RECORDED, data=nothing)], NOW)
    gone.unlink()
    other.write_bytes(b"otra cosa")
    erase(book, erased)
    problems = {one.folio: one.problem for one in recording_findings(book.database, tmp_path)}
    assert problems == {
        lost: "falta la grabación, y nadie ordenó borrarla",
        changed: "la grabación cambió: su SHA-256 no es el de la evidencia",
        erased: "la grabación debía estar borrada y sigue ahí",
    }
    deleted.unlink()
    assert list(recording_findings(book.database, tmp_path, erased)) == []
    assert list(recording_findings(book.database, tmp_path, whole)) == []
