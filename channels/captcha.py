"""The captcha: a proof of work on our own server, with the ALTCHA protocol (L6713, security.md §14).

The browser derives keys until one begins as the challenge asks. No puzzle, no picture, no third party: whoever uses a
keyboard or a screen reader has nothing to do. A challenge lives ten minutes and is taken once; without a secret there
is none, and nobody gets in. Times here are the machine's own, not the institution's clock, which a sandbox may stop.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import altcha

LIFETIME = timedelta(minutes=10)
_ALGORITHM = "PBKDF2/SHA-256"
_ITERATIONS = 1000
"""Of one derivation; how many derivations a challenge takes is the deployment's `work`."""
MAX_PAYLOAD = 4000
"""Longest solution that is looked at, in characters."""


class CaptchaRefused(Exception):
    """No proof, a wrong one, an old one, or one that was used; `code` is for programs."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Spent(Protocol):
    """Remembers used challenges."""

    def spend(self, digest: str, expires_at: datetime, now: datetime) -> bool:
        """Whether this is the first use."""
        ...


def machine_time() -> datetime:
    """The machine's own present, which no sandbox stops."""
    return datetime.now(UTC)


class Captcha:
    """Gives out challenges and takes each solution once."""

    def __init__(self, secret: str | None, spent: Spent, work: int, now: Callable[[], datetime] = machine_time) -> None:
        """`work`: key derivations that a challenge takes on average."""
        self._secret, self._spent, self._work, self._now = secret, spent, work, now

    def challenge(self) -> dict[str, Any]:
        """A new challenge, as the ALTCHA solver in the browser reads it.

        Raises:
            CaptchaRefused: `captcha_unavailable` without a secret.
        """
        least = max(1, self._work // 2)
        made = altcha.create_challenge(
            _ALGORITHM, _ITERATIONS, counter=least + secrets.randbelow(self._work), expires_at=self._now() + LIFETIME,
            hmac_secret=self._key("challenge"), hmac_key_secret=self._key("solution"),
        )  # fmt: skip
        return made.to_dict()

    def take(self, solution: str) -> None:
        """Accept a solution, the first time that it comes.

        Raises:
            CaptchaRefused: it is missing, wrong, expired or used, or there is no secret; nothing is spent then.
        """
        challenge_key, solution_key = self._key("challenge"), self._key("solution")
        if not solution or len(solution) > MAX_PAYLOAD:
            raise CaptchaRefused("captcha_missing", "Falta la comprobación de seguridad. Inténtelo de nuevo.")
        result = altcha.verify_solution(solution, challenge_key, hmac_key_secret=solution_key)
        if result.expired:
            raise CaptchaRefused("captcha_expired", "La comprobación de seguridad venció. Inténtelo de nuevo.")
        if not result.verified:
            raise CaptchaRefused("captcha_wrong", "La comprobación de seguridad no es válida. Inténtelo de nuevo.")
        challenge = altcha.Payload.from_base64(solution).challenge
        digest = hashlib.sha256(str(challenge.signature).encode()).hexdigest()
        expires_at = datetime.fromtimestamp(challenge.parameters.expires_at or 0, UTC)
        if not self._spent.spend(digest, expires_at, self._now()):
            raise CaptchaRefused("captcha_spent", "La comprobación de seguridad ya se usó. Inténtelo de nuevo.")

    def _key(self, purpose: str) -> bytes:
        """A key of its own for each purpose, so that a signed challenge never passes for a signed solution."""
        if not self._secret:
            raise CaptchaRefused(
                "captcha_unavailable", "La comprobación de seguridad no está disponible. Llame por teléfono, por favor."
            )
        return hashlib.sha256(f"ventanilla captcha {purpose} {self._secret}".encode()).digest()
