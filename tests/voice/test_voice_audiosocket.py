"""AudioSocket byte by byte, and the server over real sockets: what Asterisk does, and what a broken peer does."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from call_parties import CALL, TONE, Flood, Listener, Serve
from hypothesis import given
from hypothesis import strategies as st

from voice.audiosocket import AudioSocketServer, Limits
from voice.audiosocket_messages import MOST_PAYLOAD, TERMINATE, Decoder, Kind, Message, ProtocolError, encode
from voice.placed_call import EndedBy, PlacedCall
from voice.playback import Player
from voice.transport import FRAME_BYTES, SILENCE, AudioFrame, CallEnded, CallTransport, HungUp, Inbound, KeyPressed

UUID_MESSAGE = bytes.fromhex("01 0010 6f1f3a528c1d4b0e9a570d2f6b7c8e90")


def test_the_bytes_are_those_of_the_protocol() -> None:
    assert encode(Kind.UUID, uuid.UUID(CALL).bytes) == UUID_MESSAGE
    assert encode(Kind.AUDIO, SILENCE) == b"\x10\x01\x40" + SILENCE  # 320, big-endian
    assert encode(Kind.DTMF, b"5") == b"\x03\x00\x015"
    assert encode(Kind.ERROR, b"\x01") == b"\xff\x00\x01\x01"
    assert TERMINATE == b"\x00\x00\x00"


messages = st.one_of(
    st.just(Message(Kind.TERMINATE, b"")),
    st.binary(min_size=16, max_size=16).map(lambda raw: Message(Kind.UUID, raw)),
    st.sampled_from("0123456789*#").map(lambda key: Message(Kind.DTMF, key.encode())),
    st.integers(0, MOST_PAYLOAD // 2).map(lambda samples: Message(Kind.AUDIO, b"\x01\x02" * samples)),
)


@given(st.lists(messages, max_size=6), st.integers(1, 700))
def test_messages_survive_any_cut_of_the_stream(sent: list[Message], piece: int) -> None:
    stream = b"".join(encode(one.kind, one.payload) for one in sent)
    decoder = Decoder()
    got = [one for place in range(0, len(stream), piece) for one in decoder.feed(stream[place : place + piece])]
    assert got == sent


@pytest.mark.parametrize(
    "header",
    ["10 ffff", "10 0141", "12 0280", "11 01e0", "01 000f", "03 0002", "03 0000", "00 0001", "02 0006", "47 4554"],
    ids=["huge", "odd", "16 kHz", "12 kHz", "short UUID", "two keys", "no key", "terminate", "draft", "HTTP"],
)
def test_a_header_that_is_none_is_refused_before_its_payload_comes(header: str) -> None:
    with pytest.raises(ProtocolError):
        Decoder().feed(bytes.fromhex(header))


@asynccontextmanager
async def listening(serve: Serve, limits: Limits | None = None) -> AsyncIterator[AudioSocketServer]:
    server = AudioSocketServer(serve, limits)
    await server.start(port=0)
    try:
        yield server
    finally:
        await server.close()


async def connected(server: AudioSocketServer, first: bytes = UUID_MESSAGE) -> socket.socket:
    """A bare socket that has sent these bytes."""
    peer = socket.create_connection(("127.0.0.1", server.port))
    peer.setblocking(False)
    await asyncio.get_running_loop().sock_sendall(peer, first)
    return peer


async def everything(peer: socket.socket) -> bytes:
    """What comes until the server closes."""
    loop, received = asyncio.get_running_loop(), b""
    async with asyncio.timeout(20):
        while part := await loop.sock_recv(peer, 65536):
            received += part
    peer.close()
    return received


async def test_silence_flows_at_once_and_a_registered_call_is_served() -> None:
    serve = Listener()
    async with listening(serve) as server:
        server.register(CALL.upper(), "5500001234", "8006232323")
        async with await PlacedCall.dial("127.0.0.1", server.port, CALL) as call:
            assert not await call.bot_speaks(within_s=0.3)
            assert call.heard_ms >= 200 and set(call.heard) == {0}
            call.say(TONE * 5)
            call.press("12#")
            await call.said()
        await serve.over.wait()
    assert serve.callers == ["5500001234"]
    assert serve.keys == "12#"
    assert TONE * 5 in serve.sound
    assert serve.events[-1] == HungUp("the caller hung up")


async def test_silence_also_flows_while_nobody_plays() -> None:
    async def slow(call: CallTransport) -> None:
        await asyncio.sleep(2.5)  # longer than Asterisk bears

    async with listening(slow) as server:
        server.register(CALL, "", "8006232323")
        async with await PlacedCall.dial("127.0.0.1", server.port, CALL) as call:
            assert await call.over(within_s=10) is EndedBy.SERVER
            assert call.heard_ms >= 100


@pytest.mark.parametrize("first", [UUID_MESSAGE, encode(Kind.AUDIO, SILENCE), b"GET / HTTP/1.1\r\n\r\n"])
async def test_who_is_not_registered_is_closed_politely(first: bytes) -> None:
    serve = Listener()
    async with listening(serve) as server:
        assert await everything(await connected(server, first)) == TERMINATE
    assert serve.callers == []


async def test_a_registration_admits_one_call_and_lapses() -> None:
    async with listening(Listener(), Limits(registration_s=0.0)) as server:
        server.register(CALL, "", "8006232323")
        assert await everything(await connected(server)) == TERMINATE
    async with listening(Listener()) as server:
        server.register(CALL, "", "8006232323")
        async with await PlacedCall.dial("127.0.0.1", server.port, CALL) as call:
            assert await everything(await connected(server)) == TERMINATE
            assert call.ended_by is None
        with pytest.raises(ValueError):
            server.register("no-uuid", "", "")


@pytest.mark.parametrize(
    "garbage", [b"\x10\xff\xff" + bytes(500), b"\x99\x00\x00", UUID_MESSAGE, b"\x03\x00\x02ab"], ids=repr
)
async def test_garbage_ends_that_call_only(garbage: bytes) -> None:
    serve = Listener(TONE * 500)
    other = "00000000-0000-4000-8000-000000000001"
    async with listening(serve) as server:
        server.register(CALL, "garbage", "1")
        server.register(other, "other", "1")
        async with await PlacedCall.dial("127.0.0.1", server.port, other) as good:
            assert await good.bot_speaks()
            received = await everything(await connected(server, UUID_MESSAGE + garbage))
            assert received.endswith(TERMINATE)
            before = good.heard_ms
            assert not await good.bot_is_silent(for_ms=40, within_s=0.3)
            assert good.ended_by is None and good.heard_ms > before


async def test_half_frames_and_other_packet_sizes_become_whole_frames() -> None:
    serve = Listener()
    sound = bytes(range(256)) * 10  # eight frames
    stream = b"".join(encode(Kind.AUDIO, sound[place : place + 480]) for place in range(0, len(sound), 480))
    async with listening(serve) as server:
        server.register(CALL, "", "1")
        peer = await connected(server, UUID_MESSAGE + stream[:1000])
        await asyncio.sleep(0.05)
        await asyncio.get_running_loop().sock_sendall(peer, stream[1000:] + encode(Kind.AUDIO) + TERMINATE)
        await everything(peer)
        await serve.over.wait()
    assert all(len(event.pcm) == FRAME_BYTES for event in serve.events if isinstance(event, AudioFrame))
    assert serve.sound == sound


async def test_asterisks_error_ends_the_call() -> None:
    serve = Listener()
    async with listening(serve) as server:
        server.register(CALL, "", "1")
        await everything(await connected(server, UUID_MESSAGE + encode(Kind.ERROR, b"\x02")))
        await serve.over.wait()
    assert serve.events == [HungUp("Asterisk reported error 02")]


async def test_a_peer_that_stops_reading_is_dropped() -> None:
    flood = Flood()
    async with listening(flood) as server:
        server.register(CALL, "", "1")
        peer = await connected(server)
        async with asyncio.timeout(30):
            assert await flood.stopped == "the peer stopped reading"
        peer.close()


async def test_a_reader_that_is_late_loses_old_sound_but_no_key() -> None:
    heard: list[Inbound] = []
    told = asyncio.Event()

    async def late(call: CallTransport) -> None:
        await asyncio.sleep(0.5)
        heard.extend([event async for event in call.events()])
        told.set()

    numbered = [bytes([number]) * FRAME_BYTES for number in range(30)]
    stream = encode(Kind.DTMF, b"7") + b"".join(encode(Kind.AUDIO, frame) for frame in numbered)
    async with listening(late, Limits(unread_frames=10)) as server:
        server.register(CALL, "", "1")
        peer = await connected(server, UUID_MESSAGE + stream + TERMINATE)
        await everything(peer)
        await told.wait()
    assert heard == [KeyPressed("7"), *map(AudioFrame, numbered[-9:]), HungUp("the caller hung up")]


async def test_a_peer_gone_without_a_word_is_noticed() -> None:
    serve = Listener()
    async with listening(serve, Limits(silent_s=0.3, first_message_s=0.3)) as server:
        server.register(CALL, "", "1")
        mute = await connected(server, b"")
        silent = await connected(server)
        assert (await everything(silent)).endswith(TERMINATE)
        assert await everything(mute) == TERMINATE
    assert serve.events == [HungUp("nothing came from the peer")]


async def test_hanging_up_in_the_middle_of_a_prompt_ends_both_sides() -> None:
    serve = Listener(TONE * 500)
    async with listening(serve) as server:
        server.register(CALL, "", "1")
        call = await PlacedCall.dial("127.0.0.1", server.port, CALL)
        assert await call.bot_speaks()
        await call.hang_up()
        async with asyncio.timeout(5):
            await serve.over.wait()


async def test_we_hang_up_with_terminate_and_send_nothing_after() -> None:
    refused: list[str] = []

    async def farewell(call: CallTransport) -> None:
        await call.hang_up()
        await call.hang_up()
        try:
            await call.send(TONE)
        except CallEnded as over:
            refused.append(str(over))

    async with listening(farewell) as server:
        server.register(CALL, "", "1")
        assert await everything(await connected(server)) == encode(Kind.AUDIO, SILENCE) + TERMINATE
    assert refused == ["hung up by us"]


async def test_a_frame_of_another_length_is_never_sent() -> None:
    refused: list[str] = []

    async def wrong(call: CallTransport) -> None:
        for frame in (b"", bytes(319), bytes(640)):
            try:
                await call.send(frame)
            except ValueError as error:
                refused.append(str(error))

    async with listening(wrong) as server:
        server.register(CALL, "", "1")
        assert await everything(await connected(server)) == encode(Kind.AUDIO, SILENCE) + TERMINATE
    assert len(refused) == 3


async def test_who_comes_when_all_lines_are_taken_is_closed_politely() -> None:
    serve = Listener()
    async with listening(serve, Limits(calls=1)) as server:
        other = "00000000-0000-4000-8000-000000000002"
        server.register(CALL, "", "1")
        server.register(other, "", "1")
        async with await PlacedCall.dial("127.0.0.1", server.port, CALL) as first:
            await first.bot_speaks(within_s=0.1)
            second = await PlacedCall.dial("127.0.0.1", server.port, other)
            assert await second.over(5) is EndedBy.SERVER
            assert first.ended_by is None


async def test_eight_calls_at_once_each_hear_their_own() -> None:
    async def own(call: CallTransport) -> None:
        player = Player(call)
        playing = asyncio.create_task(player.run())
        await player.play(call.info.caller.encode("ascii")[-1:].ljust(2, b"\x10") * 160 * 25).over()
        await call.hang_up()
        await playing

    async def place(server: AudioSocketServer, number: int) -> None:
        call_id = str(uuid.UUID(int=number))
        server.register(call_id, f"550000123{number}", "1")
        call = await PlacedCall.dial("127.0.0.1", server.port, call_id)
        assert await call.over(10) is EndedBy.SERVER
        spoken = call.heard.replace(SILENCE, b"")
        assert spoken == f"{number}".encode().ljust(2, b"\x10") * 160 * 25

    async with listening(own) as server:
        await asyncio.gather(*(place(server, number) for number in range(1, 9)))


async def test_closing_the_server_waits_for_what_a_call_still_has_to_do() -> None:
    done: list[str] = []

    async def serve(call: CallTransport) -> None:
        async for _ in call.events():
            pass
        await asyncio.sleep(0.1)  # its recording is closed, its conversation written
        done.append(call.info.call_id)

    async with listening(serve) as server:
        server.register(CALL, "", "1")
        async with await PlacedCall.dial("127.0.0.1", server.port, CALL) as call:
            await call.bot_speaks(within_s=0.2)
            await server.close()
            assert done == [CALL]


async def test_closing_the_server_does_not_wait_for_ever() -> None:
    over = asyncio.Event()

    async def serve(call: CallTransport) -> None:
        await over.wait()

    async with listening(serve, Limits(last_words_s=0.1)) as server:
        server.register(CALL, "", "1")
        async with await PlacedCall.dial("127.0.0.1", server.port, CALL) as call:
            await call.bot_speaks(within_s=0.2)
            await server.close()
            over.set()


async def test_closing_the_server_hangs_up() -> None:
    serve = Listener()
    async with listening(serve) as server:
        server.register(CALL, "", "1")
        call = await PlacedCall.dial("127.0.0.1", server.port, CALL)
        await call.bot_speaks(within_s=0.2)
        await server.close()
        assert await call.over(5) is EndedBy.SERVER
    await serve.over.wait()
