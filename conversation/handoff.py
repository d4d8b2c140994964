"""Handing a conversation to a person: why, and what the person must be told (campaigns.md §2.6)."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from conversation.staff import Level


class HandoffReason(StrEnum):
    """The motivo of a transfer; the daily report to the second level needs it (L3421, L7767)."""

    USER_REQUEST = "user_request"
    OUT_OF_KNOWLEDGE = "out_of_knowledge"
    LOW_CONFIDENCE = "low_confidence"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    IDENTIFICATION_FAILED = "identification_failed"
    BUSINESS_RULE = "business_rule"
    SERVICE_UNAVAILABLE = "service_unavailable"
    COMPLAINT = "complaint"
    UPSET_USER = "upset_user"
    RESTRICTED_TOPIC = "restricted_topic"
    EMERGENCY = "emergency"

    @property
    def label(self) -> str:
        """Spanish label for staff and reports (campaigns.yml, `handoff_reasons`)."""
        return _LABELS[self]


_LABELS = {
    HandoffReason.USER_REQUEST: "El usuario lo pide",
    HandoffReason.OUT_OF_KNOWLEDGE: "Fuera del contenido autorizado",
    HandoffReason.LOW_CONFIDENCE: "No se entendió la solicitud",
    HandoffReason.ATTEMPTS_EXHAUSTED: "Intentos agotados",
    HandoffReason.IDENTIFICATION_FAILED: "No se pudo identificar",
    HandoffReason.BUSINESS_RULE: "Regla de la campaña",
    HandoffReason.SERVICE_UNAVAILABLE: "Sistema no disponible o código no reconocido",
    HandoffReason.COMPLAINT: "Queja",
    HandoffReason.UPSET_USER: "Persona molesta",
    HandoffReason.RESTRICTED_TOPIC: "Tema que solo atiende una persona",
    HandoffReason.EMERGENCY: "Emergencia",
}


class Offer(BaseModel):
    """A waiting conversation rings at one agent's desk until somebody takes it or the time is over (L1573)."""

    model_config = ConfigDict(frozen=True)

    agent: str
    at: datetime
    until: datetime


class Handoff(BaseModel):
    """One hand-over to a person."""

    model_config = ConfigDict(frozen=True)

    reason: HandoffReason
    note: str = ""
    """What the person should know beyond the reason, e.g. the preferred day; no identifiers."""
    since: datetime
    priority: bool = False
    words: str = ""
    """What the citizen said, masked, that made it an emergency."""
    unanswered: int = 0
    """Messages of the citizen since one was last acknowledged."""
    acknowledged: int = 0
    """How often the citizen was told that a message is kept."""
    acknowledged_at: datetime | None = None
    queued_at: datetime | None = None
    """When the present wait began, if not with `since`: after a transfer, or when whoever attended was gone."""
    level: Level | None = None
    """Level that must attend, after a transfer; None: whoever is first for the campaign."""
    to_agent: str | None = None
    """The one person it was transferred to."""
    transferred_by: str | None = None
    """Who attended before and passed it on."""
    offer: Offer | None = None
    declined: dict[str, datetime] = Field(default_factory=dict)
    """Agents who declined the offer, and when."""
    answered_at: datetime | None = None
    """When the person who attends took it."""
