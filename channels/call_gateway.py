"""Calls from the web page, in the web server: permission to call, and the way of the sound to the voice process.

The web server passes the socket on, so that one address, one certificate and one reverse proxy do, and the voice
process stays unreachable from outside.
"""

import asyncio
from typing import Protocol

import httpx
import websockets
from fastapi import APIRouter, HTTPException, Request, WebSocket, WebSocketDisconnect
from starlette.datastructures import Headers
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from channels.browser_calls import REQUEST, STREAM
from conversation.campaign import Campaign
from conversation.message import Channel
from voice.websocket_call import MOST_MESSAGE

FOREIGN, NO_VOICE = 4403, 4503
"""Close codes: another site's page; the voice process is not there."""
UNAVAILABLE = "Por ahora no es posible llamar desde esta página. Puede seguir por escrito."
_PATIENCE_S = 5.0


class Campaigns(Protocol):
    """The campaigns of this installation."""

    def get(self, campaign_id: str) -> Campaign | None:
        """One campaign."""
        ...


class CallGateway:
    """The end points of the call button."""

    def __init__(self, campaigns: Campaigns, voice_url: str, voice_key: str) -> None:
        """`voice_url` is where the voice process answers this server; `voice_key` is shown to it."""
        self._campaigns, self._url, self._key = campaigns, voice_url.rstrip("/"), voice_key

    def routes(self) -> APIRouter:
        """Of the page alone: integrators have the telephone, or AudioSocket."""
        router = APIRouter(include_in_schema=False)

        @router.post("/api/v1/campaigns/{campaign_id}/calls", status_code=201)
        async def ask(campaign_id: str, request: Request) -> dict[str, str]:
            if not _of_this_site(request.headers):
                raise HTTPException(403, "Solo se puede llamar desde la página del asistente.")
            campaign = self._campaigns.get(campaign_id)
            if campaign is None or not takes_calls(campaign):
                raise HTTPException(404, f"«{campaign_id}» no atiende llamadas.")
            return {"token": await self._token(campaign_id, request.client.host if request.client else "")}

        @router.websocket(STREAM)
        async def stream(socket: WebSocket) -> None:
            await socket.accept()
            if not _of_this_site(socket.headers):
                await socket.close(FOREIGN)
                return
            try:
                await self._pass_on(socket)
            except WebSocketDisconnect:
                pass

        return router

    async def _token(self, campaign: str, address: str) -> str:
        form = {"key": self._key, "campaign": campaign, "address": address}
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False) as client:
                answer = await client.post(self._url + REQUEST, data=form)
        except httpx.HTTPError as error:
            raise HTTPException(503, UNAVAILABLE) from error
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise HTTPException(429, answer.json()["detail"])
        if not answer.is_success:
            raise HTTPException(503, UNAVAILABLE)
        return answer.text

    async def _pass_on(self, socket: WebSocket) -> None:
        """Both ways until either side ends, which the other is told by the same code."""
        address = self._url.replace("http", "ws", 1) + STREAM
        try:
            voice = await websockets.connect(
                address, compression=None, proxy=None, open_timeout=_PATIENCE_S, max_size=MOST_MESSAGE
            )  # fmt: skip
        except (OSError, WebSocketException, TimeoutError):
            await socket.close(NO_VOICE)
            return
        async with voice:
            ways = {asyncio.create_task(_to_voice(socket, voice)), asyncio.create_task(_to_page(voice, socket))}
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


async def _to_voice(socket: WebSocket, voice: ClientConnection) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        content = message.get("text") if message.get("text") is not None else message.get("bytes")
        await voice.send(content or b"")


async def _to_page(voice: ClientConnection, socket: WebSocket) -> None:
    try:
        async for message in voice:
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
    except ConnectionClosed:
        pass  # not by a closing handshake: the page is told all the same
    await socket.close(voice.close_code or NO_VOICE)


def takes_calls(campaign: Campaign) -> bool:
    """Whether the campaign has a bot that serves the telephone."""
    return campaign.has_bot and campaign.serves(Channel.VOICE)


def _of_this_site(headers: Headers) -> bool:
    """Whether the page that asks is one of ours: browsers say so, and a page cannot make them lie."""
    return headers.get("origin", "").split("://")[-1] == headers.get("host")
