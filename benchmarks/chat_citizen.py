"""A citizen at the web chat, as its page behaves: a WebSocket that comes back, nothing sent anew under another id."""

import asyncio
import itertools
import json
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.turns import SAYINGS

BACKOFF_SECONDS = 1.0
ANSWER_SECONDS = 120.0


def sayings_from(start: int) -> Iterator[str]:
    """The sayings for ever, each citizen beginning with another one."""
    return itertools.islice(itertools.cycle(SAYINGS), start % len(SAYINGS), None)


class Citizen:
    """One conversation. `sent` and `seen` are what the ledger must hold; `took` is in milliseconds."""

    def __init__(self, http: httpx.AsyncClient, web: str, campaign: str, sayings: Iterator[str], address: str) -> None:
        """`address` is where the citizen seems to come from: limits are per address, and the proxy tells it."""
        self._http, self._campaign, self._sayings = http, campaign, sayings
        self._socket_base, self._address = web.replace("http", "ws", 1), address
        self._token = ""
        self._socket: ClientConnection | None = None
        self.conversation = ""
        self.sent: list[str] = []
        self.seen: list[str] = []
        self.took: list[float] = []
        self.reconnections = 0

    async def talk(self, after: float, pause: float, until: float) -> None:
        """Open after a while, then say something every `pause` seconds until the time is over."""
        await asyncio.sleep(after)
        await self._open()
        while time.monotonic() < until:
            await self._say(next(self._sayings))
            await asyncio.sleep(pause)
        if self._socket:
            await self._socket.close()
        await self._connect()  # what was still on its way is what a page shows after a reload

    async def _open(self) -> None:
        response = await self._http.post(
            f"/api/v1/campaigns/{self._campaign}/conversations", json={}, headers={"X-Forwarded-For": self._address}
        )
        opened = response.raise_for_status().json()
        self.conversation, self._token = opened["conversation_id"], opened["token"]
        self._see(opened["messages"])
        await self._connect()

    async def _say(self, text: str) -> None:
        """One turn; a lost connection is made anew and the same message is sent again under the same id."""
        frame = {"type": "message", "client_message_id": str(uuid.uuid4()), "text": text}
        self.sent.append(frame["client_message_id"])
        started = time.monotonic()
        while True:
            try:
                assert self._socket is not None
                await self._socket.send(json.dumps(frame))
                await self._acknowledged(frame["client_message_id"])
                break
            except (WebSocketException, OSError, TimeoutError):
                await self._connect_again()
        self.took.append((time.monotonic() - started) * 1000)

    async def _acknowledged(self, client_message_id: str) -> None:
        assert self._socket is not None
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                frame = json.loads(await self._socket.recv())
                self._see(frame.get("messages", ()))
                if frame["type"] == "error":
                    raise SystemExit(f"the server refused a message: {frame}")
                if frame["type"] == "ack" and frame["client_message_id"] == client_message_id:
                    return

    async def _connect(self) -> None:
        self._socket = await connect(
            f"{self._socket_base}/api/v1/conversations/{self.conversation}/stream",
            additional_headers={"X-Forwarded-For": self._address}, open_timeout=60, ping_interval=None,
        )  # fmt: skip
        after = self.seen[-1] if self.seen else None
        await self._socket.send(json.dumps({"type": "hello", "token": self._token, "after": after}))
        self._see(json.loads(await self._socket.recv())["messages"])

    async def _connect_again(self) -> None:
        while True:
            await asyncio.sleep(BACKOFF_SECONDS * random.uniform(0.5, 1.5))
            try:
                await self._connect()
            except (WebSocketException, OSError, TimeoutError):
                continue
            self.reconnections += 1
            return

    def _see(self, messages: list[dict[str, Any]]) -> None:
        """What the page would show: a message that is there already is not shown again."""
        known = set(self.seen)
        self.seen.extend(one["id"] for one in messages if one["id"] not in known)
