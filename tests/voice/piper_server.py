"""A server that answers as Piper's does, with espeak-ng's voice: Piper's own voices cannot be had here.

`POST /synthesize` {"text"} -> WAV of 22,050 Hz; a text it cannot take is 400, and it can be told to fail.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

from voice.audio import resampled, wav
from voice.espeak_synthesiser import EspeakSynthesiser

PIPER_RATE = 22050


class _Text(BaseModel):
    text: str


class PiperServer:
    """One server on a port of its own. `failing` answers are 500; `garbage` is no WAV."""

    def __init__(self) -> None:
        self.url = ""
        self.failing, self.garbage = 0, False
        self.asked: list[str] = []

    def app(self) -> FastAPI:
        app, espeak = FastAPI(), EspeakSynthesiser()

        @app.post("/synthesize")
        async def synthesize(body: _Text) -> Response:
            self.asked.append(body.text)
            if not body.text.strip():
                raise HTTPException(400, "No text provided")
            if self.failing:
                self.failing -= 1
                raise HTTPException(500, "it broke")
            pcm = resampled(await espeak.speech(body.text), 8000, PIPER_RATE)
            return Response(b"no sound" if self.garbage else wav(pcm, PIPER_RATE), media_type="audio/wav")

        return app


@contextmanager
def piper_server() -> Iterator[PiperServer]:
    """The server, running in a thread."""
    piper = PiperServer()
    server = uvicorn.Server(uvicorn.Config(piper.app(), port=0, log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        threading.Event().wait(0.02)
    piper.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/synthesize"
    try:
        yield piper
    finally:
        server.should_exit = True
        thread.join()
