"""The entrance of web chat over this installation's content, ledger and settings; and what its page shows of it."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from channels.captcha import Captcha
from channels.entrance import EntranceDesk, EntranceRefused, serves_now
from channels.one_time_links import OneTimeLinks
from channels.rate_limits import RateLimits
from content.catalogue import Catalogue
from content.files import ContentError
from conversation.campaign import Campaign
from conversation.message import Channel
from ledger.challenges import SpentChallenges
from ledger.record import LedgerRecord
from ledger.vault import Vault
from server.clock import InstitutionClock
from server.settings import Settings


def one_time_links(database: Engine, vault: Vault) -> OneTimeLinks:
    """What makes links from WhatsApp into web chat, and takes them."""
    return OneTimeLinks(vault.key_for("one-time links"), SpentChallenges(database))


def entrance_desk(
    settings: Settings, catalogue: Catalogue, record: LedgerRecord, database: Engine, vault: Vault,
    clock: InstitutionClock,
) -> EntranceDesk:  # fmt: skip
    """What decides who may open a web chat.

    Raises:
        ContentError: a form demands the captcha and there is no secret for it, outside the sandbox.
    """
    is_sandbox = settings.environment == "sandbox"
    if not settings.captcha_secret and not is_sandbox:
        demanding = [one.id for one in catalogue.with_bot() if (form := catalogue.form(one.id)) and form.captcha]
        if demanding:
            raise ContentError(
                f"VENTANILLA_CAPTCHA_SECRET is missing, and the form of «{demanding[0]}» demands the captcha. "
                "Set it in the environment: 32 random characters or more, the same for every web process."
            )
    return EntranceDesk(
        catalogue, Captcha(settings.captcha_secret, SpentChallenges(database), settings.captcha_work),
        one_time_links(database, vault),
        RateLimits(settings.limits_storage, settings.entrances_per_hour, settings.messages_per_ten_seconds),
        record.open_from, clock, most_open=settings.open_sessions_per_ip, integrator_key=settings.integrator_key,
        is_sandbox=is_sandbox,
    )  # fmt: skip


def refusals(app: FastAPI) -> None:
    """Answer refused entrances with their code, their text and what to mend."""

    @app.exception_handler(EntranceRefused)
    async def refused(request: Request, error: EntranceRefused) -> JSONResponse:
        return JSONResponse(error.answer(), status_code=error.status, headers=error.headers())


def entrance_context(catalogue: Catalogue, campaign: Campaign, clock: InstitutionClock) -> dict[str, Any]:
    """What the chat page shows before a conversation: the form, or outside the window the message (L6720)."""
    form = catalogue.form(campaign.id)
    closed = ""
    if form and not serves_now(campaign, clock):
        prompts = campaign.prompts
        text = prompts.get("fuera_de_ventana_chat") or prompts.get(
            "fuera_de_horario",
            "Estamos fuera del horario de atención. Atendemos nuevamente {apertura}.",
        )
        closed = text.format(apertura=campaign.next_opening_in_words(Channel.WEBCHAT, clock()))
    return {
        "form": form, "closed": closed, "phones": campaign.phones,
        "privacy": campaign.prompts.get("aviso_privacidad", "Sus datos se usan solo para atenderle."),
        "style": catalogue.settings(campaign.id).style,
    }  # fmt: skip
