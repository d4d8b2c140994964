"""Nonsense in sockets and webhooks: a conversation goes on after it, and what is signed is taken or refused."""

import hmac
import json
import string
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from guarded_house import APP_SECRET, CHATWOOT_SECRET, PHONE_ID, Citizen, House
from hypothesis import given
from hypothesis import strategies as st
from nonsense import RAW, anything, few, spoilt

from channels.whatsapp_webhook import PATH as WHATSAPP
from desk.chatwoot_webhook import PATH as CHATWOOT
from sandbox.whatsapp_phone import ACCOUNT, signature

# ------------------------------------------------------------------------------------------------ sockets

frames = st.one_of(
    anything,
    spoilt({"type": "message", "text": "hola", "choice": "x", "digits": "1", "client_message_id": "a"}),
    spoilt({"type": "survey", "resolved": True, "rating": 5}), spoilt({"type": "typing"}),
    spoilt({"type": "hello", "token": "x", "after": "1"}),
)  # fmt: skip


@few
@given(st.lists(frames, min_size=1, max_size=4))
def test_no_frame_breaks_the_socket_of_a_chat(house: House, sent: list[Any]) -> None:
    talk(house, house.opens(), [json.dumps(one) for one in sent])


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: repr(raw[:30]))
def test_no_raw_text_breaks_the_socket_of_a_chat(house: House, raw: str) -> None:
    talk(house, house.opens(), [raw])


@pytest.mark.parametrize("after", ["²", "9" * 30, "-1", "", "\ud800", 7, None, [], {"a": 1}])
def test_whatever_a_page_says_it_has_seen(house: House, after: Any) -> None:
    talk(house, house.opens(), [], after=after)


def test_bytes_do_not_break_the_socket_of_a_chat(house: House) -> None:
    citizen = house.opens()
    with house.stranger.websocket_connect(f"{citizen.path}/stream") as socket:
        socket.send_json({"type": "hello", "token": citizen.token})
        assert socket.receive_json()["type"] == "welcome"
        socket.send_bytes(b"\x00\xff")
        assert socket.receive_json()["code"] == "bad_frame"
        still_serves(socket)


def talk(house: House, citizen: Citizen, sent: list[str], after: Any = None) -> None:
    """Say hello and the frames; then a message of the same person is answered, or the conversation is over."""
    with house.stranger.websocket_connect(f"{citizen.path}/stream") as socket:
        socket.send_text(json.dumps({"type": "hello", "token": citizen.token, "after": after}))
        assert socket.receive_json()["type"] == "welcome"
        for one in sent:
            socket.send_text(one)
        still_serves(socket)


def still_serves(socket: Any) -> None:
    socket.send_json({"type": "message", "client_message_id": "al-final", "text": "¿Sigue ahí?"})
    while True:
        frame = socket.receive_json()
        json.dumps(frame, ensure_ascii=False).encode()  # as the server writes it to the wire
        if frame["type"] in ("ack", "error") and frame.get("client_message_id") == "al-final":
            return


# ------------------------------------------------------------------------------------------------ webhooks


def delivery(**value: Any) -> dict[str, Any]:
    """The envelope of a delivery of Meta."""
    about = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE_ID}, **value}
    changes = [{"field": "messages", "value": about}]
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT, "changes": changes}]}


message = spoilt({
    "id": "wamid.1", "from": "5215500000001", "from_user_id": "MX.1", "type": "text", "text": {"body": "hola"},
    "context": {"id": "x"}, "interactive": {"type": "button_reply", "button_reply": {"id": "a", "title": "b"}},
})  # fmt: skip
status = spoilt({
    "id": "wamid.2", "status": "failed", "recipient_id": "52", "biz_opaque_callback_data": "1",
    "errors": [{"code": 131047, "title": "x", "error_data": {"details": "y"}}],
})  # fmt: skip
contact = spoilt({"wa_id": "5215500000001", "user_id": "MX.1"})
deliveries = st.one_of(
    anything, st.builds(delivery, messages=st.lists(message, max_size=2), contacts=st.lists(contact, max_size=2)),
    st.builds(delivery, statuses=st.lists(status, max_size=2)),
    st.builds(delivery, messages=anything, contacts=anything, statuses=anything, metadata=anything),
)  # fmt: skip


def deliver(client: TestClient, body: bytes) -> int:
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(APP_SECRET, body)}
    return int(client.post(WHATSAPP, content=body, headers=headers).status_code)


@few
@given(deliveries)
def test_metas_webhook_takes_or_refuses_whatever_is_signed(house: House, sent: Any) -> None:
    assert deliver(house.stranger, json.dumps(sent).encode()) in (200, 400)


@pytest.mark.parametrize("raw", [*RAW, "[" * 3_000], ids=lambda raw: repr(raw[:30]))
def test_raw_bodies_with_metas_signature(house: House, raw: str) -> None:
    assert deliver(house.stranger, raw.encode(errors="replace")) in (200, 400)


@few
@given(st.binary(max_size=80), st.text(string.printable + "ñ²", max_size=80))
def test_no_signature_no_delivery(house: House, body: bytes, signed: str) -> None:
    headers = {"X-Hub-Signature-256": signed.strip().encode()}
    if all(32 <= byte < 127 for byte in headers["X-Hub-Signature-256"]):
        assert house.stranger.post(WHATSAPP, content=body, headers=headers).status_code == 401


event = spoilt({
    "event": "message_created", "id": 7, "content": "hola", "message_type": "incoming", "private": False,
    "account": {"id": 1}, "inbox": {"id": 2}, "conversation": {"id": 3, "inbox_id": 2, "status": "open"},
    "sender": {"id": 5, "name": "Ana", "type": "user"}, "attachments": [{}], "updated_at": 1.5, "labels": ["a"],
})  # fmt: skip


@few
@given(st.one_of(anything, event))
def test_chatwoots_webhook_takes_or_refuses_whatever_is_signed(house: House, sent: Any) -> None:
    assert deliver_chatwoot(house.stranger, json.dumps(sent).encode()) in (200, 400)


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: repr(raw[:30]))
def test_raw_bodies_with_chatwoots_signature(house: House, raw: str) -> None:
    assert deliver_chatwoot(house.stranger, raw.encode(errors="replace")) in (200, 400)


def deliver_chatwoot(client: TestClient, body: bytes) -> int:
    at = str(int(time.time()))
    signed = "sha256=" + hmac.digest(CHATWOOT_SECRET.encode(), f"{at}.".encode() + body, "sha256").hex()
    headers = {"X-Chatwoot-Signature": signed, "X-Chatwoot-Timestamp": at}
    return int(client.post(CHATWOOT, content=body, headers=headers).status_code)
