"""Files of citizens: known by their content, encrypted, named safely, once each."""

from datetime import datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from content.catalogue import Catalogue
from conversation.message import Channel
from ledger.attachments import MAX_BYTES, MAX_PER_CONVERSATION, Attachment, AttachmentStore, Refused
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault, VaultError

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.fromisoformat("2026-10-15T10:00:00-06:00")
PDF = b"%PDF-1.7\n" + b"\0" * 300


@pytest.fixture
def store(tmp_path: Path) -> AttachmentStore:
    url, vault = f"sqlite:///{tmp_path / 'ledger.db'}", Vault(Fernet.generate_key().decode())
    migrate(url)
    return AttachmentStore(open_database(url), vault, tmp_path / "attachments")


@pytest.fixture
def conversation(store: AttachmentStore) -> str:
    campaign = Catalogue(ROOT).get("recepcion")
    assert campaign is not None
    record = LedgerRecord(store._engine, store._vault)
    return record.open(campaign, Channel.WHATSAPP, "5215500000001", NOW, "hash").id


def kept(store: AttachmentStore, conversation: str, name: str, content: bytes) -> Attachment:
    found = store.keep(conversation, name, content, NOW)
    assert isinstance(found, Attachment), found
    return found


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mi alta.pdf", "mi alta.pdf"), ("../../etc/passwd", "passwd.pdf"), ("C:\\\\x\\\\y.PDF", "y.pdf"),
        ("foto.exe", "foto.exe.pdf"), ("", "archivo.pdf"), ("<script>.pdf", "script.pdf"),
        ("a" * 300, "a" * 100 + ".pdf"),
        ("...", "archivo.pdf"), ("constancia ñandú.pdf", "constancia ñandú.pdf"),
    ],
)  # fmt: skip
def test_a_name_is_for_display_and_ends_as_its_content_does(
    store: AttachmentStore, conversation: str, name: str, shown: str
) -> None:
    assert kept(store, conversation, name, PDF).name == shown


def test_what_is_kept_comes_back_and_is_unreadable_on_the_disk(
    store: AttachmentStore, conversation: str, tmp_path: Path
) -> None:
    attachment = kept(store, conversation, "alta.pdf", PDF)
    assert store.find(attachment.id) == attachment and store.content(attachment) == PDF
    (file,) = (tmp_path / "attachments").iterdir()
    assert PDF[:8] not in file.read_bytes() and "alta" not in file.name
    file.write_bytes(file.read_bytes()[:-4] + b"0000")
    with pytest.raises(VaultError):
        store.content(attachment)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"MZ" + b"\0" * 300, "Solo puedo guardar"), (b"#!/bin/sh\nrm -rf ~", "Solo puedo guardar"), (b"", "Solo"),
        (b"\x7fELF" + b"\0" * 300, "Solo puedo guardar"), (b"<html><script>", "Solo puedo guardar"),
        (b"PK\x03\x04" + b"\0" * 300, "Solo puedo guardar"), (PDF + b"\0" * MAX_BYTES, "más de 10 MB"),
    ],
)  # fmt: skip
def test_the_content_decides_what_may_be_kept(
    store: AttachmentStore, conversation: str, content: bytes, why: str
) -> None:
    refused = store.keep(conversation, "factura.pdf", content, NOW)
    assert isinstance(refused, Refused) and why in refused.reason
    assert store.of_conversation(conversation) == []


def test_the_same_file_is_kept_once_and_there_is_a_limit(store: AttachmentStore, conversation: str) -> None:
    first = kept(store, conversation, "uno.pdf", PDF)
    assert kept(store, conversation, "otra vez.pdf", PDF) == first
    for number in range(MAX_PER_CONVERSATION - 1):
        kept(store, conversation, "otro.pdf", PDF + bytes([number]))
    refused = store.keep(conversation, "sexto.pdf", PDF + b"sexto", NOW)
    assert isinstance(refused, Refused) and "máximo" in refused.reason
    assert len(store.of_conversation(conversation)) == MAX_PER_CONVERSATION
