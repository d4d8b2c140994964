"""What the exchange asks and tells, over HTTP and AudioSocket, with real synthesis: the way of docs/asterisk."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from content.catalogue import Catalogue
from content.files import ContentError
from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.handoff import HandoffReason
from conversation.message import Channel
from conversation.service import ConversationService
from conversation.staff import Level
from desk import accounts, passwords
from dialogue.rasa_engine import RasaEngine
from ledger.contacts import LedgerContacts
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault
from ledger.verification import verify
from server import voice as voice_process
from server.clock import InstitutionClock
from server.voice import VoiceSettings, create_voice
from voice.audio import read_wav
from voice.placed_call import EndedBy, PlacedCall

ROOT = Path(__file__).resolve().parents[2]
LEDGER_KEY = "dmVudGFuaWxsYS10ZXN0LWtleS0zMi1ieXRlcyEhISE="
CALLER, KEY = "5512345678", "clave-de-la-central"
DATA = ROOT / "tests" / "data"
SLIP = "5"
"""Interrupts what is said; a single key is no telephone number."""
ADDRESSES = ("/voice/calls", "/voice/calls/x/next", "/voice/queue/answered", "/voice/queue/left")


def settings(folder: Path, environment: str = "sandbox") -> VoiceSettings:
    return VoiceSettings(
        root=ROOT, environment=environment, database_url=f"sqlite:///{folder / 'ledger.db'}", voice_key=KEY,
        engine_url="http://127.0.0.1:9", ledger_key=LEDGER_KEY, session_secret="x" * 40, audiosocket_port=0,
        recordings=folder / "recordings", prompt_cache=folder / "prompts",
        voice_model=str(DATA / "vosk-model-es-sintetico"), voice_test_model=True,
        clock_start="2026-10-15T10:00:00-06:00", desk_agents=folder / "desk_agents.yml",
    )  # fmt: skip


@dataclass
class Exchange:
    """The exchange's side, and the ledger to look at."""

    client: TestClient
    record: LedgerRecord
    service: ConversationService
    contacts: LedgerContacts

    def queued(self, caller: str = CALLER) -> Conversation:
        """An interaction whose caller waits in the exchange's queue."""

        async def held() -> Conversation:
            call = (await self.service.open("derechohabiente", Channel.VOICE, caller, "")).conversation.id
            return (await self.service.hand_over(call, HandoffReason.USER_REQUEST)).conversation

        return asyncio.run(held())

    def tells(self, path: str, **form: str) -> str:
        answer = self.client.post(path, data={"key": KEY, "caller": CALLER, **form})
        assert answer.status_code == 200, answer.text
        return answer.text

    def connects(self, folio: str, purpose: str, *turns: str | bytes) -> dict[str, str]:
        """Announce, connect, key or speak after each prompt; what is next once the bot has ended the call."""
        call_id = self.tells("/voice/calls", dialled="8006232323", folio=folio, purpose=purpose)
        assert len(call_id) == 36, "the dialplan knows a call by the length of the answer"
        port = self.client.get("/health").json()["audiosocket"]

        async def held() -> EndedBy | None:
            async with await PlacedCall.dial("127.0.0.1", port, call_id) as call:
                for place, turn in enumerate(turns):
                    if isinstance(turn, bytes):
                        assert place or await call.bot_speaks(20)
                        assert await call.bot_is_silent(700, 30)
                        call.say(turn)
                        await call.said()
                        continue
                    if turn != "#":
                        assert await call.bot_speaks(20)
                    call.press(turn)
                    await asyncio.sleep(0.3)  # the next prompt follows at once: what is heard then is the old one's end
                return await call.over(30)

        assert asyncio.run(held()) is EndedBy.SERVER
        step = parse_qs(self.tells(f"/voice/calls/{call_id}/next"), keep_blank_values=True)
        return {name: values[0] for name, values in step.items()}

    def state(self, folio: str) -> Conversation:
        found = self.record.find_folio(folio)
        assert found is not None
        return found


@pytest.fixture
def exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exchange]:
    async def nothing_ahead(*_: object) -> None:
        """Prompts are rendered when they are said: a test does not need all of them."""

    monkeypatch.setattr(voice_process, "prerender", nothing_ahead)
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: quick)  # passwords of tests need no protection
    chosen = settings(tmp_path)
    accounts.Accounts(chosen.desk_agents).add("ana", "Ana Ruiz", "una-clave-de-prueba", level=Level.PS_I_ESP)
    with TestClient(create_voice(chosen)) as client:
        database = open_database(chosen.database_url)
        record = LedgerRecord(database, Vault(LEDGER_KEY))
        clock, engine = InstitutionClock(chosen.clock_start), RasaEngine(chosen.engine_url)
        service = ConversationService(record, engine, Catalogue(ROOT), clock)
        yield Exchange(client, record, service, LedgerContacts(database, Vault(LEDGER_KEY)))
        assert verify(database, Vault(LEDGER_KEY)).is_sound


def speech(name: str) -> bytes:
    """What somebody says (tests/data/speech)."""
    return read_wav(DATA / "speech" / f"{name}.wav")[0]


def test_one_folio_from_the_queue_through_a_person_to_the_survey(exchange: Exchange) -> None:
    folio = exchange.queued().folio
    step = exchange.connects(folio, "waiting", "1")
    assert (step["action"], step["target"], step["folio"]) == ("queue", "derechohabiente", folio)
    assert step["returned"] == "resumed" and step["data"] == "user_request"

    assert exchange.tells("/voice/queue/answered", folio=folio, agent="ana") == "noted"
    attended = exchange.state(folio)
    assert (attended.state, attended.agent, attended.levels) == (State.HUMAN, "ana", [Level.PS_I_ESP])
    assert [one.folio for one in exchange.record.attended_by("ana")] == [folio]

    step = exchange.connects(folio, "survey", "1", "5", "4")
    assert (step["action"], step["returned"]) == ("hangup", "resumed")
    after = exchange.state(folio)
    assert (after.state, after.survey.resolved, after.survey.rating) == (State.CLOSED, True, 5)
    assert after.survey.ratings == {"ps_i": 4}
    recorded = exchange.record.events(after.id, EventKind.RECORDED)
    assert len(recorded) == 2 and all(one.data["whole"] for one in recorded), "each time it was with the bot"


def test_a_message_is_understood_recorded_and_stands_in_the_list_of_the_desk(exchange: Exchange) -> None:
    before = exchange.queued()
    step = exchange.connects(before.folio, "voicemail", SLIP, speech("appointment"), "#")
    assert (step["action"], step["folio"]) == ("hangup", before.folio)
    [left] = exchange.contacts.left_messages()
    assert (left.folio, left.telephone) == (before.folio, "******5678")
    assert left.words == ("quiero una cita con mi médico familiar",)
    [recorded] = exchange.record.events(before.id, EventKind.RECORDED)
    assert recorded.data["whole"] and recorded.data["seconds"] > 2


def test_the_survey_is_answered_by_voice(exchange: Exchange) -> None:
    folio = exchange.queued().folio
    exchange.tells("/voice/queue/answered", folio=folio)
    step = exchange.connects(folio, "survey", speech("yes"), "4", "3")
    assert step["action"] == "hangup"
    survey = exchange.state(folio).survey
    assert (survey.resolved, survey.rating, survey.ratings) == (True, 4, {"ps_i": 3})


def test_who_hangs_up_in_the_queue_is_told_of_once(exchange: Exchange) -> None:
    folio = exchange.queued().folio
    assert exchange.tells("/voice/queue/left", folio=folio) == "noted"
    assert exchange.state(folio).is_closed and exchange.record.waiting() == []
    assert exchange.tells("/voice/queue/left", folio=folio) == "closed"
    assert exchange.tells("/voice/queue/answered", folio=folio, agent="ana") == "closed"


def test_who_has_no_account_attends_too_and_owes_nothing_at_the_desk(exchange: Exchange) -> None:
    folio = exchange.queued().folio
    assert exchange.tells("/voice/queue/answered", folio=folio, agent="PJSIP/1001") == "noted"
    assert (exchange.state(folio).state, exchange.state(folio).agent) == (State.HUMAN, None)
    assert exchange.tells("/voice/queue/left", folio=folio) == "noted"
    assert exchange.state(folio).transferred_to_human and not exchange.state(folio).to_typify


def test_another_callers_folio_changes_nothing(exchange: Exchange) -> None:
    other = exchange.queued("5599998888")
    assert exchange.tells("/voice/queue/left", folio=other.folio) == "unknown"
    assert exchange.tells("/voice/queue/answered", folio=other.folio, agent="ana") == "unknown"
    assert exchange.connects(other.folio, "survey")["returned"] == "unknown"
    assert exchange.state(other.folio) == other


def test_a_closed_folio_is_told_honestly(exchange: Exchange) -> None:
    folio = exchange.queued().folio
    exchange.tells("/voice/queue/left", folio=folio)
    assert exchange.connects(folio, "survey") == {"action": "hangup", "target": "", "returned": "closed"}


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("key", ["", "otra-clave-de-la-central", "ñandú"])
def test_nothing_is_told_or_changed_without_the_key(exchange: Exchange, path: str, key: str) -> None:
    folio = exchange.queued().folio
    answer = exchange.client.post(path, data={"key": key, "folio": folio, "caller": CALLER, "purpose": "survey"})
    assert answer.status_code in (403, 422) and folio not in answer.text
    assert exchange.state(folio).state is State.QUEUED


@pytest.mark.parametrize("form", [{"purpose": "otra"}, {"folio": "x" * 41}])
def test_what_the_exchange_may_not_say_is_named(exchange: Exchange, form: dict[str, str]) -> None:
    answer = exchange.client.post("/voice/calls", data={"key": KEY, **form})
    assert answer.status_code == 422 and next(iter(form)) in answer.text


def test_production_does_not_speak_with_a_voice_that_nobody_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_process, "Catalogue", lambda root, environment: Catalogue(root))  # its texts are examples
    with pytest.raises(ContentError, match=r"bots/shared/prompts/prompts\.yml: la voz sintética «.+» no está aprobada"):
        create_voice(settings(tmp_path, "productivo"))
