"""A ledger with a month of synthetic interactions, for tests of the administration pages."""

from array import array
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from conversation.campaign import Automation, Campaign
from conversation.conversation import State
from conversation.events import End, EndedBy, EventKind
from conversation.handoff import Handoff, HandoffReason
from conversation.message import Channel
from conversation.ports import NewEvent
from conversation.survey import Survey
from ledger.record import LedgerRecord
from voice.recording_index import Recordings

CENTRE = ZoneInfo("America/Mexico_City")
OPENED = datetime(2026, 10, 15, 9, 0, tzinfo=CENTRE)
AFTERWARDS = datetime(2026, 11, 3, 10, 0, tzinfo=CENTRE)
"""The month is over."""
MONTH = "2026-10"
SAID = "mi nss es 00058500018 y mi correo lucia@ejemplo.mx"
SAYS = [
    ("bot", "Buenos días. Soy el asistente virtual, soy un programa, no una persona. ¿En qué puedo ayudarle?"),
    ("user", "quiero saber si sigo vigente"),
    ("bot", "Escriba los 11 dígitos de su Número de Seguridad Social."),
    ("user", "*******0018"),
    ("bot", "¿Cuál es su fecha de nacimiento?"),
    ("user", "**/**/1985"),
    ("bot", "Sus derechos aparecen vigentes al día de hoy."),
    ("system", "¿Se resolvió su duda?"),
    ("user", "Sí"),
]


def campaign(campaign_id: str) -> Campaign:
    """A campaign by its id, enough for the ledger."""
    return Campaign(id=campaign_id, name=campaign_id, agent_type="avanzado_a", automation=Automation.BOT, version="v1")


def add_interactions(
    record: LedgerRecord, count: int, campaign_id: str = "derechohabiente", channel: Channel = Channel.WEBCHAT,
    since: datetime = OPENED,
) -> list[str]:  # fmt: skip
    """Closed interactions of one campaign and channel; every third one was handed to a person. Their folios."""
    return [_add(record, number, campaign_id, channel, since) for number in range(count)]


def add_call(record: LedgerRecord, recordings: Recordings) -> str:
    """A call of derechohabiente with something masked in it and two seconds of recording; its folio."""
    conversation = record.open(campaign("derechohabiente"), Channel.VOICE, "5500001234", OPENED, "0" * 64)
    recording = recordings.open(conversation.folio, "derechohabiente", OPENED)
    for number in range(100):
        recording.caller(array("h", [number] * 160).tobytes())
        recording.bot(array("h", [-number] * 160).tobytes())
    kept = recordings.close(recording)
    conversation.state, conversation.end, conversation.ended_by = State.CLOSED, End.COMPLETED, EndedBy.USER
    conversation.closed_at = conversation.last_activity = OPENED + timedelta(minutes=2)
    masked = {"sender": "user", "text": "mi nss es *******0018 y mi correo l***@e***.mx"}
    noted = {"file": kept.file, "seconds": kept.seconds, "sha256": kept.sha256, "whole": True}
    events = [
        NewEvent(kind=EventKind.MESSAGE, data=masked, secret=SAID),
        NewEvent(kind=EventKind.CLOSED),
        NewEvent(kind=EventKind.RECORDED, data=noted),
    ]
    record.write(conversation, events, conversation.closed_at)
    return conversation.folio


def _add(record: LedgerRecord, number: int, campaign_id: str, channel: Channel, since: datetime) -> str:
    at = since + timedelta(minutes=7 * number)
    conversation = record.open(campaign(campaign_id), channel, "203.0.113.7", at, "0" * 64)
    transferred = number % 3 == 0
    lookup = {
        "service": "vigencia_derechos", "operation": "consultar", "result": "no_disponible" if transferred else "ok",
        "code": "E503" if transferred else None, "latency_ms": 120,
    }  # fmt: skip
    events = [NewEvent(kind=EventKind.OPENED)]
    events += [NewEvent(kind=EventKind.MESSAGE, data={"sender": sender, "text": text}) for sender, text in SAYS]
    events += [NewEvent(kind=EventKind.LOOKUP, data=lookup), NewEvent(kind=EventKind.CLOSED)]
    conversation.topics = ["vigencia_derechos"] if number % 2 else ["vigencia_derechos", "semanas_cotizadas"]
    conversation.topic = conversation.topics[-1]
    conversation.survey = Survey(resolved=True, rating=5) if number % 4 else Survey()
    if transferred:
        conversation.transferred_to_human = True
        conversation.handoff = Handoff(reason=HandoffReason.SERVICE_UNAVAILABLE, note="Desde mañana", since=at)
    conversation.state, conversation.end, conversation.ended_by = State.CLOSED, End.COMPLETED, EndedBy.USER
    conversation.closed_at = conversation.last_activity = at + timedelta(minutes=4, seconds=12)
    record.write(conversation, events, conversation.closed_at)
    return conversation.folio
