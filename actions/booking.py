"""Book an appointment by the virtual agent (method 5, L5728-5737): the nearest slot, accepted or handed to a person."""

import uuid
from collections.abc import Awaitable, Callable
from typing import NoReturn

from actions.booking_rules import BookingRules
from actions.identification import BIRTH_DATE_OF_OTHER, identify, known_nss, person_of, service_failed
from actions.protocol import CampaignAction, Protocol
from actions.questions import YES_NO, choose
from actions.reading import asks_for_another, read_birth_date
from actions.services.appointments import Appointment, Slot
from actions.services.entitlement import Entitlement
from actions.services.failure import ServiceFailure
from actions.services.institution import Institution
from actions.turn import Turn, TurnEnds
from actions.wording import appointment_in_words, at_hour, day_in_words, service_in_words
from conversation.handoff import HandoffReason
from conversation.message import Choice
from ledger.services import AppointmentState

Resolver = Callable[[Turn, str], Awaitable[None]]
_SERVICE_OF_TOPIC = {"agendar_medicina_familiar": "MEDICINA_FAMILIAR", "agendar_estomatologia": "ESTOMATOLOGIA"}
ACTIVE_STATES = ("AGENDADA", "CONFIRMADA")


class BookAppointment(CampaignAction):
    """Book for the citizen or for another member of the núcleo familiar."""

    action_name = "action_agendar_cita"
    changes_subject = True

    def __init__(self, protocol: Protocol, institution: Institution, resolve_later: Resolver) -> None:
        super().__init__(protocol)
        self._institution, self._resolve_later = institution, resolve_later
        for topic in (*_SERVICE_OF_TOPIC, "cita_familiar"):
            protocol.register_task(topic, self)

    async def serve(self, turn: Turn, topic: str) -> None:
        """NSS, second datum, service, rules, the nearest slot, accept or not (the order of L4043)."""
        facts = turn.facts
        if topic == "cita_familiar" and facts.task != topic:
            facts.begin_for_relative(topic)
            facts.fecha_nacimiento = read_birth_date(turn.text, turn.today)
        facts.begin(topic)
        if asks_for_another(turn.text):
            facts.answers["another"] = "answer:yes"
        rules = BookingRules.model_validate(turn.settings.business_rules)
        await known_nss(turn, self._institution)
        entitlement = await self._patient(turn, topic)
        check_entitled(turn, rules, entitlement)
        service = self._service(turn, topic, rules, entitlement)
        await self._check_family(turn, rules)
        await self._check_own(turn, entitlement, service)
        slot = await self._offered_slot(turn, rules, entitlement, service)
        await self._decide(turn, rules, entitlement, slot)

    async def _patient(self, turn: Turn, topic: str) -> Entitlement:
        if turn.facts.patient is not None:
            return Entitlement.model_validate(turn.facts.patient)
        prompt = BIRTH_DATE_OF_OTHER if topic == "cita_familiar" else None
        return await identify(turn, self._institution.entitlement, "Vigencia de derechos", prompt)

    @staticmethod
    def _service(turn: Turn, topic: str, rules: BookingRules, entitlement: Entitlement) -> str:
        service = _SERVICE_OF_TOPIC.get(topic)
        if service is None:
            choices = tuple(
                Choice(id=f"service:{name.upper()}", title=service_in_words(name.upper()), key=str(number))
                for number, name in enumerate(rules.services, start=1)
            )
            service = choose(turn, "service", "¿Para qué servicio es la cita?", choices).removeprefix("service:")
        if service.lower() not in rules.services or service not in entitlement.servicios:
            turn.say(f"El servicio de {service_in_words(service)} no aparece entre los que puede agendar por aquí.")
            turn.hand_off(HandoffReason.BUSINESS_RULE, note="Servicio no incluido")
        if service == "ESTOMATOLOGIA" and rules.estomatologia_consultorio == "operator_selects":
            turn.say("El consultorio de Estomatología lo elige una persona.")
            turn.hand_off(HandoffReason.BUSINESS_RULE, note="Elegir consultorio de Estomatología")
        return service

    async def _check_family(self, turn: Turn, rules: BookingRules) -> None:
        if "slot" in turn.facts.work:
            return
        family = await self._institution.appointments.family(person_of(turn.facts), turn.interaction, turn.now)
        if isinstance(family, ServiceFailure):
            service_failed(turn, family, "Núcleo familiar")
        if family.citas_activas >= min(rules.max_per_nucleo_familiar, family.maximo_citas):
            limit_reached(turn)

    async def _check_own(self, turn: Turn, entitlement: Entitlement, service: str) -> None:
        """Whoever has an appointment of this service already may have meant that one: ask before booking another."""
        if "slot" in turn.facts.work or turn.facts.answers.get("another") == "answer:yes":
            return
        answer = await self._institution.appointments.of_person(person_of(turn.facts), turn.interaction, turn.now)
        if isinstance(answer, ServiceFailure):
            return  # a question of courtesy: that it cannot be put does not stop the booking
        patient = entitlement.paciente.paciente_id
        own = [one for one in answer.citas if (one.paciente_id, one.servicio) == (patient, service)]
        active = [one for one in own if one.estado in ACTIVE_STATES and one.inicio > turn.now]
        if not active:
            return
        one = active[0]
        detail = appointment_in_words(one.servicio, one.inicio, one.consultorio, one.umf)
        whose = _for_whom(turn)
        known = f"Ya hay una cita{whose}: {detail}." if whose else f"Usted ya tiene una cita: {detail}."
        if choose(turn, "another", f"{known} ¿Desea agendar otra además de esa?", YES_NO) == "answer:yes":
            return
        topic = turn.facts.task or "agendar_medicina_familiar"
        turn.say("De acuerdo, no agendé otra. Su cita sigue igual.")
        turn.done(topic, (Choice(id="cancelar_cita", title="Cancelar esa cita"),))
        raise TurnEnds("another")

    async def _offered_slot(self, turn: Turn, rules: BookingRules, entitlement: Entitlement, service: str) -> Slot:
        """The slot that is on offer; the nearest one is looked up when none is."""
        work = turn.facts.work
        if "slot" in work:
            return Slot.model_validate(work["slot"])
        answer = await self._institution.appointments.availability(
            person_of(turn.facts), service, rules.human_slots_offered, turn.interaction, turn.now
        )
        if isinstance(answer, ServiceFailure):
            service_failed(turn, answer, "Disponibilidad")
        holidays = frozenset(turn.campaign.holidays)
        refused = work.get("refused", [])
        slots = [
            slot
            for slot in answer.horarios
            if slot.horario_id not in refused and rules.offers(slot, entitlement.adscripcion, turn.now, holidays)
        ]
        turn.looked_up("Disponibilidad", f"{len(slots)} horarios")
        if not slots:
            turn.mark(turn.facts.task or "")
            turn.say("No hay horarios disponibles en los próximos días.")
            turn.hand_off(HandoffReason.BUSINESS_RULE, note="Sin horarios disponibles")
        work["slot"] = slots[0].model_dump(mode="json")
        # Drawn with the offer: a «sí» that is worked on twice (a crash in between) is the same request both times.
        work["request_id"] = str(uuid.uuid4())
        work["folio"] = self._institution.ledger.next_appointment_folio(turn.today)
        work["offers"] = work.get("offers", 0) + 1
        turn.facts.answers.pop("offer", None)
        return slots[0]

    async def _decide(self, turn: Turn, rules: BookingRules, entitlement: Entitlement, slot: Slot) -> None:
        key, start = rules.virtual_accept_key, slot.inicio
        choices = (
            Choice(id="offer:accept", title="Aceptar", key=key),
            Choice(id="offer:reject", title="No la acepto", key="2" if key != "2" else "3"),
        )
        wish = "Por aquí solo puedo ofrecerle la cita más próxima. " if turn.facts.preference else ""
        prompt = (
            f"{wish}La cita más próxima de {service_in_words(slot.servicio)}{_for_whom(turn)} es el "
            f"{day_in_words(start.date())} {at_hour(start)}, en el consultorio "
            f"{slot.consultorio} de la {slot.umf}. "
            f"Para aceptarla elija Aceptar o escriba {key}."
        )
        if choose(turn, "offer", prompt, choices) != "offer:accept":
            await self._refused(turn, rules, entitlement, slot)
            return
        await self._book(turn, rules, entitlement, slot)

    async def _refused(self, turn: Turn, rules: BookingRules, entitlement: Entitlement, slot: Slot) -> None:
        """The contract's rule is no second offer: a person finds another hour (L5737). Both are settings."""
        work = turn.facts.work
        if work["offers"] < rules.virtual_slots_offered:
            work.setdefault("refused", []).append(slot.horario_id)
            work.pop("slot")
            await self._decide(
                turn, rules, entitlement, await self._offered_slot(turn, rules, entitlement, slot.servicio)
            )
            return
        wish = f" Prefiere: {turn.facts.preference}." if turn.facts.preference else ""
        topic = turn.facts.task or "agendar_medicina_familiar"
        unclear = turn.facts.answers.get("offer") == "offer:unclear"
        turn.mark(topic)
        turn.facts.drop_task()
        if unclear:
            turn.say("Todavía no agendé esa cita. Una persona resuelve su duda y puede apartarla.")
            offered = f"{day_in_words(slot.inicio.date())} {at_hour(slot.inicio)}"
            turn.hand_off(HandoffReason.BUSINESS_RULE, note=f"No contestó a la oferta del {offered}.{wish}")
        if rules.virtual_on_reject == "close":
            turn.say("De acuerdo, no agendé esa cita.")
            turn.done(topic)
            return
        turn.say("De acuerdo, no agendé esa cita. Una persona le ayuda a elegir otro horario.")
        turn.hand_off(HandoffReason.BUSINESS_RULE, note=f"No aceptó el horario ofrecido.{wish}")

    async def _book(self, turn: Turn, rules: BookingRules, entitlement: Entitlement, slot: Slot) -> None:
        """Send the booking. The ledger knows of it before the institution does (services.md §7)."""
        work, ledger = turn.facts.work, self._institution.ledger
        folio, request_id = work["folio"], work["request_id"]
        ledger.appointment(turn.interaction, turn.now, folio, AppointmentState.REQUESTED, request_id=request_id)
        answer = await self._institution.appointments.book(
            person_of(turn.facts), slot, folio, request_id, turn.interaction, turn.now
        )
        if not isinstance(answer, ServiceFailure):
            self._booked(turn, rules, folio, answer.cita, request_id)
            return
        if answer.may_have_acted:
            await self._in_doubt(turn, rules, folio, request_id, answer)
            return
        ledger.appointment(
            turn.interaction, turn.now, folio, AppointmentState.REJECTED, code=answer.code, request_id=request_id
        )
        turn.looked_up("Agendar", f"rechazo: {answer.reason}")
        if answer.code == "CIT-005":
            limit_reached(turn)
        if answer.next == "offer_again" and work["offers"] <= rules.requery_on_rejection:
            work.setdefault("refused", []).append(slot.horario_id)
            work.pop("slot")
            taken = answer.code == "CIT-001"
            why = "Ese horario acaba de ocuparse." if taken else "El Instituto no permitió apartar ese horario."
            turn.say(f"{why} Busqué de nuevo.")
            again = await self._offered_slot(turn, rules, entitlement, slot.servicio)
            await self._decide(turn, rules, entitlement, again)
            return
        service_failed(turn, answer, "Agendar")

    def _booked(self, turn: Turn, rules: BookingRules, folio: str, appointment: Appointment, request_id: str) -> None:
        self._institution.ledger.appointment(
            turn.interaction, turn.now, folio, AppointmentState.BOOKED, cita_id=appointment.cita_id,
            request_id=request_id,
        )  # fmt: skip
        turn.looked_up("Agendar", "confirmada")
        detail = appointment_in_words(
            appointment.servicio, appointment.inicio, appointment.consultorio, appointment.umf
        )
        told = f" Su folio es {folio}. Se lo repito: {folio}." if rules.folio_per_appointment else ""
        whose = _for_whom(turn)
        turn.say(f"{'La cita' + whose if whose else 'Su cita'} quedó agendada: {detail}.{told}")
        more = (
            Choice(id="cita_familiar", title="Otra cita de mi familia"),
            Choice(id="que_llevar", title="Qué llevar"),
        )
        turn.done(turn.facts.task or "agendar_medicina_familiar", more)

    async def _in_doubt(
        self, turn: Turn, rules: BookingRules, folio: str, request_id: str, failure: ServiceFailure
    ) -> None:
        """The outcome of the write is unknown: ask the institution, never guess (EN_DUDA)."""
        ledger, label = self._institution.ledger, "Agendar"
        ledger.appointment(
            turn.interaction, turn.now, folio, AppointmentState.IN_DOUBT, code=failure.code, request_id=request_id
        )
        found = await self._institution.appointments.by_folio(folio, turn.interaction, turn.now)
        if not isinstance(found, ServiceFailure) and found.citas:
            self._booked(turn, rules, folio, found.citas[0], request_id)
            return
        turn.looked_up(label, "en duda")
        await self._resolve_later(turn, folio)
        turn.mark(turn.facts.task or "")
        turn.facts.drop_task()
        turn.say(
            "Estamos verificando su solicitud: todavía no puedo decirle si la cita quedó agendada. "
            f"El folio de esta atención es {turn.metadata.folio}."
        )
        turn.hand_off(HandoffReason.SERVICE_UNAVAILABLE, note=f"Cita en duda, folio {folio}")


def _for_whom(turn: Turn) -> str:
    """Whose appointment it is, where it is not the citizen's own; told without a name."""
    born = turn.facts.fecha_nacimiento
    return f" para la persona nacida en {born.year}" if turn.facts.task == "cita_familiar" and born else ""


def check_entitled(turn: Turn, rules: BookingRules, entitlement: Entitlement) -> None:
    """Rule 1: vigente and assigned to a unit (L5763).

    Raises:
        TurnEnds: one of them fails; a person goes on.
    """
    if rules.require_vigente and not entitlement.vigente:
        turn.mark(turn.facts.task or "")
        turn.say("Sus derechos no aparecen vigentes. Una persona le orienta.")
        turn.hand_off(HandoffReason.BUSINESS_RULE, note="No vigente")
    if rules.require_adscripcion and not entitlement.adscripcion.completa:
        turn.mark("no_adscrito")
        turn.say("No aparece una unidad médica asignada.")
        turn.hand_off(HandoffReason.BUSINESS_RULE, note="Sin adscripción")


def limit_reached(turn: Turn) -> NoReturn:
    """The family has as many appointments as it may (L5781); a person if the citizen asks for one.

    Raises:
        TurnEnds: always.
    """
    turn.looked_up("Núcleo familiar", "tope de citas")
    turn.say("Ya se alcanzó el número de citas permitido para su núcleo familiar. Puede consultar o cancelar una.")
    person = Choice(id="hablar_con_agente", title="Hablar con una persona")
    turn.done(turn.facts.task or "agendar_medicina_familiar", (Choice(id="consultar_citas", title="Mis citas"), person))
    raise TurnEnds("limit_reached")
