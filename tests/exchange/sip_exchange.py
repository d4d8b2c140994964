"""A telephone exchange as small as a test needs: SIP and RTP towards a telephone, AudioSocket towards the bot.

Debian 12 has no PBX, so this stands where Asterisk stands and does what docs/asterisk says that its dialplan does:
announces the call, answers, connects AudioSocket, and asks what is next when the bot is done. Signalling (RFC 3261, SDP
of RFC 4566) and media (RFC 3550, G.711, keys of RFC 4733) are aiosipua's and aiortp's.
"""

import asyncio
import random
import re
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
from aiortp import PayloadType
from aiosipua import CallSession, IncomingCall, SipUAS, UdpSipTransport

from voice.audiosocket_messages import TERMINATE, Decoder, Kind, encode

HOST = "127.0.0.1"


@dataclass
class ExchangeCall:
    """What the exchange saw of one call; `over` is set once both sides are down."""

    caller: str
    dialled: str
    keys: str = ""
    """That came as telephone-events from the telephone, and went on to the bot."""
    ended_by: str = ""
    """`caller` or `bot`, or what went wrong in between."""
    next_step: dict[str, str] = field(default_factory=dict)
    """The bot's answer to «what is next», as the dialplan's variables."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class SipExchange:
    """Answers every call and connects it with the voice process; `ports` is the first of some (`free_ports`)."""

    def __init__(self, ports: int, voice_url: str, voice_key: str, audiosocket_port: int) -> None:
        self.port, self._audiosocket_port, self._key = ports, audiosocket_port, voice_key
        self._voice = httpx.AsyncClient(base_url=voice_url, timeout=30.0)
        self._agent = SipUAS(UdpSipTransport(local_addr=(HOST, ports)))
        self._agent.on_invite = self._invited
        self._agent.on_bye = self._bye
        self._agent.on_cancel = lambda request, address: None
        self._bridges: dict[str, asyncio.Task[None]] = {}
        self._media_port = ports
        self.calls: list[ExchangeCall] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SipExchange"]:
        """Listen for calls for so long."""
        await self._agent.start()
        try:
            yield self
        finally:
            for bridge in tuple(self._bridges.values()):
                bridge.cancel()
            await asyncio.gather(*self._bridges.values(), return_exceptions=True)
            await self._agent.stop()
            await self._voice.aclose()

    def _invited(self, invited: IncomingCall) -> None:
        call = ExchangeCall(user_of(invited.caller), user_of(invited.invite.uri))
        self.calls.append(call)
        self._bridges[invited.call_id] = asyncio.create_task(self._dialplan(invited, call))

    def _bye(self, ended: IncomingCall, request: object) -> None:
        """The telephone hung up: what runs for its call is stopped, as Asterisk stops an application."""
        self._bridges[ended.call_id].cancel()

    async def _dialplan(self, invited: IncomingCall, call: ExchangeCall) -> None:
        """Announce, Answer, AudioSocket, ask what is next, hang up: docs/asterisk/extensions.conf."""
        assert invited.sdp_offer is not None
        self._media_port += 2
        media = CallSession(HOST, self._media_port, invited.sdp_offer, supported_codecs=[PayloadType.PCMU])
        try:
            announced = await self._ask("/voice/calls", caller=call.caller, dialled=call.dialled)
            await media.start()
            invited.accept(media.sdp_answer)
            await self._audiosocket(announced, media, call)
            call.ended_by = "bot"
            step = await self._ask(f"/voice/calls/{announced}/next")
            call.next_step = {name: values[0] for name, values in parse_qs(step, keep_blank_values=True).items()}
            invited.hangup()
        except asyncio.CancelledError:
            call.ended_by = "caller"
        except (OSError, httpx.HTTPError) as error:
            call.ended_by = f"exchange: {error!r}"
            invited.reject(503)  # the dialplan's [respaldo] would have it now
        finally:
            await media.close()
            call.over.set()

    async def _ask(self, path: str, **form: str) -> str:
        answer = await self._voice.post(path, data={"key": self._key, **form})
        return answer.raise_for_status().text.strip()

    async def _audiosocket(self, call_id: str, media: CallSession, call: ExchangeCall) -> None:
        """Asterisk's application: sound both ways, keys towards the bot, until the bot terminates or closes."""
        reader, writer = await asyncio.open_connection(HOST, self._audiosocket_port)
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        writer.write(encode(Kind.UUID, uuid.UUID(call_id).bytes))

        def pressed(digit: str, duration: int) -> None:
            call.keys += digit
            writer.write(encode(Kind.DTMF, digit.encode("ascii")))

        media.on_audio = lambda pcm, timestamp: writer.write(encode(Kind.AUDIO, pcm))
        media.on_dtmf = pressed
        decoder, terminated = Decoder(), False
        try:
            while not terminated and (received := await reader.read(4096)):
                for message in decoder.feed(received):
                    terminated = terminated or message.kind is Kind.TERMINATE
                    if message.kind is Kind.AUDIO:
                        media.rtp_session.send_audio_pcm_auto(message.payload)
        finally:
            media.on_audio = media.on_dtmf = None
            writer.write(TERMINATE)
            writer.close()


def user_of(uri: str) -> str:
    """`sip:5512345678@exchange` -> `5512345678`; nothing where the URI has no user (a withheld number)."""
    found = re.search(r"sips?:([^@;>]+)@", uri)
    return found[1] if found else ""


def free_ports(many: int = 40) -> int:
    """The first, an even one, of so many free ports in a row: SIP, its TLS beside it, RTP and RTCP in pairs."""
    while True:
        first = random.randrange(20_000, 30_000, 2)
        try:
            for port in range(first, first + many):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET, kind) as probe:
                        probe.bind((HOST, port))
        except OSError:
            continue
        return first


def free_port() -> int:
    """A TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
