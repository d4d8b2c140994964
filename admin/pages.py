"""What every administration page has in common: who is here, where one can go, what was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response
from pydantic import ValidationError

from admin.accounts import Role
from admin.gate import Render, Visitor
from admin.permissions import (
    READ_AUDIT,
    RUN_SUITES,
    SEE_BOARD,
    SEE_CONTENT,
    SEE_INTERACTIONS,
    SEE_QUALITY,
    SEE_SAMPLES,
    SEE_STATEMENTS,
)
from conversation.campaign import Campaign
from conversation.message import Channel
from ledger.periods import CENTRE

CHANNELS = {Channel.WEBCHAT: "Chat web", Channel.WHATSAPP: "WhatsApp", Channel.VOICE: "Teléfono"}
MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
          "noviembre", "diciembre")  # fmt: skip
_ROOMS: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("/admin/interactions", "Interacciones", SEE_INTERACTIONS),
    ("/admin/samples", "Muestras", SEE_SAMPLES),
    ("/admin/quality", "Calidad", SEE_QUALITY),
    ("/admin/runs", "Evaluaciones", RUN_SUITES),
    ("/admin/statements", "Liquidaciones", SEE_STATEMENTS),
    ("/admin/policy", "Política de pago", SEE_STATEMENTS),
    ("/admin/content", "Contenido", SEE_CONTENT),
    ("/admin/board", "Tablero en vivo", SEE_BOARD),
    ("/admin/audit", "Bitácora", READ_AUDIT),
)


@dataclass(frozen=True)
class Problem:
    """One thing to correct: the id of the field it stands at (empty for none), and what to do."""

    field: str
    text: str


class Pages:
    """Renders pages with their frame."""

    def __init__(self, render: Render) -> None:
        self._render = render

    def show(
        self, request: Request, visitor: Visitor, template: str, *, problems: Sequence[Problem] = (), **context: Any
    ) -> Response:
        """One page; with problems its status is 422 (RFC 9110 §15.5.21)."""
        path = request.url.path
        frame = {
            "me": {
                "name": visitor.account.name, "roles": ", ".join(role.label for role in visitor.account.roles),
            },
            "csrf_token": visitor.csrf,
            "navigation": [
                {"href": href, "label": label, "is_current": path.startswith(href)}
                for href, label, roles in _ROOMS if visitor.has(*roles)
            ],
            "problems": problems,
        }  # fmt: skip
        response = self._render(request, template, {**frame, **context})
        if problems:
            response.status_code = 422
        return response


def own_campaigns(visitor: Visitor, campaigns: Sequence[Campaign]) -> list[Campaign]:
    """Those the visitor works for."""
    return [campaign for campaign in campaigns if visitor.account.may_see(campaign.id)]


def check_campaign(visitor: Visitor, campaign: str) -> None:
    """Refuse what belongs to a campaign the visitor does not work for (L3198).

    Raises:
        HTTPException: 403.
    """
    if not visitor.account.may_see(campaign):
        raise HTTPException(403, f"Su cuenta no tiene la campaña «{campaign}». Pídala a quien administra las cuentas.")


def moment_words(moment: datetime) -> str:
    """A moment as people read it, in «hora del centro» (L3108): `15/10/2026 09:12`."""
    return moment.astimezone(CENTRE).strftime("%d/%m/%Y %H:%M")


def month_words(month: str) -> str:
    """`2026-10` -> `octubre de 2026`."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} de {year}"


def problem_of(error: ValidationError, texts: dict[str, str]) -> list[Problem]:
    """What pydantic refused, as what to do: `texts` has it by field."""
    fields = dict.fromkeys(str(detail["loc"][0]) for detail in error.errors() if detail["loc"])
    return [Problem(field, texts.get(field, "Revise este dato.")) for field in fields]
