"""Calls from the page without a page: a real web server before a real voice server, and clients good and bad."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from call_parties import TONE, Flood, Listener, Serve, everything, taking_calls
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from channels.browser_calls import REQUEST, STREAM, Allowance, BrowserCalls
from channels.call_dialogue import NextStep
from channels.call_gateway import CallGateway
from content.catalogue import Catalogue
from voice.audiosocket import Limits
from voice.transport import (
    FRAME_BYTES,
    SILENCE,
    AudioFrame,
    CallTransport,
    HungUp,
    KeyPressed,
    ShowsWords,
)

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-of-the-exchange"


@dataclass
class Site:
    """Where the page talks to, and what stands behind."""

    web: str
    voice: str

    async def ask(self, campaign: str = "derechohabiente", **headers: str) -> httpx.Response:
        headers = {"Origin": f"http://{self.web}", **headers}
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(f"http://{self.web}/api/v1/campaigns/{campaign}/calls", headers=headers)

    def dial(self, origin: str | None = None, **options: Any) -> Any:
        return websockets.connect(
            f"ws://{self.web}{STREAM}", origin=websockets.Origin(origin or f"http://{self.web}"), proxy=None, **options
        )

    @asynccontextmanager
    async def calling(self, **options: Any) -> AsyncIterator[ClientConnection]:
        """A call that has shown its token and was welcomed."""
        token = (await self.ask()).json()["token"]
        async with self.dial(**options) as page:
            await page.send(json.dumps({"type": "hello", "token": token}))
            assert json.loads(await page.recv()) == {"type": "welcome"}
            yield page


@asynccontextmanager
async def site(serve: Serve, limits: Limits | None = None, allowance: Allowance | None = None) -> AsyncIterator[Site]:
    voice_app, web_app = FastAPI(), FastAPI()
    calls = BrowserCalls(serve, lambda call: NextStep("hangup"), limits, allowance)
    voice_app.include_router(calls.routes(KEY))
    async with taking_calls(voice_app) as voice_port:
        voice = f"127.0.0.1:{voice_port}"
        web_app.include_router(CallGateway(Catalogue(ROOT), f"http://{voice}", KEY).routes())
        async with taking_calls(web_app) as web_port:
            yield Site(f"127.0.0.1:{web_port}", voice)


class Speaker(Listener):
    """A listener that also shows what it says."""

    async def __call__(self, call: CallTransport) -> None:
        if isinstance(call, ShowsWords):
            call.caption("¿En qué le ayudo?")
        await super().__call__(call)


async def test_sound_keys_and_captions_pass_the_web_server_both_ways() -> None:
    serve = Speaker(TONE * 10)
    async with site(serve) as at:
        async with at.calling() as page:
            assert json.loads(await page.recv()) == {"type": "caption", "text": "¿En qué le ayudo?"}
            heard = b""
            while TONE * 10 not in heard:
                frame = await page.recv()
                assert isinstance(frame, bytes) and len(frame) == FRAME_BYTES
                heard += frame
            for part in (TONE[:101], TONE[101:]):
                await page.send(part)
            await page.send('{"type": "key", "digit": "5"}')
            await page.send('{"type": "hangup"}')
            received = await everything(page)
            assert json.loads(received[-1]) == {"type": "ended", "next": "hangup", "folio": ""}
            assert page.close_code == 1000
        await serve.told()
    (call,) = serve.calls
    assert (call.info.caller, call.info.campaign, call.info.dialled) == ("127.0.0.1", "derechohabiente", "")
    assert len(call.info.token_hash) == 64
    assert serve.events == [AudioFrame(TONE), KeyPressed("5"), HungUp("the caller hung up")]


async def test_who_interrupts_hears_no_more() -> None:
    serve = Speaker(TONE * 500)
    async with site(serve) as at, at.calling() as page:
        while await page.recv() != TONE:
            pass
        assert serve.player is not None and serve.player.stop() > 0
        while (message := await page.recv()) == TONE:
            pass
        assert json.loads(message) == {"type": "flush"}
        assert await page.recv() == SILENCE


async def test_a_token_admits_one_call_and_lapses() -> None:
    async with site(Speaker(), allowance=Allowance(token_s=0.0)) as at:
        assert await closed_with(at, (await at.ask()).json()["token"]) == 4401
    async with site(Speaker()) as at:
        token = (await at.ask()).json()["token"]
        async with at.dial() as page:
            await page.send(json.dumps({"type": "hello", "token": token}))
            await page.recv()
            assert await closed_with(at, token) == 4401


async def closed_with(at: Site, token: object) -> int | None:
    async with at.dial() as page:
        await page.send(json.dumps({"type": "hello", "token": token}))
        assert await everything(page) == []
        return page.close_code


@pytest.mark.parametrize("hello", ["", "no json", "[]", '{"type": "hello"}', '{"type": "key", "digit": "1"}', TONE])
async def test_who_shows_no_token_is_closed(hello: str | bytes) -> None:
    serve = Speaker()
    async with site(serve) as at, at.dial() as page:
        await page.send(hello)
        assert await everything(page) == []
        assert page.close_code == 4401
    assert serve.calls == []


async def test_who_says_nothing_is_closed() -> None:
    async with site(Speaker(), Limits(first_message_s=0.2)) as at, at.dial() as page:
        assert await everything(page) == [] and page.close_code == 4401


@pytest.mark.parametrize("garbage", ["{", "7", '{"type": "key", "digit": 5}', '{"type": "shout"}', "x" * 66_000])
async def test_garbage_ends_that_call_only(garbage: str) -> None:
    serve = Speaker(TONE * 500)
    async with site(serve) as at, at.calling() as good:
        async with at.calling() as page:
            await page.send(garbage)
            await everything(page)
            assert page.close_code != 1000
        assert len([await good.recv() for _ in range(5)]) == 5
        assert good.close_code is None


async def test_a_page_of_another_site_may_not_call() -> None:
    serve = Speaker()
    async with site(serve) as at:
        assert (await at.ask(Origin="https://otro.example")).status_code == 403
        assert (await at.ask(Origin="null")).status_code == 403
        async with at.dial("https://otro.example") as page:
            assert await everything(page) == [] and page.close_code == 4403
    assert serve.calls == []


async def test_only_campaigns_with_voice_take_calls() -> None:
    async with site(Speaker()) as at:
        for campaign in ("velatorios", "no_such", "..%2Fetc"):
            assert (await at.ask(campaign)).status_code == 404


async def test_three_calls_of_one_address_are_open_at_most() -> None:
    async with site(Speaker()) as at, at.calling(), at.calling():
        assert (await at.ask()).status_code == 201  # the third, asked for and not begun
        refused = await at.ask()
        assert refused.status_code == 429
        assert "Termine una" in refused.json()["detail"]
        # Who has taken its token away cannot be told from who is about to call, until it lapses.


async def test_a_call_that_ended_makes_room_and_the_hour_is_counted() -> None:
    async with site(Speaker(), allowance=Allowance(open=1, per_hour=3)) as at:
        for _ in range(3):
            async with at.calling() as page:
                assert (await at.ask()).status_code == 429
                await page.send('{"type": "hangup"}')
                await everything(page)
        refused = await at.ask()
        assert refused.status_code == 429
        assert "muchas llamadas" in refused.json()["detail"]


async def test_all_lines_taken_is_told() -> None:
    async with site(Speaker(), Limits(calls=1)) as at, at.calling():
        token = (await at.ask()).json()["token"]
        assert await closed_with(at, token) == 4429


async def test_the_voice_process_wants_its_key() -> None:
    async with site(Speaker()) as at, httpx.AsyncClient(trust_env=False) as client:
        form = {"key": "ñ-otra", "campaign": "derechohabiente", "address": "1.2.3.4"}
        assert (await client.post(f"http://{at.voice}{REQUEST}", data=form)).status_code == 403


async def test_without_a_voice_process_the_page_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        nobody = f"http://127.0.0.1:{bound.getsockname()[1]}"
    app = FastAPI()
    app.include_router(CallGateway(Catalogue(ROOT), nobody, KEY).routes())
    async with taking_calls(app) as port:
        at = Site(f"127.0.0.1:{port}", "")
        refused = await at.ask()
        assert refused.status_code == 503
        assert "seguir por escrito" in refused.json()["detail"]
        async with at.dial() as page:
            assert await everything(page) == [] and page.close_code == 4503


async def test_a_page_that_stops_reading_is_dropped() -> None:
    flood = Flood()
    async with site(flood) as at, at.calling(max_queue=1, close_timeout=0.1):
        async with asyncio.timeout(60):
            assert await flood.stopped == "the peer stopped reading"


async def test_a_page_that_is_closed_or_falls_silent_hangs_up() -> None:
    serve = Speaker()
    async with site(serve, Limits(silent_s=0.3)) as at:
        async with at.calling():
            pass
        await serve.told()
        assert serve.events == [HungUp("the caller hung up")]
        serve.over.clear()
        async with at.calling() as page:
            await everything(page)
        await serve.told()
        assert serve.events[-1] == HungUp("nothing came from the peer")
