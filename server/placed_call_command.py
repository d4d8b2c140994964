"""`ventanilla call`: place a call against the running system over AudioSocket, as Asterisk would."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import httpx

from content.catalogue import Catalogue
from server.secrets_file import sandbox_secrets
from voice.audio import WrongFormat, read_wav, resampled
from voice.placed_call import EndedBy, PlacedCall

HELD, CUT, REFUSED = 0, 1, 2  # exit statuses
TURN_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla call` to `parser`."""
    parser.add_argument("campaign", help="campaña a la que se llama, por su número")
    parser.add_argument(
        "--wav", action="append", default=[], type=Path, help="qué se dice en cada turno; puede repetirse"
    )
    parser.add_argument("--dtmf", action="append", default=[], metavar="TECLAS", help="qué se marca en cada turno")
    parser.add_argument("--record", type=Path, metavar="ARCHIVO", help="guardar lo que se oyó")
    parser.add_argument("--caller", default="5500001234", help="número desde el que se llama")
    parser.add_argument("--http", default=os.environ.get("VENTANILLA_VOICE_URL", "http://127.0.0.1:9091"))
    parser.add_argument("--audiosocket", type=int, default=int(os.environ.get("VENTANILLA_AUDIOSOCKET_PORT", "9092")))


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Hold the call: after each prompt the next recording, then the next keys; hang up when there is no more to say.

    Returns:
        0 held to its end, 1 cut in a way that an exchange would not take, 2 when it could not be placed.
    """
    campaign = Catalogue(root).get(arguments.campaign)
    if campaign is None or not campaign.phones:
        return _refuse(f"«{arguments.campaign}» no existe o no tiene número telefónico.")
    try:
        sounds = [resampled(*read_wav(path)) for path in arguments.wav]
    except (OSError, WrongFormat) as error:
        return _refuse(str(error))
    key = os.environ.get("VENTANILLA_VOICE_KEY") or _key_of(root)
    body = {"key": key, "caller": arguments.caller, "dialled": campaign.phones[0]}
    try:
        announced = httpx.post(f"{arguments.http}/voice/calls", data=body, timeout=10.0).raise_for_status()
        return asyncio.run(_hold(arguments, announced.text, sounds))
    except (httpx.HTTPError, OSError, TimeoutError) as error:
        return _refuse(f"No se pudo llamar ({type(error).__name__}). ¿Está en marcha el sistema («make run»)?")


async def _hold(arguments: argparse.Namespace, call_id: str, sounds: list[bytes]) -> int:
    started = time.monotonic()
    async with await PlacedCall.dial("127.0.0.1", arguments.audiosocket, call_id) as call:
        for sound, keys in _turns(sounds, arguments.dtmf):
            if not await call.bot_is_silent(within_s=TURN_SECONDS):
                break
            if keys:
                call.press(keys)
            call.say(sound)
            await call.said()
            await call.bot_speaks()
        await call.bot_is_silent(within_s=TURN_SECONDS)
        ended = call.ended_by
        if arguments.record:
            call.save(arguments.record)
    told = ended.value if ended else EndedBy.CALLER.value
    print(f"Llamada de {time.monotonic() - started:.0f} s; terminó: {told}. {call.detail}".strip())
    return CUT if ended in (EndedBy.PROTOCOL, EndedBy.NO_ACTIVITY) else HELD


def _turns(sounds: list[bytes], keys: list[str]) -> list[tuple[bytes, str]]:
    return [(sound, "") for sound in sounds] + [(b"", one) for one in keys]


def _key_of(root: Path) -> str:
    kept = root / "var" / "secrets.env"
    return sandbox_secrets(kept)["VENTANILLA_VOICE_KEY"] if kept.exists() else ""


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return REFUSED
