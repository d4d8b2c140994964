"""Links from WhatsApp into web chat: each is taken once, within an hour, for the conversation that it was sent in.

Whoever runs WhatsApp is a third party, so what identifies somebody is given in web chat (channels.md §3, L751). What a
link carries stands behind the «#», which no browser sends to anybody, and is encrypted: which conversation, and until
when. Nothing can be read in it or made up; a used one is remembered until it expires. Times are the machine's own.
"""

import base64
import binascii
import hashlib
import re
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from channels.captcha import Spent, machine_time
from conversation.message import Message

LIFETIME = timedelta(hours=1)
MAX_TOKEN = 120
_CHAT = re.compile(r"/chat/\w+")
_NONCE, _ID, _UNTIL = 12, 16, 8
"""Bytes of each part of a token; the conversation's id is a UUID, its end are seconds since 1970."""


class LinkRefused(Exception):  # noqa: N818
    """It is none of ours, has expired or was used; whoever shows it learns no more."""


class OneTimeLinks:
    """Makes links and takes each once."""

    def __init__(self, key: bytes, spent: Spent, now: Callable[[], datetime] = machine_time) -> None:
        """`key`: 32 bytes that are used for nothing else."""
        self._cipher, self._spent, self._now = AESGCM(key), spent, now

    def put_into(self, message: Message, conversation_id: str) -> Message:
        """The message; where it leads to one of our chats, by a link of its own."""
        document = message.document
        if document is None or not _CHAT.fullmatch(document.url):
            return message
        url = f"{document.url}#enlace={self.token(conversation_id)}"  # read by chat.js
        return message.model_copy(update={"document": document.model_copy(update={"url": url})})

    def token(self, conversation_id: str) -> str:
        """What a new link of a conversation carries."""
        until = int((self._now() + LIFETIME).timestamp())
        nonce = secrets.token_bytes(_NONCE)
        plain = uuid.UUID(conversation_id).bytes + until.to_bytes(_UNTIL, "big")
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, None)).decode().rstrip("=")

    def take(self, token: str) -> str:
        """The conversation of a link, the first time that it comes.

        Raises:
            LinkRefused: it opens nothing, or nothing any more.
        """
        sealed, plain = self._opened(token)
        until, now = datetime.fromtimestamp(int.from_bytes(plain[_ID:], "big"), UTC), self._now()
        # By its bytes: other letters may be written for the same ones.
        if now >= until or not self._spent.spend(hashlib.sha256(sealed).hexdigest(), until, now):
            raise LinkRefused
        return str(uuid.UUID(bytes=plain[:_ID]))

    def _opened(self, token: str) -> tuple[bytes, bytes]:
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            return sealed, self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except (binascii.Error, ValueError, InvalidTag):
            raise LinkRefused from None
