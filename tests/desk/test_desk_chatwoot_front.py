"""Chatwoot in front of the bot, and its webhook: signature, age, own words, hand-over, failures."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chatwoot_bench import FRONT, Bench, bench, hasty, left_behind, settings
from chatwoot_stand_in import ANA, ChatwootStandIn, Fault
from live_application import served, until
from pydantic import ValidationError

from content.files import ContentError
from conversation.message import IncomingMessage
from conversation.service import ConversationService
from desk.chatwoot import NOT_ANSWERED
from desk.chatwoot_webhook import TOLERANCE_SECONDS, is_genuine, signature
from server.settings import wrong_settings


@pytest.fixture
def chatwoot(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatwootStandIn]:
    hasty(monkeypatch)
    stand_in = ChatwootStandIn(api_inbox=False)
    with served(stand_in.app()) as stand_in.url:
        yield stand_in


@pytest.fixture
def front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chatwoot: ChatwootStandIn) -> Iterator[Bench]:
    with bench(tmp_path, monkeypatch, chatwoot, **FRONT) as running:
        yield running


def test_the_bot_answers_hands_over_by_open_and_asks_the_survey(front: Bench) -> None:
    front.engine.says("Su unidad abre a las 8.", topic="vigencia_derechos")
    talk = front.chatwoot.citizen_writes("¿a qué hora abre?")
    until(lambda: "outgoing: Su unidad abre a las 8." in talk.public())
    assert talk.status == "pending"
    talk = front.chatwoot.citizen_writes("quiero una persona", talk)
    until(lambda: talk.status == "open")
    (note,) = talk.notes()
    assert "Ciudadano: ¿a qué hora abre?" in note and "Asistente: Su unidad abre a las 8." in note
    ours = front.begun_in(talk)
    front.chatwoot.writes(talk, ANA, "Soy Ana, dígame.")
    front.reaches(ours, "human")
    before = len(talk.public())
    front.chatwoot.citizen_writes("nada más, gracias", talk)
    front.hears(ours, "user: nada más, gracias")
    front.chatwoot.sets_status(talk, "resolved", ANA)
    front.reaches(ours, "survey")
    until(lambda: "duda" in talk.public()[-1])
    assert talk.public()[before : before + 1] == ["incoming: nada más, gracias"]  # nobody else answered
    front.chatwoot.citizen_writes("sí", talk)
    for mark in ("4", "5"):  # the bot's and the person's
        until(lambda: "del 1 al 5" in talk.public()[-1].lower())
        front.chatwoot.citizen_writes(mark, talk)
        front.hears(ours, f"user: {mark}")
    assert front.reaches(ours, "closed").survey.resolved is True
    until(lambda: talk.status == "resolved")
    assert front.transcript(ours).count("human: Soy Ana, dígame.") == 1
    assert front.record_is_sound()


def test_after_the_end_a_message_begins_another_conversation(front: Bench) -> None:
    talk = front.chatwoot.citizen_writes("quiero una persona")
    until(lambda: talk.status == "open")
    first = front.begun_in(talk)
    front.chatwoot.citizen_writes("terminar", talk)
    front.reaches(first, "closed")
    until(lambda: talk.status == "resolved")
    front.engine.says("Le escucho.")
    front.chatwoot.citizen_writes("hola otra vez", talk)
    until(lambda: "outgoing: Le escucho." in talk.public())
    assert front.begun_in(talk) != first


def test_what_its_people_have_already_is_left_to_them(front: Bench) -> None:
    talk = front.chatwoot.citizen_writes("quiero una persona")
    until(lambda: talk.status == "open")
    other = front.chatwoot.citizen_writes("esto es de otra")
    front.begun_in(other)
    foreign = {**front.chatwoot.message_event(other, other.messages[-1]), "inbox": {"id": 99}, "id": 7_000}
    foreign["conversation"] = {**foreign["conversation"], "id": 8_000, "inbox_id": 99}
    taken = {**front.chatwoot.message_event(other, other.messages[-1]), "id": 7_001}
    taken["conversation"] = {**taken["conversation"], "id": 8_001, "status": "open"}
    assert [front.chatwoot.deliver(one) for one in (foreign, taken)] == [200, 200]
    front.engine.says("Le escucho.")
    last = front.chatwoot.citizen_writes("¿me escuchan?")
    until(lambda: "outgoing: Le escucho." in last.public())
    with httpx.Client() as client:
        assert client.get(f"{front.web}/health").json()["status"] == "ok"
    assert {one.origin for one in front.record.waiting()} == {f"chatwoot:{talk.id}", f"chatwoot:{other.id}"}


def test_what_its_people_open_is_theirs_from_then_on(front: Bench) -> None:
    front.engine.says("Le escucho.")
    talk = front.chatwoot.citizen_writes("hola")
    until(lambda: "outgoing: Le escucho." in talk.public())
    ours = front.begun_in(talk)
    front.chatwoot.sets_status(talk, "open", ANA)
    front.chatwoot.citizen_writes("¿quién me atiende?", talk)
    front.hears(ours, "user: ¿quién me atiende?")
    front.chatwoot.writes(talk, ANA, "Ana, buenos días.")
    front.hears(ours, "human: Ana, buenos días.")
    assert front.conversation(ours).agent == "chatwoot:11"
    assert talk.public()[-2:] == ["incoming: ¿quién me atiende?", "outgoing: Ana, buenos días."]


def test_it_acknowledges_although_chatwoots_api_is_slow_and_failing(front: Bench) -> None:
    front.chatwoot.slow_seconds = 0.3
    failing = Fault("/messages", 500, times=1_000_000)
    front.chatwoot.faults.append(failing)
    front.engine.says("Le escucho.")
    talk = front.chatwoot.citizen_writes("hola")
    until(lambda: front.chatwoot.acknowledged == [200])
    front.hears(front.begun_in(talk), "bot: Le escucho.")
    failing.times = 0
    until(lambda: "outgoing: Le escucho." in talk.public())
    said = [one for one in talk.public() if one == "outgoing: Le escucho."]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("secret", "age_seconds", "status"),
    [("otro", 0, 401), ("secreto-del-webhook", TOLERANCE_SECONDS + 60, 401), ("secreto-del-webhook", 0, 200)],
)
def test_only_what_chatwoot_signed_in_these_minutes_is_taken(
    front: Bench, secret: str, age_seconds: int, status: int
) -> None:
    front.chatwoot.delivering = False
    talk = front.chatwoot.citizen_writes("hola")
    event = front.chatwoot.message_event(talk, talk.messages[-1])
    assert front.chatwoot.deliver(event, secret=secret, age_seconds=age_seconds) == status
    answer = httpx.post(front.chatwoot.webhook, json=event)
    assert answer.status_code == 401


def test_the_signature_covers_timestamp_and_body() -> None:
    signed = signature("clave", "1700000000", b"{}")
    assert is_genuine("clave", "1700000000", b"{}", signed, now=1_700_000_010)
    assert not is_genuine("clave", "1700000001", b"{}", signed, now=1_700_000_010)
    assert not is_genuine("clave", "1700000000", b"{} ", signed, now=1_700_000_010)
    assert not is_genuine("clave", "1700000000", b"{}", "", now=1_700_000_010)
    assert not is_genuine("clave", "ayer", b"{}", signature("clave", "ayer", b"{}"), now=1_700_000_010)


def test_a_signed_delivery_that_cannot_be_read_is_refused(front: Bench) -> None:
    assert front.chatwoot.deliver({"event": "message_created", "id": "no-es-un-número"}) == 400
    assert front.chatwoot.deliver({"event": "contact_created", "id": None}) == 200


@pytest.mark.parametrize("name", ["url", "account", "inbox", "token", "webhook_secret"])
def test_it_does_not_start_with_a_part_of_its_settings(tmp_path: Path, name: str) -> None:
    empty = None if name in ("account", "inbox") else ""
    with pytest.raises(ValidationError) as refused:
        settings(tmp_path, "https://chatwoot.example", **{f"chatwoot_{name}": empty})
    assert f"VENTANILLA_CHATWOOT_{name.upper()}: missing" in wrong_settings(refused.value)[0]


def test_it_does_not_send_what_is_said_in_clear(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="VENTANILLA_CHATWOOT_URL: must begin with https"):
        settings(tmp_path, "http://chatwoot.example")


def test_it_is_off_without_settings(tmp_path: Path) -> None:
    off = {f"chatwoot_{name}": "" for name in ("url", "token", "webhook_secret")}
    given = settings(tmp_path, "", **off, chatwoot_account=None, chatwoot_inbox=None)
    assert not given.chatwoot_url


def test_it_does_not_start_for_a_campaign_without_a_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ChatwootStandIn(api_inbox=False)
    stand_in.url = "http://127.0.0.1:9"
    nobody = {**FRONT, "chatwoot_campaign": "no_existe"}
    refused = pytest.raises(ContentError, match="VENTANILLA_CHATWOOT_CAMPAIGN")
    with refused, bench(tmp_path, monkeypatch, stand_in, **nobody):
        raise AssertionError("it started")


def test_what_a_killed_process_left_is_worked_on_and_nothing_is_said_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chatwoot: ChatwootStandIn
) -> None:
    with bench(tmp_path, monkeypatch, chatwoot, **FRONT) as before:
        before.engine.says("Le escucho.")
        talk = chatwoot.citizen_writes("hola")
        until(lambda: "outgoing: Le escucho." in talk.public())
        before.engine.says("Aquí sigo.")
        chatwoot.citizen_writes("¿sigue ahí?", talk)
        until(lambda: "outgoing: Aquí sigo." in talk.public())
        ours = before.begun_in(talk)
    chatwoot.delivering = False
    heard = chatwoot.message_event(talk, talk.messages[0])
    chatwoot.citizen_writes("quiero una persona", talk)
    left_behind(tmp_path, heard, "worked-on-but-not-marked")
    left_behind(tmp_path, chatwoot.message_event(talk, talk.messages[-1]), "not-worked-on")
    with bench(tmp_path, monkeypatch, chatwoot, **FRONT) as after:
        after.reaches(ours, "queued")
        until(lambda: talk.status == "open")
        assert after.transcript(ours).count("user: hola") == 1
        assert talk.public().count("outgoing: Le escucho.") == 1
        assert after.begun_in(talk) == ours


def test_people_are_called_when_a_message_cannot_be_worked_on(front: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(self: ConversationService, conversation_id: str, message: IncomingMessage) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ConversationService, "receive", breaks)
    talk = front.chatwoot.citizen_writes("hola")
    until(lambda: talk.status == "open")
    assert talk.notes() == [NOT_ANSWERED]
