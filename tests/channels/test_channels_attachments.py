"""Files between citizen and person, through the real application: kinds by content, tokens, downloads, limits."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from web_entrance import Door

from channels.attachments import FORM_BYTES
from ledger.attachments import MAX_BYTES

PDF = b"%PDF-1.7\n" + b"\0" * 300
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 300
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def package(*parts: str) -> bytes:
    """A zip with these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for part in parts:
            made.writestr(part, "x")
    return file.getvalue()


def ole(*streams: str) -> bytes:
    """The head and the directory names of a compound file."""
    return OLE + b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in streams)


WORD = package("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "x.xml", "word/document.xml")
EXCEL = package("[Content_Types].xml", "xl/workbook.xml")


class Sender:
    """A citizen who sends files."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.door = Door(folder, messages_per_ten_seconds=1000, **more)
        self.client: TestClient = self.door.client
        self.path, self.headers = self.opens()

    def opens(self) -> tuple[str, dict[str, str]]:
        opened = self.client.post("/api/v1/campaigns/recepcion/conversations", json={}).json()
        return f"/api/v1/conversations/{opened['conversation_id']}", {"Authorization": f"Bearer {opened['token']}"}

    def sends(self, name: str, content: bytes, **data: str) -> Response:
        answer: Response = self.client.post(
            f"{self.path}/attachments", files={"file": (name, content, "application/octet-stream")}, data=data,
            headers=self.headers,
        )  # fmt: skip
        return answer

    def transcript(self) -> list[dict[str, Any]]:
        return list(self.client.get(self.path, headers=self.headers).json()["messages"])


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def test_a_file_stands_in_the_transcript_and_the_bot_says_that_it_cannot_read_it(sender: Sender) -> None:
    answer = sender.sends("mi alta.pdf", PDF)
    assert answer.status_code == 200, answer.text
    sent, told = answer.json()["messages"]
    assert (sent["sender"], sent["text"], sent["document"]["title"]) == ("user", "Archivo: mi alta.pdf", "mi alta.pdf")
    assert "El asistente no puede leer archivos; lo verá la persona que le atienda." in told["text"]
    assert sender.transcript()[-2:] == [sent, told]
    got = sender.client.get(sent["document"]["url"], headers=sender.headers)
    assert got.content == PDF
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''mi%20alta.pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-type"] == "application/pdf"


def test_without_the_token_nothing_is_taken_and_nothing_given(sender: Sender) -> None:
    url = sender.sends("alta.pdf", PDF).json()["messages"][0]["document"]["url"]
    other_path, other_headers = sender.opens()
    for headers in ({}, other_headers):
        assert sender.client.get(url, headers=headers).status_code == 401
        refused = sender.client.post(f"{sender.path}/attachments", files={"file": ("a.pdf", PDF)}, headers=headers)
        assert refused.status_code == 401
    foreign = f"{other_path}/attachments/{url.rsplit('/', 1)[-1]}"
    assert sender.client.get(foreign, headers=other_headers).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("foto.PNG", PNG, "foto.png"), ("oficio.docx", WORD, "oficio.docx"), ("lista.xlsx", EXCEL, "lista.xlsx"),
        ("../../x/oficio.doc", ole("WordDocument"), "oficio.doc"), ("libro.xls", ole("Workbook"), "libro.xls"),
        ("engaño.exe", PDF, "engaño.exe.pdf"),
    ],
)  # fmt: skip
def test_documents_and_photographs_are_taken_by_their_content(
    sender: Sender, name: str, content: bytes, shown: str
) -> None:
    answer = sender.sends(name, content)
    assert answer.status_code == 200, answer.text
    assert answer.json()["messages"][0]["document"]["title"] == shown


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\0" + b"\0" * 300, b"\x7fELF" + b"\0" * 300, b"#!/bin/sh\necho", b"<html><script>", b"",
        package("a.txt"), package("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        package("[Content_Types].xml", "word/document.xml", "word/embeddings/x.exe"), WORD[:-30],
        package("META-INF/MANIFEST.MF", "A.class"), ole("SummaryInformation"), ole("WordDocument", "Macros"),
        b"OggS" + b"\0" * 300, b"GIF89a" + b"\0" * 300,
    ],
)  # fmt: skip
def test_programs_macros_and_other_kinds_are_refused_whatever_their_name(sender: Sender, content: bytes) -> None:
    answer = sender.sends("factura.pdf", content)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Solo puedo guardar fotos, PDF y documentos de Office sin macros."
    assert all(message["document"] is None for message in sender.transcript())


def test_size_and_number_are_limited(sender: Sender) -> None:
    big = sender.sends("grande.pdf", PDF + b"\0" * MAX_BYTES)
    assert (big.status_code, big.json()["detail"]) == (422, "El archivo pesa más de 10 MB.")
    huge = sender.sends("enorme.pdf", b"\0" * (MAX_BYTES + FORM_BYTES))
    assert (huge.status_code, huge.json()["detail"]) == (413, "El archivo pesa más de 10 MB.")
    for number in range(5):
        assert sender.sends("uno.pdf", PDF + bytes([number])).status_code == 200
    sixth = sender.sends("seis.pdf", PDF + b"seis")
    assert (sixth.status_code, sixth.json()["detail"]) == (
        422,
        "Esta conversación ya tiene 5 archivos, que es el máximo.",
    )


def test_a_body_without_a_file_or_without_a_length_is_refused(sender: Sender) -> None:
    path = f"{sender.path}/attachments"
    assert sender.client.post(path, data={"file": "texto"}, headers=sender.headers).status_code == 422
    streamed = sender.client.post(path, content=iter([b"x" * 100]), headers=sender.headers)
    assert (streamed.status_code, streamed.json()["error"]) == (422, "file_missing")


def test_a_repeated_message_is_recorded_once(sender: Sender) -> None:
    first = sender.sends("alta.pdf", PDF, client_message_id="f1").json()
    again = sender.sends("alta.pdf", PDF, client_message_id="f1").json()
    assert again["messages"] == first["messages"]
    assert sum(message["document"] is not None for message in sender.transcript()) == 1


def test_identifiers_in_a_name_are_masked_in_the_transcript(sender: Sender) -> None:
    sent = sender.sends("nss 00058500018.pdf", PDF).json()["messages"][0]
    assert "00058500018" not in str(sent)
    got = sender.client.get(sent["document"]["url"], headers=sender.headers)
    assert "00058500018" in got.headers["content-disposition"], "the sender's own name comes back with the file"


def test_who_waits_is_told_so_and_a_closed_conversation_takes_nothing(sender: Sender) -> None:
    sender.client.post(f"{sender.path}/messages", json={"text": "una persona"}, headers=sender.headers)
    told = sender.sends("alta.pdf", PDF).json()
    assert (told["state"], told["messages"][1]["text"]) == (
        "queued", "Guardé su archivo. Lo verá la persona que le va a atender.",
    )  # fmt: skip
    sender.client.post(f"{sender.path}/close", headers=sender.headers)
    assert sender.sends("otra.pdf", PDF + b"2").status_code == 409


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"--x\r\n"), ("multipart/form-data; boundary=x", b"no parts"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\ncontent-disposition: form-data; name="file"; filename="\xff"\r\n\r\n',
        ),
        ("application/json", b"{}"), ("application/x-www-form-urlencoded", b"file=%00"), ("", b"\xff"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_form_is_refused_and_breaks_nothing(sender: Sender, kind: str, content: bytes) -> None:
    headers = {**sender.headers, "content-type": kind}
    answer = sender.client.post(f"{sender.path}/attachments", content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text
