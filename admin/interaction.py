"""One interaction as a reviewer sees it: everything that was said and done, masked.

Originals stay encrypted unless somebody who may opens them with a reason, which goes into the audit log first
(`interaction_pages`; security.md §4, §8).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from conversation.conversation import Conversation
from conversation.events import EventKind
from conversation.masking import mask, mask_origin
from conversation.survey import SurveyLevel
from ledger.periods import CENTRE
from ledger.schema import EventRow, InteractionRow
from ledger.vault import Vault

_SENDERS = {"user": "Persona", "bot": "Asistente virtual", "human": "Agente", "system": "Sistema"}
_LEVELS = {SurveyLevel.PS_I: "PS-I", SurveyLevel.PS_P: "PS-P"}
_ENDS = {
    "completed": "Completa", "user_hangup": "La persona se fue", "system_cut": "Se cortó",
    "timeout": "Sin actividad", "error": "Error",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One message."""

    sender: str
    sender_label: str
    at: str
    text: str
    choices: tuple[str, ...]
    is_masked: bool = False
    """Whether something of it is hidden that somebody who may can open."""


@dataclass(frozen=True)
class Lookup:
    """One consultation of an institutional service and its result code."""

    at: str
    service: str
    operation: str
    result: str
    code: str


@dataclass(frozen=True)
class ReviewedInteraction:
    """What the reviewer judges by."""

    folio: str
    campaign: str
    """The campaign whose bot served, to which the interaction is attributed."""
    channel: str
    topics: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    """Label and value: when, how it ended, survey, hand-over."""
    lines: tuple[Line, ...]
    lookups: tuple[Lookup, ...]
    erased_at: datetime | None = None
    """When its personal data were deleted."""

    @property
    def has_originals(self) -> bool:
        """Whether there is anything to open."""
        return any(line.is_masked for line in self.lines)


def read_interaction(engine: Engine, folio: str, vault: Vault | None = None) -> ReviewedInteraction | None:
    """The interaction of a folio from the ledger; None when there is none. With the vault what was said is in clear.

    Raises:
        VaultError: an original cannot be opened.
    """
    with Session(engine) as session:
        row = session.scalar(select(InteractionRow).where(InteractionRow.folio == folio))
        if row is None:
            return None
        conversation = Conversation.model_validate({**row.snapshot, "facts": {}})
        kinds = (EventKind.MESSAGE, EventKind.LOOKUP, EventKind.ERASED)
        query = select(EventRow).where(EventRow.conversation_id == row.id, EventRow.kind.in_(kinds))
        events = list(session.scalars(query.order_by(EventRow.seq)))
        return ReviewedInteraction(
            folio=folio, campaign=conversation.bot_campaign, channel=conversation.channel,
            topics=tuple(dict.fromkeys(conversation.topics)), facts=tuple(_facts(conversation)),
            lines=tuple(_line(event, vault) for event in events if event.kind == EventKind.MESSAGE),
            lookups=tuple(_lookup(event) for event in events if event.kind == EventKind.LOOKUP),
            erased_at=next((event.at for event in events if event.kind == EventKind.ERASED), None),
        )  # fmt: skip


def _line(event: EventRow, vault: Vault | None) -> Line:
    data: dict[str, Any] = event.data
    sender = str(data["sender"])
    text = mask(data["text"])
    if vault is not None:
        text = str(vault.open(event.secret)) if event.secret is not None else str(data["text"])
    return Line(
        sender=sender, sender_label=_SENDERS.get(sender, sender), at=_clock(event.at), text=text,
        choices=tuple(choice["title"] for choice in data.get("choices", ())),
        is_masked=event.secret is not None and vault is None,
    )  # fmt: skip


def _lookup(event: EventRow) -> Lookup:
    data: dict[str, Any] = event.data
    result = str(data.get("result") or "")
    words = "Respondió" if result == "ok" else result.replace("_", " ").capitalize()
    return Lookup(
        at=_clock(event.at), service=str(data.get("service") or ""), operation=str(data.get("operation") or ""),
        result=words, code=str(data.get("code") or ""),
    )  # fmt: skip


def _facts(conversation: Conversation) -> list[tuple[str, str]]:
    ended = conversation.closed_at or conversation.last_activity
    seconds = round((ended - conversation.opened_at).total_seconds())
    survey, handoff = conversation.survey, conversation.handoff
    facts = [
        ("Inicio", conversation.opened_at.astimezone(CENTRE).strftime("%d/%m/%Y %H:%M:%S")),
        ("Duración", f"{seconds // 60} min {seconds % 60} s"),
        ("Origen", mask_origin(conversation.origin) if conversation.origin else "Sin origen: evidencia incompleta"),
        ("Término", _ENDS[conversation.end.value] if conversation.end else "Sin término registrado"),
        ("Encuesta: ¿se resolvió?", {True: "Sí", False: "No", None: "No contestó"}[survey.resolved]),
        ("Encuesta: calificación", _mark(survey.rating)),
        *(
            (f"Encuesta: calificación de {_LEVELS[level]}", _mark(survey.mark_of(level)))
            for level in conversation.rated_people
        ),
        *((("Encuesta: recomendación", f"{survey.nps} de 10"),) if survey.nps is not None else ()),
        ("Pasó a una persona", "Sí" if conversation.transferred_to_human else "No"),
    ]
    if handoff:
        facts.append(("Motivo de la transferencia", handoff.reason.label))
    if handoff and handoff.note:
        facts.append(("Nota del asistente", mask(handoff.note)))
    return facts


def _mark(mark: int | None) -> str:
    return f"{mark} de 5" if mark else "No contestó"


def _clock(moment: datetime) -> str:
    return moment.astimezone(CENTRE).strftime("%H:%M:%S")
