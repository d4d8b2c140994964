"""Campaign `derechohabiente`: vigencia and semanas cotizadas (campaigns.md §3.2); the rest are articles or routes."""

from actions.identification import identify, mismatch, service_failed
from actions.protocol import CampaignAction, Protocol
from actions.questions import need
from actions.services.entitlement import Entitlement
from actions.services.failure import Meaning, ServiceFailure
from actions.services.institution import Institution
from actions.turn import Turn
from actions.wording import date_in_words
from conversation.handoff import HandoffReason
from conversation.message import Choice


class ConsultEntitlement(CampaignAction):
    """Is my entitlement valid? Level L2, through ACCEDER (L1027, L3982)."""

    action_name = "action_vigencia_derechos"
    changes_subject = True

    def __init__(self, protocol: Protocol, institution: Institution) -> None:
        super().__init__(protocol)
        self._institution = institution
        protocol.register_task("vigencia_derechos", self)

    async def serve(self, turn: Turn, topic: str) -> None:
        """Identify, look up, say vigente or not."""
        turn.facts.begin(topic)
        answer = await identify(turn, self._institution.acceder, "Vigencia de derechos")
        tell_entitlement(turn, answer)
        related = ("constancia_vigencia", "cita_medica") if answer.vigente else ()
        labels = ((key, turn.campaign.topic(key)) for key in related)
        turn.done(topic, tuple(Choice(id=key, title=entry.label) for key, entry in labels if entry))


def tell_entitlement(turn: Turn, answer: Entitlement) -> None:
    """Say whether the rights are in force; who has none is given a person (campaigns.md §2.8).

    Raises:
        TurnEnds: not vigente, or no unit assigned.
    """
    if not answer.vigente:
        turn.mark(turn.facts.task or "vigencia_derechos")
        turn.say("Sus derechos no aparecen vigentes. Una persona le orienta.")
        turn.hand_off(HandoffReason.BUSINESS_RULE, note="No vigente")
    until = f" Están vigentes hasta el {date_in_words(answer.vigente_hasta)}." if answer.vigente_hasta else ""
    turn.say(f"Sus derechos aparecen vigentes.{until}{_unit(answer)}")
    if not answer.adscripcion.completa:
        turn.mark(turn.facts.task or "vigencia_derechos")
        turn.hand_off(HandoffReason.BUSINESS_RULE, note="Sin unidad médica asignada")


def _unit(answer: Entitlement) -> str:
    assignment = answer.adscripcion
    if not assignment.completa or not assignment.umf:
        return " No aparece una unidad médica asignada."
    room = f", consultorio {assignment.consultorio}" if assignment.consultorio else ""
    shift = f", turno {assignment.turno.lower()}" if assignment.turno else ""
    return f" Su unidad es la {assignment.umf}{room}{shift}."


class ConsultWeeks(CampaignAction):
    """How many weeks do I have? Level L3: the CURP must match too (L11384)."""

    action_name = "action_semanas_cotizadas"
    changes_subject = True

    def __init__(self, protocol: Protocol, institution: Institution) -> None:
        super().__init__(protocol)
        self._institution = institution
        protocol.register_task("semanas_cotizadas", self)

    async def serve(self, turn: Turn, topic: str) -> None:
        """Ask NSS, birth date and CURP; tell the weeks and the day of the count."""
        facts, label = turn.facts, "Semanas cotizadas"
        facts.begin(topic)
        nss, birth, curp = need(turn, "nss"), need(turn, "fecha_nacimiento"), need(turn, "curp")
        answer = await self._institution.weeks.consult(nss, birth, curp, turn.interaction, turn.now)
        if isinstance(answer, ServiceFailure):
            if answer.meaning in (Meaning.NO_MATCH, Meaning.FORMAT):
                mismatch(turn, label, also="curp")
            if answer.meaning is Meaning.REJECTED:
                turn.mark(topic)
                turn.looked_up(label, "requiere aclaración")
                turn.say("Su registro de semanas necesita una aclaración que solo puede hacer una persona.")
                turn.hand_off(HandoffReason.BUSINESS_RULE, note="Semanas: requiere aclaración")
            service_failed(turn, answer, label)
        weeks = answer.semanas
        turn.looked_up(label, "consultadas")
        detail = ""
        if weeks.descontadas or weeks.reintegradas:
            detail = (
                f" Son {weeks.imss} cotizadas, {weeks.descontadas} descontadas y {weeks.reintegradas} reintegradas."
            )
        turn.say(
            f"Usted tiene {weeks.total} semanas cotizadas reconocidas al {date_in_words(answer.fecha_corte)}.{detail}"
        )
        turn.done(topic)
