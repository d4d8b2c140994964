"""Meta's Graph API, over pywa: sending a message, fetching what somebody sent.

pywa's `send_message` takes a BSUID with letters for a group's id; so its API layer is called, which is told what it is.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx
from pywa.errors import AuthorizationError, ReEngagementMessage, ThrottlingError, WhatsAppError
from pywa_async.client import WhatsApp

from ledger.whatsapp_outbox import Body
from ledger.whatsapp_users import Address

TIMEOUT_SECONDS = 15.0
DOWNLOAD_TRIES = 3
DOWNLOAD_PAUSE_SECONDS = 1.0
_TRANSIENT = frozenset({1, 2, 131000, 131016, 131057, 133004})
"""Graph's and the Cloud API's own words for «try again» (error-codes page)."""
CLOSED_WINDOW = 131047
"""More than 24 hours since the person wrote: free text is refused."""


@dataclass(frozen=True)
class Accepted:
    """Meta took the message and will tell by webhook what becomes of it."""

    message_id: str


@dataclass(frozen=True)
class Refused:
    """Meta did not take it. `again`: it may be tried later; `window`: only a template may go now."""

    code: int | None
    error: str
    again: bool = False
    window: bool = False


@dataclass(frozen=True)
class OutcomeUnknown:
    """The connection broke off after the message had left: it may have been taken or not."""

    error: str


Sending = Accepted | Refused | OutcomeUnknown


@dataclass(frozen=True)
class NotFetched:
    """What somebody sent could not be had; `too_large` says why."""

    too_large: bool = False


def refused(code: int | None, error: str) -> Refused:
    """A refusal by its code alone, as it stands in a status."""
    kind = WhatsAppError.from_dict({"code": code or 0, "message": error}) if code is not None else None
    again = code in _TRANSIENT or isinstance(kind, ThrottlingError | AuthorizationError)
    return Refused(code, error, again=again, window=isinstance(kind, ReEngagementMessage))


class Graph:
    """One business number at Meta."""

    def __init__(self, phone_id: str, token: str, url: str | None = None) -> None:
        """`url` is a stand-in's address in the place of graph.facebook.com."""
        self._phone_id = phone_id
        self._session = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._api = WhatsApp(phone_id, token, session=self._session, validate_updates=False).api
        if url:
            self._session.base_url = httpx.URL(f"{url.rstrip('/')}{self._session.base_url.path}")

    async def close(self) -> None:
        """Close the connections."""
        await self._session.aclose()

    async def send(self, address: Address, body: Body, outbox_id: int) -> Sending:
        """Send one message, once. `outbox_id` comes back with its statuses."""
        try:
            answer = await self._api.send_message(
                sender=self._phone_id, to=address.number, recipient=None if address.number else address.user_id,
                recipient_type="individual", typ=body.type, msg=body.content, biz_opaque_callback_data=str(outbox_id),
            )  # fmt: skip
            return Accepted(str(answer["messages"][0]["id"]))
        except WhatsAppError as error:
            return _refusal(error)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Refused(None, type(error).__name__, again=True)
        except (httpx.RequestError, json.JSONDecodeError, KeyError, IndexError, TypeError) as error:
            return OutcomeUnknown(type(error).__name__)

    async def fetch(self, media_id: str, most: int) -> bytes | NotFetched:
        """The content of what somebody sent, of at most `most` bytes."""
        for attempt in range(DOWNLOAD_TRIES):
            if attempt:
                await asyncio.sleep(DOWNLOAD_PAUSE_SECONDS * attempt)
            try:
                about: dict[str, Any] = await self._api.get_media_url(media_id)
                if int(about.get("file_size") or 0) > most:
                    return NotFetched(too_large=True)
                return await self._download(str(about["url"]), most)
            except (WhatsAppError, httpx.HTTPError, json.JSONDecodeError, KeyError):
                continue
        return NotFetched()

    async def _download(self, url: str, most: int) -> bytes | NotFetched:
        content = bytearray()
        async with self._api.stream_media_bytes(url) as response:
            response.raise_for_status()
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > most:
                    return NotFetched(too_large=True)
        return bytes(content)


def _refusal(error: WhatsAppError) -> Sending:
    words = error.details or error.message
    status = error.status_code or 0
    if status >= 500 and error.code == status:  # no answer of Graph itself: a gateway on the way
        return OutcomeUnknown(f"HTTP {status}")
    answer = refused(error.code, words)
    return answer if status < 500 else Refused(error.code, words, again=True)
