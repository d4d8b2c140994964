"""Nothing is lost and nothing is doubled: a reload, a lost connection, a device whose clock and zone are elsewhere."""

import json
import re

import httpx
from browser_pages import GREETING, ChatPage
from playwright.sync_api import Page, WebSocketRoute, expect

from evaluation.world import World

STREAM = re.compile("/stream$")


def texts_of_citizen(api: httpx.Client, chat: ChatPage, campaign: str) -> list[str]:
    """What the server has of the citizen's words."""
    conversation, token = chat.key(campaign)
    answer = api.get(f"/api/v1/conversations/{conversation}", headers={"Authorization": f"Bearer {token}"})
    return [message["text"] for message in answer.raise_for_status().json()["messages"] if message["sender"] == "user"]


def test_reload_in_the_middle_shows_everything_once_and_goes_on(chat: ChatPage, phone: Page, world: World) -> None:
    chat.open("derechohabiente")
    chat.say("quiero saber si sigo vigente")
    chat.expect_said("Escriba los 11 dígitos")
    before, folio = chat.said(), chat.folio

    phone.reload()
    chat.expect_said("Escriba los 11 dígitos")
    assert chat.said() == before
    assert chat.folio == folio

    chat.identify(world.people["P1"], "12/03/1985")
    chat.expect_said("Sus derechos aparecen vigentes")
    chat.expect_said(GREETING)
    assert chat.said()[: len(before)] == before


def test_a_closed_conversation_is_still_closed_after_a_reload(chat: ChatPage, phone: Page, world: World) -> None:
    chat.open("cita_medica")
    chat.say("que llevo a mi cita")
    chat.choose("No, es todo")
    chat.answer_survey("No", "2, mala")
    expect(chat.ended).to_be_visible()
    before = chat.said()

    phone.reload()
    expect(chat.ended).to_be_visible()
    chat.expect_said(GREETING)
    assert chat.said() == before


def test_what_is_written_without_connection_arrives_once(
    chat: ChatPage, phone: Page, world: World, api: httpx.Client
) -> None:
    chat.open("cita_medica")
    phone.context.set_offline(True)
    expect(phone.get_by_text("Sin conexión. Reintentando…")).to_be_visible()
    chat.say("que llevo a mi cita")
    pending = chat.log.locator(".message.is-own")
    expect(pending).to_contain_text("enviando…")

    phone.context.set_offline(False)
    chat.expect_said("Su identificación oficial")
    chat.expect_said("que llevo a mi cita")
    expect(pending).to_contain_text("enviado")
    expect(phone.locator("#connection")).to_be_empty()
    assert texts_of_citizen(api, chat, "cita_medica") == ["que llevo a mi cita"]


def test_what_was_not_delivered_yet_survives_a_reload(
    chat: ChatPage, phone: Page, world: World, api: httpx.Client
) -> None:
    """Pages load but no WebSocket opens, as behind a proxy that is restarting; the message waits in the tab."""
    chat.open("cita_medica")
    cut = True
    phone.route_web_socket(STREAM, lambda socket: socket.close() if cut else socket.connect_to_server())
    phone.reload()
    chat.say("que llevo a mi cita")
    chat.expect_said("que llevo a mi cita")
    assert texts_of_citizen(api, chat, "cita_medica") == []

    cut = False
    phone.reload()
    chat.expect_said("Su identificación oficial")
    chat.expect_said("que llevo a mi cita")
    assert texts_of_citizen(api, chat, "cita_medica") == ["que llevo a mi cita"]


def test_an_answer_lost_on_the_way_is_shown_once(chat: ChatPage, phone: Page, world: World, api: httpx.Client) -> None:
    """The server takes the message, but the connection dies before any answer reaches the page."""
    lost: list[str] = []

    def lossy(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(frame: str) -> None:
            kind = json.loads(frame)["type"]
            if kind == "welcome" or "ack" in lost:
                socket.send(frame)
                return
            lost.append(kind)
            if kind == "ack":
                socket.close()

        server.on_message(pass_on)

    phone.route_web_socket(STREAM, lossy)
    chat.open("cita_medica")
    chat.say("que llevo a mi cita")
    chat.expect_said("Su identificación oficial")
    chat.expect_said("que llevo a mi cita")
    assert "ack" in lost
    assert texts_of_citizen(api, chat, "cita_medica") == ["que llevo a mi cita"]


def test_shows_the_institutions_time_wherever_the_device_is(open_context, world: World) -> None:
    """The sandbox's Thursday begins at 9:00 in Mexico City; the device lives in Tokyo, on another day."""
    page = open_context(timezone_id="Asia/Tokyo").new_page()
    chat = ChatPage(page)
    chat.open("cita_medica")
    expect(chat.log.locator("time").last).to_have_text(re.compile(r"^09:\d\d$"))
    expect(page.locator("#elapsed")).to_have_text(re.compile(r"^0\d:\d\d$"))

    page.context.set_offline(True)
    chat.say("que llevo a mi cita")
    expect(chat.log.locator(".is-own time")).to_have_text(re.compile(r"^09:\d\d$"))
    page.context.set_offline(False)
    chat.expect_said("Su identificación oficial")
    expect(chat.log.locator(".is-own time")).to_have_attribute("datetime", re.compile(r"^2026-10-15T09:"))
