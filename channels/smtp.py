"""Mail by SMTP (RFC 5321). A refusal of the recipient is final; everything else is tried again."""

from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

TIMEOUT_SECONDS = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
PERMANENT = 500


@dataclass(frozen=True)
class MailRefused:
    """The server will never take this mail for this recipient."""

    reason: str


@dataclass(frozen=True)
class MailNotSent:
    """The server was not reached, is busy, or does not take us; another time it may."""

    reason: str


class SmtpSender:
    """Sends through the server that an address names: `smtp://user:password@host:587`, `smtps://…:465`.

    By `smtp` the connection must be raised to TLS (STARTTLS), except to this very machine.
    """

    def __init__(self, url: str) -> None:
        """Raises ValueError: no such address."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465")
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"
        self._start_tls = False if self._tls else None if parts.hostname in _LOOPBACK else True

    async def send(self, message: EmailMessage) -> MailRefused | MailNotSent | None:
        """Send one mail; None once the server has taken it."""
        try:
            await aiosmtplib.send(
                message, hostname=self._host, port=self._port, username=self._user, password=self._password,
                use_tls=self._tls, start_tls=self._start_tls, timeout=TIMEOUT_SECONDS,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [one.code for one in error.recipients]
            final = bool(codes) and all(code >= PERMANENT for code in codes)
            return MailRefused(f"recipient refused: {codes}") if final else MailNotSent(f"recipient put off: {codes}")
        except aiosmtplib.SMTPDataError as error:
            final = error.code >= PERMANENT
            return MailRefused(f"data refused: {error.code}") if final else MailNotSent(f"put off: {error.code}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return MailNotSent(type(error).__name__)  # the text may repeat addresses
        return None
