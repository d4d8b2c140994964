"""The copy of a conversation: its head and words, the download, and the mail through a real SMTP server."""

import email
import socket
import time
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from httpx import Response
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from web_entrance import KEY, Door

from ledger.database import open_database
from ledger.mail_outbox import DueMail, MailOutbox, MailState
from ledger.mail_schema import TranscriptMailRow
from ledger.vault import Vault
from server import lifetime
from server.settings import Settings

NSS = "00058500018"
PATIENCE_SECONDS = 30


class Mailbox:
    """A mail server that answers as the names of its mailboxes say."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.put_off = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nadie@"):
            return "550 5.1.1 no such user"
        if address.startswith("lleno@"):
            self.put_off += 1
            return "451 4.2.2 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


class Copying:
    """A citizen at the end of a conversation, with the server alive."""

    def __init__(self, folder: Path, port: int) -> None:
        mail = {"smtp_url": f"smtp://127.0.0.1:{port}", "smtp_from": "ventanilla@instituto.example"}
        self.door = Door(folder, **mail)
        self.outbox = MailOutbox(open_database(self.door.settings.database_url), Vault(KEY))
        self.opens()

    def opens(self) -> None:
        opened = self.door.client.post("/api/v1/campaigns/recepcion/conversations", json={}).json()
        self.id, self.folio = opened["conversation_id"], opened["folio"]
        self.path, self.headers = f"/api/v1/conversations/{self.id}", {"Authorization": f"Bearer {opened['token']}"}

    def says(self, text: str) -> None:
        self.door.client.post(f"{self.path}/messages", json={"text": text}, headers=self.headers)

    def asks_for(self, to: str) -> Response:
        path = f"{self.path}/transcript-mails"
        answer: Response = self.door.client.post(path, json={"to": to}, headers=self.headers)
        return answer

    def told(self, number: int, wanted: str) -> dict[str, Any]:
        """What is told once it has this state, or was put off."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            path = f"{self.path}/transcript-mails/{number}"
            told = dict(self.door.client.get(path, headers=self.headers).json())
            if told["state"] == wanted and (wanted != "queued" or "de nuevo" in told["detail"]):
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.05)


@pytest.fixture
def copying(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> Iterator[Copying]:
    copying = Copying(tmp_path, mailbox[1])
    with copying.door.client:
        yield copying


def test_the_copy_tells_who_when_and_how_long_and_masks(copying: Copying) -> None:
    copying.says(f"mi nss es {NSS}")
    copying.door.client.post(f"{copying.path}/close", headers=copying.headers)
    got = copying.door.client.get(f"{copying.path}/transcript.txt", headers=copying.headers)
    assert got.headers["content-disposition"] == f'attachment; filename="conversacion-{copying.folio}.txt"'
    head, _, said = got.text.partition("\r\n\r\n")
    for line in (
        f"Folio: {copying.folio}", f"Identificador: {copying.id}", "Canal: chat web", "Fecha: 15/10/2026",
        "Inicio: 15/10/2026 10:00", "Fin: 15/10/2026 10:0", "Duración: 00:00:", "Atendió: ", "Usuario: sin nombre",
        "Dirección de origen: ",
    ):  # fmt: skip
        assert line in head
    assert NSS not in got.text and "Usted: mi nss es *******0018" in said
    assert copying.door.client.get(f"{copying.path}/transcript.txt").status_code == 401


def test_a_mail_arrives_with_the_copy_and_its_address_is_forgotten(
    copying: Copying, mailbox: tuple[Mailbox, int]
) -> None:
    copying.says(f"mi nss es {NSS}")
    asked = copying.asks_for("lucia@correo.example")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert "Se envió." in copying.told(asked.json()["number"], "sent")["detail"]
    [message] = mailbox[0].received
    assert (message["To"], message["From"]) == ("lucia@correo.example", "ventanilla@instituto.example")
    assert copying.folio in message["Subject"]
    [copy] = message.iter_attachments()
    text = copy.get_content()
    assert f"Folio: {copying.folio}" in text and "*******0018" in text and NSS not in text
    with Session(open_database(copying.door.settings.database_url)) as session:
        assert session.scalars(select(TranscriptMailRow.address)).all() == [b""]


def test_a_refused_address_is_told(copying: Copying) -> None:
    told = copying.told(copying.asks_for("nadie@correo.example").json()["number"], "refused")
    assert told["detail"] == "El servidor de correo no aceptó esa dirección. Revísela, o guarde una copia aquí."


def test_what_is_put_off_is_tried_again_and_given_up_at_last(copying: Copying, mailbox: tuple[Mailbox, int]) -> None:
    number = copying.asks_for("lleno@correo.example").json()["number"]
    assert "lo intentaremos de nuevo" in copying.told(number, "queued")["detail"]
    assert mailbox[0].put_off == 1
    now = copying.door.settings.clock_start
    assert now is not None
    tries = 1
    while copying.outbox.state(copying.id, number) != (MailState.FAILED, tries):
        far = now.replace(year=2027 + tries)
        [due] = copying.outbox.take_due(far)
        assert copying.outbox.take_due(far) == [], "taken once"
        assert due.to == "lleno@correo.example"
        copying.outbox.put_off(due, far)
        tries += 1
        assert tries < 10
    assert "No fue posible enviar" in copying.told(number, "failed")["detail"]


def test_mails_go_on_after_the_database_was_busy(
    tmp_path: Path, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    take = MailOutbox.take_due

    def busy_at_first(self: MailOutbox, now: datetime) -> list[DueMail]:
        looks.append(len(looks))
        if len(looks) == 1:
            raise OperationalError("select", {}, Exception("database is locked"))
        return take(self, now)

    monkeypatch.setattr(MailOutbox, "take_due", busy_at_first)
    monkeypatch.setattr(lifetime, "RETRY_SECONDS", 0.05)
    copying = Copying(tmp_path, mailbox[1])
    with copying.door.client:
        copying.told(copying.asks_for("lucia@correo.example").json()["number"], "sent")
    assert len(mailbox[0].received) == 1 and len(looks) > 1


@pytest.mark.parametrize(
    "to",
    [
        "", "lucia", "lucia@correo", "a@b.example\nBcc: todos@correo.example", "a@b.example\r\nX: y",
        "a@b.example,c@d.example", "Lucía <a@b.example>", "lucía@correo.example", '"a b"@correo.example',
        "a@b.example\x00", "x" * 250 + "@b.example",
    ],
)  # fmt: skip
def test_nothing_but_one_plain_address_is_taken(copying: Copying, mailbox: tuple[Mailbox, int], to: str) -> None:
    assert copying.asks_for(to).status_code == 422
    assert copying.outbox.take_due(copying.door.settings.clock_start.replace(year=2030)) == []  # type: ignore[union-attr]


def test_a_few_mails_per_conversation_and_per_address(copying: Copying) -> None:
    for name in ("a", "b", "c"):
        assert copying.asks_for(f"{name}@correo.example").status_code == 202
    refused = copying.asks_for("d@correo.example")
    assert (refused.status_code, refused.json()["error"]) == (409, "too_many_mails")
    for _ in range(5):
        copying.opens()
        assert copying.asks_for("otra@correo.example").status_code == 202
    copying.opens()
    assert copying.asks_for("OTRA@correo.example").status_code == 409


def test_the_mail_of_another_conversation_is_not_told(copying: Copying) -> None:
    number = copying.asks_for("lucia@correo.example").json()["number"]
    copying.opens()
    path = f"{copying.path}/transcript-mails/{number}"
    assert copying.door.client.get(path, headers=copying.headers).status_code == 404


def test_without_a_mail_server_none_is_offered(tmp_path: Path) -> None:
    door = Door(tmp_path)
    assert "Enviar a mi correo" not in door.client.get("/chat/recepcion").text
    opened = door.client.post("/api/v1/campaigns/recepcion/conversations", json={}).json()
    path = f"/api/v1/conversations/{opened['conversation_id']}/transcript-mails"
    headers = {"Authorization": f"Bearer {opened['token']}"}
    assert door.client.post(path, json={"to": "a@b.example"}, headers=headers).status_code in (404, 405)


@pytest.mark.parametrize(
    "more",
    [{"smtp_url": "smtp://h"}, {"smtp_from": "a@b.example"}, {"smtp_url": "http://h", "smtp_from": "a@b.example"}],
)
def test_settings_of_mail_are_whole_or_refused(more: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="VENTANILLA_SMTP_URL"):
        Settings(ledger_key=KEY, session_secret="x" * 40, **more)
