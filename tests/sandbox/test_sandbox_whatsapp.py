"""The stand-in of Meta refuses what Meta refuses, and takes all that the channel renders."""

import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.whatsapp_body import body_of, template
from channels.whatsapp_rendering import render
from conversation.message import Choice, Document, Message, Sender
from sandbox.whatsapp_graph import problem_of

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.fromisoformat("2026-10-15T10:00:00-06:00")


def refused(kind: str, content: dict[str, Any]) -> int | None:
    body = {"messaging_product": "whatsapp", "to": "525500000001", "type": kind, kind: content}
    problem = problem_of(body, "525500000001", {"aprobada"})
    return problem[0] if problem else None


def buttons(*titles: str, body: str = "Elija") -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"b{place}", "title": title}} for place, title in enumerate(titles)]
    return {"type": "button", "body": {"text": body}, "action": {"buttons": replies}}


def rows(count: int, title: str = "Tema", **more: str) -> dict[str, Any]:
    found = [{"id": f"r{place}", "title": title, **more} for place in range(count)]
    action = {"button": "Ver", "sections": [{"title": "Temas", "rows": found}]}
    return {"type": "list", "body": {"text": "Elija"}, "action": action}


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text", {"body": "x" * 4096}, None), ("text", {"body": "x" * 4097}, 131009), ("text", {"body": " "}, 100),
        ("interactive", buttons("a", "b", "c"), None), ("interactive", buttons("a", "b", "c", "d"), 131009),
        ("interactive", buttons("x" * 21), 131009), ("interactive", buttons("a", "a"), 131009),
        ("interactive", buttons("a", body="x" * 1025), 131009), ("interactive", buttons(), 131009),
        ("interactive", rows(10), None), ("interactive", rows(11), 131009), ("interactive", rows(1, "x" * 25), 131009),
        ("interactive", rows(1, description="x" * 73), 131009), ("interactive", {"type": "carousel"}, 100),
        ("template", {"name": "otra"}, 132001), ("template", template("aprobada", ("a",), ("p",)), None),
        ("audio", {"id": "1"}, 100),
    ],
)  # fmt: skip
def test_metas_limits(kind: str, content: dict[str, Any], code: int | None) -> None:
    assert refused(kind, content) == code


TITLES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=120
)
CHOICES = st.lists(TITLES, max_size=14).map(
    lambda titles: tuple(Choice(id=f"tema:{place}", title=title) for place, title in enumerate(titles))
)


@given(TITLES, CHOICES, st.integers(0, 60), st.booleans())
def test_whatever_the_bot_says_meta_takes(text: str, choices: tuple[Choice, ...], times: int, linked: bool) -> None:
    document = Document(title=text[:40], url="/chat/recepcion") if linked else None
    said = Message(
        id="1", sender=Sender.BOT, text=text * (times + 1), choices=choices, document=document, at=NOW
    )  # fmt: skip
    for message in render([said, said], "https://ventanilla.example"):
        body = body_of(message)
        assert refused(body.type, body.content) is None, body


def test_a_developer_chats_from_the_terminal() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "whatsapp", "--port", str(port), "--web", "http://127.0.0.1:9"]
    chat = subprocess.run(command, cwd=ROOT, input="hola\n/1\n", capture_output=True, text=True, timeout=60)
    assert chat.returncode == 0
    assert f"export VENTANILLA_WHATSAPP_GRAPH_URL=http://127.0.0.1:{port}" in chat.stdout
    assert chat.stderr.count("Ventanilla no responde") == 2
