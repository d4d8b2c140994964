"""Campaign `cita_medica`: consult, cancel, confirm (campaigns.md §3.7.5-3.7.6). Booking is in booking.py."""

from actions.booking_rules import BookingRules
from actions.derechohabiente import tell_entitlement
from actions.identification import identify, known_nss, person_of, service_failed
from actions.protocol import CampaignAction, Protocol
from actions.questions import YES_NO, choose
from actions.services.appointments import Appointment, Appointments
from actions.services.entitlement import Entitlement
from actions.services.failure import Meaning, ServiceFailure
from actions.services.institution import Institution
from actions.turn import Turn, TurnEnds
from actions.wording import appointment_in_words, service_in_words
from conversation.handoff import HandoffReason
from conversation.message import Choice
from ledger.services import AppointmentState

SHOWN = 5
"""Appointments read out at once."""
_DONE_WORDS = {"Cancelar": "cancelada", "Confirmar": "confirmada"}


class AppointmentAction(CampaignAction):
    """What consult, cancel and confirm share: identify (L2), then the person's own appointments, nearest first."""

    changes_subject = True
    topic: str

    def __init__(self, protocol: Protocol, institution: Institution) -> None:
        super().__init__(protocol)
        self.institution = institution
        protocol.register_task(self.topic, self)

    def second_datum(self, turn: Turn) -> str:
        """What identifies beside the NSS."""
        return "fecha_nacimiento"

    async def entitlement(self, turn: Turn) -> Entitlement:
        """Identify the citizen, once per conversation.

        Raises:
            TurnEnds: a datum is asked for, or a person goes on.
        """
        await known_nss(turn, self.institution)
        if turn.facts.patient is not None:
            return Entitlement.model_validate(turn.facts.patient)
        return await identify(
            turn, self.institution.entitlement, "Vigencia de derechos", second=self.second_datum(turn)
        )

    async def own_appointments(self, turn: Turn) -> list[Appointment]:
        """The identified person's appointments to come; other members' are never told.

        Raises:
            TurnEnds: there are none, or the service failed.
        """
        patient = await self.entitlement(turn)
        answer = await self.institution.appointments.of_person(person_of(turn.facts), turn.interaction, turn.now)
        if isinstance(answer, ServiceFailure):
            service_failed(turn, answer, "Citas")
        own = [one for one in answer.citas if one.paciente_id == patient.paciente.paciente_id and one.inicio > turn.now]
        turn.looked_up("Citas", f"{len(own)} citas")
        return own

    async def check_failed_write(
        self, turn: Turn, one: Appointment, failure: ServiceFailure, label: str, wanted: str | None
    ) -> None:
        """A change that the institution did not acknowledge: it is asked, nothing is guessed (campaigns.md §2.8).

        Returns when it was carried out after all: the appointment has the `wanted` state, None where it is gone.

        Raises:
            TurnEnds: it was refused, or nobody knows; a person goes on.
        """
        turn.mark(self.topic)
        if failure.error_class == "business":
            turn.looked_up(label, f"rechazo: {failure.reason}")
            turn.say(f"El sistema no permitió {label.lower()} esa cita.")
            turn.hand_off(HandoffReason.BUSINESS_RULE, note=f"{label}: {failure.reason}")
        if not failure.may_have_acted:
            service_failed(turn, failure, label)
        answer = await self.institution.appointments.of_person(person_of(turn.facts), turn.interaction, turn.now)
        if isinstance(answer, Appointments):
            state = next((left.estado for left in answer.citas if left.cita_id == one.cita_id), None)
            if state == wanted:
                return
            if failure.meaning is not Meaning.TIMED_OUT:  # one that timed out may still be under way
                service_failed(turn, failure, label)
        turn.looked_up(label, "en duda")
        turn.facts.drop_task()
        turn.say(
            f"Estamos verificando su solicitud: todavía no puedo decirle si la cita quedó {_DONE_WORDS[label]}. "
            f"El folio de esta atención es {turn.metadata.folio}."
        )
        turn.hand_off(HandoffReason.SERVICE_UNAVAILABLE, note=f"{label} en duda: {in_words(one)}")

    def nothing(self, turn: Turn, text: str) -> None:
        """There is no appointment for this: say so and offer to book."""
        turn.say(text)
        turn.done(self.topic, (Choice(id="agendar_medicina_familiar", title="Agendar Medicina Familiar"),))


class ConsultAppointments(AppointmentAction):
    """Which appointments do I have?"""

    action_name = "action_consultar_citas"
    topic = "consultar_citas"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Read them out, nearest first."""
        turn.facts.begin(self.topic)
        own = await self.own_appointments(turn)
        if not own:
            self.nothing(turn, "No encontré citas próximas a su nombre.")
            return
        lines = [f"- {in_words(one)}" for one in own[:SHOWN]]
        intro = "Tiene una cita próxima:" if len(own) == 1 else f"Tiene {len(own)} citas próximas:"
        turn.say("\n".join([intro, *lines]))
        more = (Choice(id="confirmar_cita", title="Confirmar"), Choice(id="cancelar_cita", title="Cancelar una"))
        turn.done(self.topic, more)


class CancelAppointment(AppointmentAction):
    """Cancel one (rule 10, L5784): which one, read back, cancelled on both sides (L4037)."""

    action_name = "action_cancelar_cita"
    topic = "cancelar_cita"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Choose, read back, cancel."""
        turn.facts.begin(self.topic)
        one = await self._meant(turn)
        if choose(turn, "cancel", f"¿Desea cancelar esta cita? {in_words(one)}.", YES_NO) != "answer:yes":
            turn.say("De acuerdo, su cita sigue igual.")
            turn.done(self.topic)
            return
        await self._cancel(turn, one)

    async def _meant(self, turn: Turn) -> Appointment:
        """The appointment to cancel. From when it is read back it stays the same, so that a «sí» cancels no other.

        Raises:
            TurnEnds: there is none, it is asked which, or it is too late.
        """
        work = turn.facts.work
        if "cita" in work:
            return Appointment.model_validate(work["cita"])
        rules = BookingRules.model_validate(turn.settings.business_rules)
        own = [one for one in await self.own_appointments(turn) if rules.is_digital(one)]
        if not own:
            self.nothing(turn, "No encontré citas próximas que se puedan cancelar por este medio.")
            raise TurnEnds("nothing")
        one = self._which(turn, own)
        if not rules.may_cancel(one, turn.now):
            turn.mark(self.topic)
            turn.say(
                f"Esa cita ya no se puede cancelar por aquí: faltan menos de {rules.cancel_min_hours_before} horas."
            )
            turn.hand_off(HandoffReason.BUSINESS_RULE, note="Cancelación fuera de plazo")
        work["cita"] = one.model_dump(mode="json")
        return one

    @staticmethod
    def _which(turn: Turn, own: list[Appointment]) -> Appointment:
        by_choice = {f"cita:{one.cita_id}": one for one in own}
        if turn.facts.answers.get("which") not in (None, *by_choice):
            turn.say("Esa cita ya no aparece en su agenda.")
            turn.facts.answers.pop("which")
        if len(own) == 1:
            return own[0]
        choices = tuple(
            Choice(id=f"cita:{one.cita_id}", title=short(one), key=str(number))
            for number, one in enumerate(own[:9], start=1)
        )
        return by_choice[choose(turn, "which", "¿Cuál cita desea cancelar?", choices)]

    async def _cancel(self, turn: Turn, one: Appointment) -> None:
        request_id = f"{turn.metadata.conversation}:{one.cita_id}:cancel"
        service = self.institution.appointments
        answer = await service.cancel(person_of(turn.facts), one.cita_id, request_id, turn.interaction, turn.now)
        if isinstance(answer, ServiceFailure):
            await self.check_failed_write(turn, one, answer, "Cancelar", wanted=None)
        self.institution.ledger.appointment(
            turn.interaction, turn.now, one.folio_proveedor or one.cita_id, AppointmentState.CANCELLED,
            cita_id=one.cita_id, request_id=request_id,
        )  # fmt: skip
        turn.looked_up("Cancelar", "cancelada")
        turn.say(f"Su cita quedó cancelada: {in_words(one)}.")
        turn.done(self.topic, (Choice(id="agendar_medicina_familiar", title="Agendar otra cita"),))


class ConfirmAppointment(AppointmentAction):
    """Confirm (method 7, L5745-5751): nearest first, one by one, up to three."""

    action_name = "action_confirmar_cita"
    topic = "confirmar_cita"

    def second_datum(self, turn: Turn) -> str:
        """A setting for confirming: birth date, or agregado médico (L5751, L5785)."""
        rules = BookingRules.model_validate(turn.settings.business_rules)
        return "agregado_medico" if "agregado_medico" in rules.confirm_identity else super().second_datum(turn)

    async def serve(self, turn: Turn, topic: str) -> None:
        """Say date and hour of each; 1 confirms."""
        turn.facts.begin(self.topic)
        rules = BookingRules.model_validate(turn.settings.business_rules)
        work = turn.facts.work
        if "to_confirm" not in work:  # read once: what was asked about stays the same from question to question
            own = [one for one in await self.own_appointments(turn) if one.estado == "AGENDADA"]
            work["to_confirm"] = [one.model_dump(mode="json") for one in own[: rules.confirm_list_max]]
        done = work.setdefault("confirmed", [])
        for one in map(Appointment.model_validate, work["to_confirm"]):
            prompt = f"¿Confirma su cita? {in_words(one)}. Elija Sí o escriba 1."
            if choose(turn, f"confirm:{one.cita_id}", prompt, YES_NO) == "answer:yes" and one.cita_id not in done:
                await self._confirm(turn, one)
                done.append(one.cita_id)
        if done:
            turn.done(self.topic)
        elif work["to_confirm"]:
            turn.say("De acuerdo, su cita sigue agendada sin confirmar. Si no va a asistir, puede cancelarla.")
            turn.done(self.topic, (Choice(id="cancelar_cita", title="Cancelar mi cita"),))
        else:
            self.nothing(turn, "No encontré citas por confirmar a su nombre.")

    async def _confirm(self, turn: Turn, one: Appointment) -> None:
        request_id = f"{turn.metadata.conversation}:{one.cita_id}:confirm"
        service = self.institution.appointments
        answer = await service.confirm(person_of(turn.facts), one.cita_id, request_id, turn.interaction, turn.now)
        if isinstance(answer, ServiceFailure):
            await self.check_failed_write(turn, one, answer, "Confirmar", wanted="CONFIRMADA")
        self.institution.ledger.appointment(
            turn.interaction, turn.now, one.folio_proveedor or one.cita_id, AppointmentState.CONFIRMED,
            cita_id=one.cita_id, request_id=request_id,
        )  # fmt: skip
        turn.looked_up("Confirmar", "confirmada")
        turn.say(f"Su cita quedó confirmada: {in_words(one)}. Folio {one.folio_proveedor or one.cita_id}.")


class ConsultOwnEntitlement(AppointmentAction):
    """Vigencia and the services one is entitled to (L5706, L5710)."""

    action_name = "action_consultar_vigencia"
    topic = "consultar_vigencia"

    async def serve(self, turn: Turn, topic: str) -> None:
        """Say whether the rights are in force and what may be booked."""
        turn.facts.begin(self.topic)
        answer = await self.entitlement(turn)
        tell_entitlement(turn, answer)
        services = " y ".join(service_in_words(service) for service in answer.servicios)
        if services:
            turn.say(f"Puede agendar: {services}.")
        turn.done(self.topic, (Choice(id="agendar_medicina_familiar", title="Agendar Medicina Familiar"),))


class NoUnit(CampaignAction):
    """No unit assigned: only a person can help."""

    action_name = "action_no_adscrito"
    changes_subject = True

    async def serve(self, turn: Turn, topic: str) -> None:
        """Hand over."""
        turn.mark("no_adscrito")
        turn.say("La asignación de su unidad médica la atiende una persona.")
        turn.hand_off(HandoffReason.RESTRICTED_TOPIC)


def in_words(one: Appointment) -> str:
    """An appointment as a clause."""
    return appointment_in_words(one.servicio, one.inicio, one.consultorio, one.umf)


def short(one: Appointment) -> str:
    """An appointment as the title of a choice."""
    return f"{service_in_words(one.servicio)}, {one.inicio:%d/%m %H:%M}"


APPOINTMENT_ACTIONS = (ConsultAppointments, CancelAppointment, ConfirmAppointment, ConsultOwnEntitlement)
