"""The voice process: `python -m server.voice`. Callers come over AudioSocket, the exchange announces them over HTTP.

A process of its own, so that neither sound waits for web pages nor web pages for sound. It shares the ledger with the
web server and talks to the same engine.
"""

import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import Field, ValidationError

from channels.browser_calls import BrowserCalls
from channels.telephone_numbers import numbers_of
from channels.voice_call import Voice
from channels.voice_calls import VoiceCalls
from channels.waiting_line import WaitingLine
from content.catalogue import Catalogue
from content.files import ContentError
from conversation.staff import Level
from desk.accounts import Accounts
from dialogue.rasa_engine import RasaEngine
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.staffing import LedgerStaffing
from ledger.vault import Vault, VaultError
from server.clock import InstitutionClock
from server.clock_control import clock_control
from server.conversation_thread import ConversationsBeside, OwnThread
from server.exchange import exchange_routes
from server.recordings import open_recordings
from server.settings import Settings, wrong_settings
from server.voice_prompts import prerender
from voice.asterisk_websocket import AsteriskWebSockets
from voice.audiosocket import KERNEL_BUFFER, AudioSocketServer
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.models import ModelRefused, find_model, models_folder, without_model
from voice.piper_synthesiser import PiperSynthesiser
from voice.prompt_cache import PromptCache, PromptFiles
from voice.recogniser import RecogniserFailed
from voice.recorded_prompts import RecordedPrompts
from voice.synthesiser import Synthesiser
from voice.vosk_recogniser import VoskRecogniser
from voice.websocket_call import MOST_MESSAGE

logger = logging.getLogger(__name__)
MAIN_MENU = "recepcion"
PRIORITY = -5
"""Niceness, where the operator allows it (CAP_SYS_NICE): a late frame is heard, a late page is not. What recognises and
synthesises for calls is niced by five again, so it stands level with the other processes."""


class VoiceSettings(Settings):
    """Settings of the web server, and those of calls."""

    voice_key: str = Field(min_length=16)
    """The telephone exchange shows it; without it the channel does not start."""
    voice_http_port: int = 9091
    audiosocket_port: int = 9092
    prompt_cache: Path = Path("var/prompts-voice")
    piper_url: str | None = None
    """Where Piper's server synthesises, such as `http://127.0.0.1:5000/synthesize`; espeak-ng speaks without it."""
    piper_voice: str = Field(default="piper", min_length=1)
    """What it speaks with, version included: cache and approval of the voice hold for that name."""
    call_minutes: float = Field(default=60, gt=0)
    """Longest call with the bot; then a person, or a polite end."""


def create_voice(settings: VoiceSettings) -> FastAPI:
    """The voice process over its adapters."""
    migrate(settings.database_url)
    catalogue = Catalogue(settings.root, settings.environment)
    database = open_database(settings.database_url)
    record = LedgerRecord(database, Vault(settings.ledger_key))
    clock, engine = InstitutionClock(settings.clock_start), RasaEngine(settings.engine_url)
    thread = OwnThread("conversations")
    service = ConversationsBeside(thread, record, engine, catalogue, clock)
    synthesiser = PromptCache(_synthesiser(settings), PromptFiles(settings.root.resolve() / settings.prompt_cache))
    line = WaitingLine(record, LedgerStaffing(database, clock))
    voice, numbers = _voice(settings, synthesiser), numbers_of(catalogue.with_bot())
    calls = VoiceCalls(service, line, catalogue, numbers, MAIN_MENU, voice, _levels(settings))
    server = AudioSocketServer(calls.serve)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await server.start(settings.host, settings.audiosocket_port)
        warming = asyncio.create_task(prerender(synthesiser, catalogue))
        yield
        warming.cancel()
        await server.close()
        await synthesiser.close()
        if voice.recogniser:
            voice.recogniser.close()
        await thread.run(engine.close())
        thread.close()

    app = FastAPI(title="Ventanilla voz", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(exchange_routes(settings.voice_key, server, calls))
    _health(app, server)
    app.include_router(AsteriskWebSockets(calls.serve, server.admit).routes())
    app.include_router(BrowserCalls(calls.serve, calls.next_step).routes(settings.voice_key))
    if settings.environment == "sandbox" and settings.control_token:
        app.include_router(clock_control(clock, settings.control_token))
    return app


def _synthesiser(settings: VoiceSettings) -> Synthesiser:
    if settings.piper_url:
        return PiperSynthesiser(settings.piper_url, settings.piper_voice)
    return EspeakSynthesiser()


def _levels(settings: VoiceSettings) -> Callable[[str], Level | None]:
    """The level of whom the exchange says attends, by the accounts of the desk."""
    accounts = Accounts(settings.root / settings.desk_agents)

    def level_of(username: str) -> Level | None:
        account = accounts.all().get(username)
        return account.level if account else None

    return level_of


def _voice(settings: VoiceSettings, synthesiser: PromptCache) -> Voice:
    folder = settings.voice_models or models_folder(settings.root.resolve())
    model = find_model(settings.voice_model, folder, for_tests=settings.voice_test_model)
    if model is None:
        logger.warning(without_model(settings.voice_model))
    recordings = open_recordings(settings.root.resolve() / settings.recordings, Vault(settings.ledger_key))
    recordings.repair()  # what a killed process left behind becomes readable, before the first call
    prompts = _recorded_prompts(settings, synthesiser)
    recogniser = VoskRecogniser(model) if model else None
    return Voice(synthesiser, recogniser, recordings, prompts=prompts, longest_s=60 * settings.call_minutes)


def _recorded_prompts(settings: VoiceSettings, synthesiser: PromptCache) -> RecordedPrompts:
    """Recordings of the campaigns. Raises ContentError in production while the synthetic voice is not approved."""
    production = settings.environment == "productivo"
    prompts = RecordedPrompts(settings.root.resolve() / "bots", approved_only=production)
    for problem in prompts.problems():
        logger.log(logging.ERROR if production else logging.WARNING, "%s", problem)
    if production and (problem := prompts.voice_problem(synthesiser.identity)):
        raise ContentError(problem)
    return prompts


def _health(app: FastAPI, server: AudioSocketServer) -> None:
    @app.get("/health")
    async def health() -> dict[str, object]:
        return {"status": "ok", "audiosocket": server.port}


def main() -> int:
    """Serve until interrupted; 2 when settings or content are wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        settings = VoiceSettings()  # fields come from the environment
        app = create_voice(settings)
    except ValidationError as error:
        print("\n".join(wrong_settings(error)), file=sys.stderr)
        return 2
    except (ContentError, VaultError, ModelRefused, RecogniserFailed) as error:
        print(error, file=sys.stderr)
        return 2
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    gc.collect()
    gc.freeze()  # looking through all that was loaded takes 50 to 250 ms, in which no call would have sound
    _run(app, settings.host, settings.voice_http_port)
    return 0


def _run(app: FastAPI, host: str, port: int) -> None:
    """Web sockets as calls need them: a short send buffer, no compression, and no pings (Asterisk hangs up on them)."""
    config = uvicorn.Config(
        app, host=host, port=port, access_log=False, log_level="warning", ws_max_size=MOST_MESSAGE,
        ws_per_message_deflate=False, ws_ping_interval=None,
    )  # fmt: skip
    listening = config.bind_socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)  # connections inherit it
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    sys.exit(main())
