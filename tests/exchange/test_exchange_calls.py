"""A real SIP telephone calls the voice process by way of an exchange: sound, keys and hang-ups on both sides."""

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from heard_in_call import heard_by
from scripted_dialogue import KEY, ROOT, THURSDAY, Counter, ScriptedEngine, says
from sip_exchange import ExchangeCall, SipExchange, free_port, free_ports
from sip_telephone import SipTelephone

from channels.voice_words import in_words
from content.catalogue import Catalogue
from conversation.events import EventKind
from conversation.message import Sender
from conversation.ports import NotAnswered
from server import voice as voice_process
from voice.prompt_cache import PromptFiles
from voice.speaking import spoken

CALLER, DIALLED, VOICE_KEY = "5500001234", "8006232323", "clave-de-la-central-de-pruebas"
SPEECH, MODEL = ROOT / "tests" / "data" / "speech", ROOT / "tests" / "data" / "vosk-model-es-sintetico"
ANSWER = "Sus derechos aparecen vigentes. La consulta se hizo a las diez de la mañana."


class ClosingEngine(ScriptedEngine):
    async def close(self) -> None:
        """Holds nothing."""


@dataclass
class Line:
    """A telephone, the exchange it calls through, and the bot behind it."""

    telephone: SipTelephone
    exchange: SipExchange
    counter: Counter
    engine: ClosingEngine
    prompts: PromptFiles

    async def dialled(self) -> ExchangeCall:
        """Call the bot, until the exchange has answered."""
        self.telephone.dial(DIALLED, self.exchange.port)
        await self.telephone.told("CALL_ESTABLISHED")
        return self.exchange.calls[0]

    async def hears(self, text: str) -> None:
        """Until the caller has heard these words."""
        await heard_by(self.telephone, text, self.prompts)

    async def conversation(self) -> str:
        """The one conversation of the ledger, once it has been greeted."""
        later = THURSDAY + timedelta(days=1)
        while not (found := self.counter.record.idle_since(later)) or not self.counter.record.messages(found[0].id):
            await asyncio.sleep(0.05)
        return found[0].id


@asynccontextmanager
async def line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """Everything on the way of a call: baresip, the exchange, the voice process; only the bot's words are scripted."""
    counter, engine = Counter(folder, Catalogue(ROOT)), ClosingEngine()
    monkeypatch.setattr(voice_process, "RasaEngine", lambda url: engine)
    monkeypatch.setattr(voice_process, "prerender", nothing_ahead)
    audiosocket, http = free_port(), free_port()
    settings = voice_process.VoiceSettings(
        root=ROOT, environment="sandbox", database_url=counter.url, engine_url="http://127.0.0.1:9", ledger_key=KEY,
        session_secret="x" * 40, clock_start=THURSDAY, voice_key=VOICE_KEY, audiosocket_port=audiosocket,
        voice_model=str(MODEL), voice_test_model=True, prompt_cache=folder / "prompts",
        recordings=folder / "recordings",
    )  # fmt: skip
    app = voice_process.create_voice(settings)
    serving = uvicorn.Server(uvicorn.Config(app, port=http, log_level="warning", access_log=False))
    running = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.02)
    ports = free_ports()
    exchange = SipExchange(ports, f"http://127.0.0.1:{http}", VOICE_KEY, audiosocket)
    async with exchange.running(), SipTelephone.on(folder / "baresip", CALLER, ports + 20) as telephone:
        yield Line(telephone, exchange, counter, engine, PromptFiles(settings.prompt_cache))
    serving.should_exit = True
    await running


async def nothing_ahead(*prompts: object) -> None:
    """Prompts are made when they are said: all of them would keep the machine busy for the length of a call."""


def recorded(name: str) -> bytes:
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        return file.readframes(file.getnframes())


async def test_the_caller_hears_the_greeting_a_key_is_answered_and_the_bot_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line(tmp_path, monkeypatch) as held:
        held.engine.will(says(ANSWER, topic="vigencia_derechos"), NotAnswered(reason="engine_timeout"))
        call = await held.dialled()
        assert (call.caller, call.dialled) == (CALLER, DIALLED)
        greeting, *_ = held.counter.record.messages(await held.conversation())
        await held.hears(in_words(greeting))
        held.telephone.press("1")  # taken when greeting and notice are over
        await held.hears(spoken(ANSWER))
        assert call.keys == "1" and held.engine.turns[0].text == "1"
        held.telephone.press("0")
        await held.telephone.told("CALL_CLOSED", within_s=60)
        await asyncio.wait_for(call.over.wait(), 10)
    assert call.ended_by == "bot"
    assert (call.next_step["action"], call.next_step["campaign"]) == ("queue", "derechohabiente")


async def test_what_the_caller_says_over_the_menu_is_understood_and_a_hang_up_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line(tmp_path, monkeypatch) as held:
        held.engine.will(says(ANSWER))
        call = await held.dialled()
        menu = held.counter.record.messages(conversation := await held.conversation())[-1]
        await held.hears(in_words(menu))
        held.telephone.say(recorded("appointment"))
        await held.hears(spoken(ANSWER))
        assert held.engine.turns[0].text == "quiero una cita con mi médico familiar"
        held.telephone.hang_up()
        await asyncio.wait_for(call.over.wait(), 10)
        assert call.ended_by == "caller"
        while not held.counter.data_of(conversation, EventKind.RECORDED):
            await asyncio.sleep(0.1)
    assert held.counter.state(conversation).is_closed
    assert (Sender.USER, "quiero una cita con mi médico familiar") in held.counter.transcript(conversation)
