"""The token of a conversation: whoever opened it, and nobody else, may speak in it, until it expires."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from conversation.conversation import Conversation
from conversation.ports import Clock

AFTER_CLOSE = timedelta(hours=24)
"""For so long the transcript of a closed conversation may still be read."""
LONGEST_LIFE = timedelta(days=7)
"""Age at which a token ends whatever the conversation does; silence closes nearly all of them much earlier."""


def new_token() -> tuple[str, str]:
    """A token and the hash that is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """SHA-256 of a token, as it stands in the ledger."""
    # A lone surrogate, which JSON can bring, is a wrong token and no error.
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def matches(token: str, kept_hash: str | None) -> bool:
    """Whether a token is the one that was kept, compared in constant time."""
    return kept_hash is not None and hmac.compare_digest(token_hash(token), kept_hash)


class TokenRecord(Protocol):
    """What is read of the record to judge a token."""

    def load(self, conversation_id: str) -> Conversation | None:
        """The conversation as it is now."""
        ...

    def token_hash(self, conversation_id: str) -> str | None:
        """Hash of the conversation's token."""
        ...


class Access:
    """Judges tokens. Whoever asks learns yes or no: unknown, wrong and expired are answered alike."""

    def __init__(self, record: TokenRecord, clock: Clock) -> None:
        self._record, self._clock = record, clock

    def admits(self, conversation_id: str, token: object) -> bool:
        """Whether a token, as it was sent, opens this conversation now."""
        if not isinstance(token, str) or not matches(token, self._record.token_hash(conversation_id)):
            return False
        conversation = self._record.load(conversation_id)
        return conversation is not None and not has_expired(conversation, self._clock())


def address_of(connection: HTTPConnection) -> str:
    """The caller's IP; behind a proxy the server takes it from the headers of those it is told to trust."""
    return connection.client.host if connection.client else ""


def is_foreign(headers: Headers) -> bool:
    """Whether another site's page opens a socket (ASVS 4.4.2). Programs send no Origin; the token speaks for them."""
    origin = headers.get("origin")
    return origin is not None and origin.split("://")[-1] != headers.get("host")


def has_expired(conversation: Conversation, now: datetime) -> bool:
    """Whether the token of a conversation is worth nothing any more."""
    too_old = now - conversation.opened_at >= LONGEST_LIFE
    return too_old or (conversation.closed_at is not None and now - conversation.closed_at >= AFTER_CLOSE)
