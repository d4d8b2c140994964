"""From WhatsApp into web chat for what identifies a person: one link, once, for an hour, and it tells nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_application import until
from scripted_dialogue import says
from whatsapp_bench import Bench, Start

from channels.one_time_links import LIFETIME, MAX_TOKEN, LinkRefused, OneTimeLinks
from conversation.events import EventKind
from conversation.message import Document, Reply
from conversation.ports import Answered
from ledger.challenges import SpentChallenges
from ledger.database import migrate, open_database

pytest_plugins = ("whatsapp_fixtures",)
CONVERSATION = "0b7c5e0e-8a0a-4c39-9d5e-3f6a0b1c2d3e"
SITE = "https://chat.imss.example"
NSS = "00058500018"
ELSEWHERE = Answered(
    replies=(Reply(text="Aquí no le pido su NSS.", document=Document(title="Abrir el chat", url="/chat/cita_medica")),)
)


# ------------------------------------------------------------------------------------------------ the token


class Links:
    """Links at a moment that a test moves."""

    def __init__(self, folder: Path, key: bytes = b"k" * 32) -> None:
        url = f"sqlite:///{folder / 'ledger.db'}"
        migrate(url)
        self.now = datetime.now(UTC)
        self.links = OneTimeLinks(key, SpentChallenges(open_database(url)), now=lambda: self.now)


def test_a_link_is_taken_once_and_tells_nothing(tmp_path: Path) -> None:
    links = Links(tmp_path).links
    token = links.token(CONVERSATION)
    assert len(token) <= MAX_TOKEN and CONVERSATION not in token and token != links.token(CONVERSATION)
    assert links.take(token) == CONVERSATION
    for again in (token, f"{token}=", f"{token[:10]}\n{token[10:]}"):
        with pytest.raises(LinkRefused):
            links.take(again)


def test_a_link_is_good_for_an_hour(tmp_path: Path) -> None:
    made = Links(tmp_path)
    first, second = made.links.token(CONVERSATION), made.links.token(CONVERSATION)
    made.now += LIFETIME - timedelta(seconds=1)
    assert made.links.take(first) == CONVERSATION
    made.now += timedelta(seconds=1)
    with pytest.raises(LinkRefused):
        made.links.take(second)


@pytest.mark.parametrize("token", ["", "x", "ñ" * 60, "\ud800", "A" * 70, "====", "A" * 1000])
def test_what_is_no_link_opens_nothing(tmp_path: Path, token: str) -> None:
    with pytest.raises(LinkRefused):
        Links(tmp_path).links.take(token)


def test_a_changed_link_and_one_of_another_key_open_nothing(tmp_path: Path) -> None:
    links = Links(tmp_path).links
    token = links.token(CONVERSATION)
    other = "B" if token[30] == "A" else "A"
    for wrong in (f"{token[:30]}{other}{token[31:]}", Links(tmp_path, b"j" * 32).links.token(CONVERSATION)):
        with pytest.raises(LinkRefused):
            links.take(wrong)
    assert links.take(token) == CONVERSATION


# ------------------------------------------------------------------------------------------------ from end to end


@pytest.fixture
def bench(start: Start) -> Iterator[Bench]:
    with start(whatsapp_site=SITE, integrator_key="clave-de-la-integracion-de-prueba-1") as bench:
        yield bench


def link_of(bench: Bench, phone: Any) -> str:
    """What the button that arrives on the telephone opens."""
    message = bench.hears(phone, "Aquí no le pido su NSS.")
    action = message.content["action"]
    assert action["name"] == "cta_url" and action["parameters"]["display_text"] == "Abrir el chat"
    return str(action["parameters"]["url"])


def enters(bench: Bench, token: str) -> httpx.Response:
    """Open as the chat page does that the link leads to."""
    path = f"{bench.web}/api/v1/campaigns/derechohabiente/conversations"
    return httpx.post(path, json={"entrance": {"link": token}}, timeout=30)


def test_the_link_goes_on_with_what_was_asked_for_and_only_once(bench: Bench) -> None:
    phone = bench.phone()
    bench.engine.will(ELSEWHERE, says("Escriba los 11 dígitos de su NSS."))
    phone.says("quiero saber si sigo vigente")
    address = link_of(bench, phone)
    assert address.startswith(f"{SITE}/chat/cita_medica#enlace=")
    token = address.split("#enlace=")[1]

    opened = enters(bench, token)
    assert opened.status_code == 201, opened.text
    said = [(one["sender"], one["text"]) for one in opened.json()["messages"]]
    assert ("user", "quiero saber si sigo vigente") in said and said[-1] == ("bot", "Escriba los 11 dígitos de su NSS.")
    turn = bench.engine.turns[-1]
    assert (turn.text, turn.channel) == ("quiero saber si sigo vigente", "webchat")

    refused = enters(bench, token)
    assert (refused.status_code, refused.json()["error"]) == (403, "link_void")
    assert "ya se usó o ya venció" in refused.json()["detail"]


def test_whoever_operates_finds_one_from_the_other_and_the_record_holds_no_token(bench: Bench) -> None:
    phone = bench.phone()
    bench.engine.will(ELSEWHERE)
    phone.says("quiero una cita")
    token = link_of(bench, phone).split("#enlace=")[1]
    opened = enters(bench, token).json()
    first = bench.conversation(phone)
    [here] = [one.data["text"] for one in bench.events(phone, EventKind.NOTE)]
    [there] = [one.data["text"] for one in bench.record.events(opened["conversation_id"], EventKind.NOTE)]
    assert opened["folio"] in here and first.folio in there and first.folio != opened["folio"]
    documents = [one.document for one in bench.record.messages(first.id) if one.document]
    assert [one.url for one in documents] == ["/chat/cita_medica"]
    until(lambda: all(row.state != "sending" for row in bench.outbox.rows()))
    assert token.encode() not in b"".join(row.content for row in bench.outbox.rows())


def test_nothing_of_whatsapp_is_told_to_whom_a_link_was_passed_on(bench: Bench) -> None:
    phone = bench.phone()
    bench.engine.will(
        says("¿En qué le ayudo?", facts={"nss": NSS, "nombre": "Lucía Estrada"}), ELSEWHERE, says("¿Cuál es su NSS?")
    )
    phone.says(f"soy Lucía Estrada y mi nss es {NSS}")
    bench.hears(phone, "¿En qué le ayudo?")
    phone.says("mi vigencia")
    opened = enters(bench, link_of(bench, phone).split("#enlace=")[1])
    assert opened.status_code == 201 and "Lucía" not in opened.text and "0018" not in opened.text
    assert "nss" not in bench.engine.turns[-1].facts and "nombre" not in bench.engine.turns[-1].facts
    conversation = bench.record.load(opened.json()["conversation_id"])
    assert conversation is not None and not {"nss", "nombre"} & conversation.facts.keys()


def test_a_link_takes_the_place_of_the_form_but_not_of_the_limits(start: Start) -> None:
    with start(whatsapp_site=SITE, entrances_per_hour=1, integrator_key="clave-de-la-integracion-de-prueba-1") as bench:
        assert enters(bench, "").json()["error"] == "form_wrong"
        assert enters(bench, "x").json()["error"] == "too_many_entrances"
