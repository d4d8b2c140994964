"""chan_websocket: a real server, and a client that says and bears what Asterisk does; then one that does not."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import websockets
from call_parties import CALL, TONE, Flood, Listener, Serve, everything, taking_calls
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from voice.asterisk_websocket import AsteriskWebSockets, read_event
from voice.audiosocket import AudioSocketServer, Limits
from voice.transport import FRAME_BYTES, SILENCE, AudioFrame, CallEnded, CallTransport, HungUp
from voice.websocket_call import MOST_MESSAGE, BadMessage

# As Asterisk 22 writes them; the form of docs.asterisk.org.
START = (
    "MEDIA_START connection_id:ventanilla channel:WebSocket/ventanilla/0x7f channel_id:1761245643.1 "
    "format:slin optimal_frame_size:320 ptime:20"
)
JSON_START = json.dumps(
    {
        "event": "MEDIA_START", "connection_id": "ventanilla", "channel": "WebSocket/ventanilla/0x7f",
        "channel_id": "1761245643.1", "format": "slin", "optimal_frame_size": 320, "ptime": 20,
        "channel_variables": {"MEDIA_WEBSOCKET_CONNECTION_ID": "ventanilla"},
    }
)  # fmt: skip


class Line:
    """The server's address, and the calls that may come."""

    def __init__(self, server: AudioSocketServer, port: int) -> None:
        self._server, self.port = server, port

    @contextmanager
    def announced(self, call: str = CALL) -> Iterator[str]:
        self._server.register(call, "5500001234", "8006232323")
        yield self.address(call)

    def address(self, call: str) -> str:
        return f"ws://127.0.0.1:{self.port}/voice/media?call={call}"


@asynccontextmanager
async def listening(serve: Serve, limits: Limits | None = None) -> AsyncIterator[Line]:
    register = AudioSocketServer(serve, limits)
    app = FastAPI()
    app.include_router(AsteriskWebSockets(serve, register.admit, limits).routes())
    async with taking_calls(app) as port:
        yield Line(register, port)


def dial(address: str, **options: Any) -> Any:
    """As Asterisk does: the subprotocol «media», no compression."""
    return websockets.connect(
        address, subprotocols=[websockets.Subprotocol("media")], compression=None, proxy=None, **options
    )


async def next_text(asterisk: ClientConnection) -> str:
    """The next command; sound is passed over."""
    async with asyncio.timeout(10):
        while not isinstance(message := await asterisk.recv(), str):
            pass
        return message


@pytest.mark.parametrize(
    ("start", "answer", "keys"),
    [
        (START, "ANSWER", ["DTMF_END digit:1 channel_id:1.1", "DTMF_END digit:# channel_id:1.1"]),
        (
            JSON_START, '{"command": "ANSWER"}',
            ['{"event":"DTMF_END","channel_id":"1","digit":"1"}', '{"event":"DTMF_END","channel_id":"1","digit":"#"}'],
        ),
    ],
    ids=["plain text", "JSON"],
)  # fmt: skip
async def test_sound_and_keys_both_ways_in_either_form(start: str, answer: str, keys: list[str]) -> None:
    serve = Listener(TONE * 10)
    async with listening(serve) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                assert asterisk.subprotocol == "media"
                await asterisk.send(start)
                assert await next_text(asterisk) == answer
                heard = b""
                while TONE * 10 not in heard:
                    frame = await asterisk.recv()
                    assert isinstance(frame, bytes) and len(frame) == FRAME_BYTES
                    heard += frame
                for key in keys:
                    await asterisk.send(key)
                await asterisk.send(TONE)
                await asterisk.send(start.replace("MEDIA_START", "STATUS"))
                await asterisk.send("")
            await serve.told()
    assert serve.callers == ["5500001234"]
    assert serve.keys == "1#"


async def test_frames_of_any_size_even_half_samples_become_20_ms() -> None:
    serve = Listener()
    sound = bytes(range(256)) * 10
    async with listening(serve) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(START)
                assert await next_text(asterisk) == "ANSWER"
                for place in range(0, len(sound), 333):
                    await asterisk.send(sound[place : place + 333])
            await serve.told()
    assert {len(event.pcm) for event in serve.events if isinstance(event, AudioFrame)} == {FRAME_BYTES}
    assert serve.sound == sound
    assert serve.events[-1] == HungUp("the caller hung up")


@pytest.mark.parametrize("call", ["", "no-uuid", CALL, "0" * 5000], ids=["none", "no UUID", "unknown", "long"])
async def test_who_is_not_announced_is_refused_before_the_handshake_ends(call: str) -> None:
    serve = Listener()
    async with listening(serve) as line:
        with pytest.raises(InvalidStatus) as refused:
            await dial(line.address(call))
        assert refused.value.response.status_code == 403
    assert serve.callers == []


async def test_a_call_that_was_announced_comes_once() -> None:
    async with listening(Listener()) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(START)
                assert await next_text(asterisk) == "ANSWER"
                with pytest.raises(InvalidStatus):
                    await dial(address)


async def test_who_comes_when_all_lines_are_taken_is_refused() -> None:
    other = "00000000-0000-4000-8000-000000000002"
    async with listening(Listener(), Limits(calls=1)) as line:
        with line.announced() as address, line.announced(other) as second:
            async with dial(address):
                with pytest.raises(InvalidStatus):
                    await dial(second)


@pytest.mark.parametrize(
    "messages",
    [
        [START, "{not json"], [START, '{"no": "event"}'], [START, "hola"], [START, START],
        [START, '{"event": 7}'], [START.replace("slin", "ulaw").replace("320", "160")],
        [JSON_START.replace("320", "640").replace('"slin"', '"slin16"')], ["MEDIA_START"],
    ],
    ids=["broken", "no event", "words", "twice", "number", "ulaw", "16 kHz", "bare"],
)  # fmt: skip
async def test_garbage_and_other_sound_end_that_call_only(messages: list[str]) -> None:
    other = "00000000-0000-4000-8000-000000000001"
    async with listening(Listener(TONE * 500)) as line:
        with line.announced(other) as good, line.announced() as address:
            async with dial(good) as asterisk:
                await asterisk.send(START)
                async with dial(address) as garbage:
                    for message in messages:
                        await garbage.send(message)
                    await everything(garbage)
                    assert garbage.close_code == 1003
                frames = [await asterisk.recv() for _ in range(5)]
                assert len(frames) == 5 and asterisk.close_code is None


async def test_a_message_that_asterisk_would_not_send_is_refused() -> None:
    serve = Listener()
    async with listening(serve) as line:
        with line.announced() as address:
            async with dial(address) as garbage:
                await garbage.send(START)
                assert await next_text(garbage) == "ANSWER"
                await garbage.send(bytes(MOST_MESSAGE + 1))
                await everything(garbage)
                assert garbage.close_code == 1009
            await serve.told()
    assert serve.sound == b""


async def test_without_media_start_nobody_is_served() -> None:
    serve = Listener()
    async with listening(serve, Limits(first_message_s=0.2)) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(TONE)
                assert await everything(asterisk) == []
    assert serve.callers == []


async def test_sound_before_a_late_media_start_is_not_lost() -> None:
    """On a busy machine it comes late (asterisk#1712)."""
    serve = Listener()
    async with listening(serve) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(TONE)
                await asterisk.send(START)
                assert await next_text(asterisk) == "ANSWER"
            await serve.told()
    assert serve.sound == TONE


async def test_barge_in_flushes_and_a_full_queue_is_waited_for() -> None:
    serve = Listener(TONE * 500)
    async with listening(serve) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(START)
                assert await next_text(asterisk) == "ANSWER"
                await asterisk.recv()
                assert serve.player is not None and serve.player.stop() > 0
                assert await next_text(asterisk) == "FLUSH_MEDIA"
                assert await asterisk.recv() == SILENCE
                await asterisk.send("MEDIA_XOFF channel_id:1.1")
                while True:  # what was on its way
                    try:
                        async with asyncio.timeout(0.5):
                            await asterisk.recv()
                    except TimeoutError:
                        break
                await asterisk.send("MEDIA_XON channel_id:1.1")
                async with asyncio.timeout(5):
                    assert await asterisk.recv() == SILENCE
                await asterisk.send("MEDIA_XOFF channel_id:1.1")
            await serve.told()  # also who waits to send


@pytest.mark.parametrize(("start", "hangup"), [(START, "HANGUP"), (JSON_START, '{"command": "HANGUP"}')])
async def test_we_hang_up_with_a_command_and_then_close(start: str, hangup: str) -> None:
    refused: list[str] = []

    async def farewell(call: CallTransport) -> None:
        await call.send(TONE)
        await call.hang_up()
        await call.hang_up()
        try:
            await call.send(TONE)
        except CallEnded as over:
            refused.append(str(over))

    async with listening(farewell) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(start)
                received = await everything(asterisk)
                assert received[1:] == [TONE, hangup]
                assert asterisk.close_code == 1000
                assert all(len(message) <= 128 for message in received if isinstance(message, str))
    assert refused == ["hung up by us"]


async def test_a_client_that_stops_reading_is_dropped() -> None:
    flood = Flood()
    async with listening(flood) as line:
        with line.announced() as address:
            asterisk = await dial(address, max_queue=1, close_timeout=0.1)
            await asterisk.send(START)
            async with asyncio.timeout(30):
                assert await flood.stopped == "the peer stopped reading"
            await asterisk.close()


async def test_a_peer_gone_without_a_word_is_noticed() -> None:
    serve = Listener()
    async with listening(serve, Limits(silent_s=0.3)) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(START)
                await everything(asterisk)
        await serve.told()
    assert serve.events == [HungUp("nothing came from the peer")]


async def test_a_call_that_fails_is_closed() -> None:
    async def broken(call: CallTransport) -> None:
        raise RuntimeError("a defect of ours")

    async with listening(broken) as line:
        with line.announced() as address:
            async with dial(address) as asterisk:
                await asterisk.send(START)
                assert "HANGUP" in await everything(asterisk)


@given(st.text(max_size=200))
def test_any_text_is_an_event_or_refused(text: str) -> None:
    try:
        event = read_event(text)
    except BadMessage:
        return
    assert event.name.replace("_", "").isalpha() and event.name.isupper() or set(event.name) == {"_"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_any_json_is_an_event_or_refused(value: object) -> None:
    text = json.dumps({"event": value, "digit": value})
    try:
        assert read_event(text).name == value
    except BadMessage:
        return
