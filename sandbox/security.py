"""Who calls: bearer tokens, roles, and the headers that accompany every interaction."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from starlette.requests import Request

from sandbox.errors import ServiceError

Role = Literal["bot", "agente", "conciliador", "control"]
TOKENS: dict[str, Role] = {
    "sandbox-bot": "bot",
    "sandbox-agente": "agente",
    "sandbox-conciliador": "conciliador",
    "sandbox-control": "control",
}
INTERACTION_ROLES: frozenset[Role] = frozenset({"bot", "agente"})
_CAMPAIGN = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)
_FOLIO = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Caller:
    """The role behind the token, and the interaction of the call (empty for service-to-service calls)."""

    role: Role
    request_id: str
    campaign: str = ""
    folio: str = ""


def request_id_of(request: Request) -> str:
    """The caller's X-Request-Id when it is a UUID, else a new one, the same for the whole call."""
    known: str | None = getattr(request.state, "request_id", None)
    if known is None:
        given = request.headers.get("x-request-id", "")
        known = given if _is_uuid(given) else str(uuid4())
        request.state.request_id = known
    return known


def role_of(request: Request, allowed: frozenset[Role]) -> Role:
    """The role of the bearer token; raises GEN-401 (no valid token) or GEN-403 (role not allowed)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    role = TOKENS.get(token.strip()) if scheme.lower() == "bearer" else None
    if role is None:
        raise ServiceError("GEN-401", "Authorization")
    if role not in allowed:
        raise ServiceError("GEN-403")
    return role


def require_loopback(request: Request) -> None:
    """Raises GEN-403 unless the call comes from this machine."""
    host = request.client.host if request.client else ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ServiceError("GEN-403", detail="Las operaciones de control solo responden en la interfaz local")


def interaction_headers(request: Request) -> tuple[str, str]:
    """Campaign and interaction folio; FMT-010 when a header is missing, FMT-006 when it is malformed."""
    for name in ("X-Campaign", "X-Folio", "X-Request-Id"):
        if not request.headers.get(name):
            raise ServiceError("FMT-010", name)
    campaign, folio = request.headers["x-campaign"], request.headers["x-folio"]
    if not _CAMPAIGN.fullmatch(campaign):
        raise ServiceError("FMT-006", "X-Campaign")
    if not _FOLIO.fullmatch(folio):
        raise ServiceError("FMT-006", "X-Folio")
    if not _is_uuid(request.headers["x-request-id"]):
        raise ServiceError("FMT-006", "X-Request-Id")
    return campaign, folio


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
