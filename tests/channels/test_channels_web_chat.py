"""Web chat's connection: told what is new or closed, asked whether it lives, and the line as it is at this moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from scripted_dialogue import THURSDAY
from sqlalchemy.exc import OperationalError
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from channels.subscriptions import LineMoved, Subscriptions
from conversation.conversation import Conversation, State
from conversation.handoff import Handoff, HandoffReason
from conversation.message import Channel
from ledger.record import LedgerRecord


@contextmanager
def connected(application: TestClient) -> Iterator[tuple[WebSocketTestSession, str, dict[str, str]]]:
    """A citizen's connection, welcomed; path and headers of the conversation."""
    opened = application.post("/api/v1/campaigns/derechohabiente/conversations", json={}).json()
    path, token = f"/api/v1/conversations/{opened['conversation_id']}", opened["token"]
    with application.websocket_connect(f"{path}/stream") as stream:
        stream.send_json({"type": "hello", "token": token})
        assert stream.receive_json()["type"] == "welcome"
        yield stream, path, {"Authorization": f"Bearer {token}"}


def test_a_connection_is_told_that_it_lives(application: TestClient) -> None:
    with connected(application) as (stream, _, _):
        stream.send_json({"type": "ping"})
        assert stream.receive_json() == {"type": "pong"}


def test_a_connection_that_cannot_be_told_what_is_new_is_closed_and_nothing_is_lost(
    application: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: LedgerRecord) -> list[Conversation]:
        raise OperationalError("select", {}, Exception("database is locked"))

    with application, connected(application) as (stream, path, headers):
        monkeypatch.setattr(LedgerRecord, "waiting", busy)  # asked for the place in the line, after it was recorded
        application.post(f"{path}/messages", json={"text": "quiero mi vigencia"}, headers=headers)
        with pytest.raises(WebSocketDisconnect) as closed:
            frames = [stream.receive_json() for _ in range(3)]
            raise AssertionError(f"still open, and told {frames}")
        assert closed.value.code == 1011, "an error of ours: the page comes again"
    monkeypatch.undo()
    with application.websocket_connect(f"{path}/stream") as stream:
        stream.send_json({"type": "hello", "token": headers["Authorization"].removeprefix("Bearer ")})
        welcome: dict[str, Any] = stream.receive_json()
    assert welcome["state"] == "queued" and "quiero mi vigencia" in [one["text"] for one in welcome["messages"]]


def waits(number: int, campaign: str = "derechohabiente", *, urgent: bool = False, **more: Any) -> Conversation:
    handoff = Handoff(reason=HandoffReason.USER_REQUEST, since=THURSDAY, priority=urgent)
    values = {"state": State.QUEUED, "handoff": handoff, "last_activity": THURSDAY, **more}
    return Conversation(
        id=str(number), folio=f"F{number}", campaign=campaign, bot_campaign=campaign, channel=Channel.WEBCHAT,
        origin="1", agent_type="basico", bot_version="1", opened_at=THURSDAY, **values,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        (waits(2, "cita_medica"), True),
        (waits(2, urgent=True), True),
        (waits(2, state=State.HUMAN), True),
        (waits(2, last_activity=datetime.fromisoformat("2026-10-15T10:05:00-06:00")), False),
    ],
    ids=["to another line", "ahead of the others", "attended", "writes something"],
)
def test_those_who_wait_look_again_when_somebody_elses_place_changes(change: Conversation, moves: bool) -> None:
    subscriptions = Subscriptions()
    with subscriptions.follow("1") as first:
        subscriptions.published(waits(2), ())
        assert first.get_nowait() == LineMoved()
        subscriptions.published(change, ())
        assert first.empty() is not moves
