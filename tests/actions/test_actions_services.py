"""The clients of the institution's services against the running sandbox: answers, faults, retries, circuit, record."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from institution_bench import CURP, NOW, P1, P2, P3, P5_TWIN, P7, P8, P9, P10, Bench, RunningSandbox

from actions.services import caller
from actions.services.appointments import Appointments, Availability, Confirmation, Family, Slot
from actions.services.caller import Circuit
from actions.services.contribution_weeks import ContributionWeeks
from actions.services.entitlement import Entitlement, NssKnown, Person
from actions.services.failure import ErrorTable, Meaning, ServiceFailure
from actions.services.rest import RestAdapter
from conversation.message import Channel
from sandbox.errors import ERRORS

Ask = Callable[[Bench], Awaitable[object]]
UNKNOWN = Person(nss="00058500026", fecha_nacimiento=P1.fecha_nacimiento)


async def over_rest(bench: Bench) -> object:
    return await bench.institution.entitlement.consult(P1, bench.interaction, NOW)


async def over_soap(bench: Bench) -> object:
    return await bench.institution.acceder.consult(P1, bench.interaction, NOW)


PROTOCOLS = [pytest.param(over_rest, "vigencia", id="rest"), pytest.param(over_soap, "acceder", id="soap")]


async def nearest(bench: Bench, person: Person = P1) -> Slot:
    """The nearest free slot of Medicina Familiar."""
    answer = await bench.institution.appointments.availability(person, "MEDICINA_FAMILIAR", 1, bench.interaction, NOW)
    assert isinstance(answer, Availability)
    return answer.horarios[0]


async def book(bench: Bench, slot: Slot, person: Person = P1, key: str = "key-1") -> object:
    folio = bench.ledger.next_appointment_folio(NOW.date())
    return await bench.institution.appointments.book(person, slot, folio, key, bench.interaction, NOW)


# ---------------------------------------------------------------------------------------- what is asked is answered


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_entitlement_is_told(bench: Bench, ask: Ask, service: str) -> None:
    answer = await ask(bench)
    assert isinstance(answer, Entitlement)
    assert answer.vigente and answer.adscripcion.completa
    assert (answer.adscripcion.umf, answer.adscripcion.consultorio) == ("UMF 901", "07")
    [lookup] = bench.lookups()
    assert lookup["operation"] == service and lookup["result"] == "ok" and lookup["environment"] == "sandbox"
    assert lookup["attempt"] == 1 and lookup["code"] is None and lookup["latency_ms"] >= 0


@pytest.mark.parametrize("person", [P1, P2, P3, P7], ids=["P1", "P2", "P3", "P7"])
async def test_both_protocols_tell_the_same_facts(bench: Bench, person: Person) -> None:
    rest = await bench.institution.entitlement.consult(person, bench.interaction, NOW)
    soap = await bench.institution.acceder.consult(person, bench.interaction, NOW)
    assert isinstance(rest, Entitlement) and rest == soap


async def test_not_vigente_and_not_assigned_are_answers(bench: Bench) -> None:
    lapsed = await bench.institution.entitlement.consult(P2, bench.interaction, NOW)
    assert isinstance(lapsed, Entitlement) and not lapsed.vigente and lapsed.motivo_no_vigente
    unassigned = await bench.institution.entitlement.consult(P3, bench.interaction, NOW)
    assert isinstance(unassigned, Entitlement) and unassigned.vigente and not unassigned.adscripcion.completa


@pytest.mark.parametrize("protocol", ["entitlement", "acceder"])
async def test_identity_failures_mean_the_same_in_both_protocols(bench: Bench, protocol: str) -> None:
    service = getattr(bench.institution, protocol)
    wrong_date = P1.model_copy(update={"fecha_nacimiento": P2.fecha_nacimiento})
    for person in (UNKNOWN, wrong_date):
        answer = await service.consult(person, bench.interaction, NOW)
        assert isinstance(answer, ServiceFailure) and (answer.code, answer.meaning) == ("IDE-001", Meaning.NO_MATCH)
    twins = await service.consult(P5_TWIN, bench.new_interaction(), NOW)
    assert isinstance(twins, ServiceFailure) and twins.code == "IDE-002" and twins.next == "ask_agregado"
    await service.consult(UNKNOWN, bench.interaction, NOW)
    blocked = await service.consult(P1, bench.interaction, NOW)
    assert isinstance(blocked, ServiceFailure) and blocked.meaning is Meaning.IDENTIFICATION_FAILED
    assert not blocked.is_technical


async def test_an_nss_is_known_or_not_before_anything_else(bench: Bench) -> None:
    for person, exists in ((P1, True), (UNKNOWN, False)):
        answer = await bench.institution.entitlement.nss_known(person.nss, bench.interaction, NOW)
        assert isinstance(answer, NssKnown) and answer.existe is exists


async def test_weeks_are_counted(bench: Bench) -> None:
    birth, weeks = P1.fecha_nacimiento, bench.institution.weeks
    assert birth is not None
    answer = await weeks.consult(P1.nss, birth, CURP, bench.interaction, NOW)
    assert isinstance(answer, ContributionWeeks) and answer.semanas.total == 812
    assert answer.semanas.total == answer.semanas.imss - answer.semanas.descontadas + answer.semanas.reintegradas
    other = await weeks.consult(P1.nss, birth, "FIMR791102HJCCDL00", bench.interaction, NOW)
    assert isinstance(other, ServiceFailure) and other.meaning is Meaning.NO_MATCH


async def test_a_record_that_needs_clarification_is_a_rejection(bench: Bench) -> None:
    assert P9.fecha_nacimiento is not None
    answer = await bench.institution.weeks.consult(
        P9.nss, P9.fecha_nacimiento, "BOPR601010MSRRTS01", bench.interaction, NOW
    )
    assert isinstance(answer, ServiceFailure) and (answer.code, answer.meaning) == ("SEM-001", Meaning.REJECTED)


async def test_an_appointment_from_slot_to_cancellation(bench: Bench) -> None:
    service, slot = bench.institution.appointments, await nearest(bench)
    booked = await book(bench, slot)
    assert isinstance(booked, Confirmation) and booked.cita.inicio == slot.inicio
    assert booked.cita.folio_proveedor == "CMT-261015-00001-7"
    again = await book(bench, slot)
    assert isinstance(again, ServiceFailure) and again.code == "GEN-409", "one key, another folio"
    own = await service.of_person(P1, bench.interaction, NOW)
    assert isinstance(own, Appointments) and booked.cita.cita_id in [one.cita_id for one in own.citas]
    by_folio = await service.by_folio("CMT-261015-00001-7", bench.interaction, NOW)
    assert isinstance(by_folio, Appointments) and [one.cita_id for one in by_folio.citas] == [booked.cita.cita_id]
    confirmed = await service.confirm(P1, booked.cita.cita_id, "key-2", bench.interaction, NOW)
    assert isinstance(confirmed, Confirmation) and confirmed.cita.estado == "CONFIRMADA"
    cancelled = await service.cancel(P1, booked.cita.cita_id, "key-3", bench.interaction, NOW)
    assert isinstance(cancelled, Confirmation) and cancelled.cita.estado == "CANCELADA"
    assert (await nearest(bench)).horario_id == slot.horario_id, "the slot is free again"


async def test_the_same_key_never_books_twice(bench: Bench) -> None:
    slot = await nearest(bench)
    service, folio = bench.institution.appointments, "CMT-261015-00001-7"
    first = await service.book(P1, slot, folio, "key-1", bench.interaction, NOW)
    second = await service.book(P1, slot, folio, "key-1", bench.interaction, NOW)
    assert isinstance(first, Confirmation) and first == second
    family = await service.family(P1, bench.interaction, NOW)
    assert isinstance(family, Family) and family.citas_activas == 1


async def test_rejections_of_the_business_are_told_by_code(bench: Bench) -> None:
    slot = await nearest(bench, P10)
    rejected = await book(bench, slot, P10)
    assert isinstance(rejected, ServiceFailure) and (rejected.code, rejected.next) == ("CIT-001", "offer_again")
    assert not rejected.is_technical and not rejected.communication_error
    following = await nearest(bench, P10)
    assert following.inicio > slot.inicio and isinstance(await book(bench, following, P10, "key-2"), Confirmation)


# ---------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_a_read_is_repeated_once(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str
) -> None:
    sandbox.fault(service, "error", codigo="GEN-503", veces=1)
    assert isinstance(await ask(bench), Entitlement)
    assert bench.outcomes() == [(1, "no_disponible", "GEN-503"), (2, "ok", None)]


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
@pytest.mark.parametrize("code", ["GEN-500", "GEN-502", "GEN-503", "GEN-504", "GEN-429"])
async def test_a_read_that_keeps_failing_is_a_failure(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str, code: str
) -> None:
    sandbox.fault(service, "error", codigo=code)
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and answer.code == code and answer.is_technical
    assert [attempt for attempt, _, _ in bench.outcomes()] == [1, 2]
    assert all(one["communication_error"] for one in bench.lookups())


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
@pytest.mark.parametrize("code", ["GEN-401", "GEN-403", "IDE-003", "FMT-001", "VIG-001", "GEN-404"])
async def test_what_will_not_change_is_not_repeated(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str, code: str
) -> None:
    sandbox.fault(service, "error", codigo=code)
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and answer.code == code
    assert len(bench.lookups()) == 1


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_a_code_that_nobody_listed_gets_the_default_row(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str
) -> None:
    sandbox.fault(service, "error", codigo="ZZZ-999")
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure)
    assert (answer.code, answer.meaning, answer.reason) == ("ZZZ-999", Meaning.UNAVAILABLE, "codigo_desconocido")
    [lookup] = bench.lookups()
    assert lookup["code"] == "ZZZ-999" and lookup["alert"] is True, "the administrator sees the code"


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_a_bare_status_is_a_technical_failure(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str
) -> None:
    sandbox.fault(service, "error", codigo="http:503")
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and answer.is_technical and answer.code == "http:503"


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
@pytest.mark.parametrize("kind", ["HTML", "JSON", "VACIO"])
async def test_nonsense_is_a_technical_failure(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str, kind: str
) -> None:
    sandbox.fault(service, "basura", codigo=kind)
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and answer.is_technical
    assert (answer.code, answer.reason) == ("client:nonsense", "respuesta_invalida")


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_a_connection_that_breaks_is_repeated_once(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str
) -> None:
    sandbox.fault(service, "corte", veces=1)
    assert isinstance(await ask(bench), Entitlement)
    assert bench.outcomes() == [(1, "no_disponible", "client:unreachable"), (2, "ok", None)]


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
@pytest.mark.parametrize("mode", ["latencia", "respuesta_tardia"])
async def test_an_answer_that_comes_too_late_is_a_time_out(
    bench: Bench, sandbox: RunningSandbox, impatient: None, ask: Ask, service: str, mode: str
) -> None:
    bench.institution = bench.reaching(sandbox.url)  # the SOAP client takes its limits when it is made
    sandbox.fault(service, mode, ms=3000, veces=1)
    assert isinstance(await ask(bench), Entitlement)
    assert bench.outcomes() == [(1, "tiempo_agotado", "client:timeout"), (2, "ok", None)]


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_an_answer_that_comes_in_time_is_an_answer(
    bench: Bench, sandbox: RunningSandbox, ask: Ask, service: str
) -> None:
    sandbox.fault(service, "latencia", ms=300)
    assert isinstance(await ask(bench), Entitlement)
    assert bench.outcomes() == [(1, "ok", None)]


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_a_caller_on_the_telephone_waits_less(
    bench: Bench, sandbox: RunningSandbox, impatient: None, monkeypatch: pytest.MonkeyPatch, ask: Ask, service: str
) -> None:
    monkeypatch.setitem(caller.READ_SECONDS, Channel.WEBCHAT, 10.0)
    bench.institution = bench.reaching(sandbox.url)
    bench.interaction = bench.new_interaction(Channel.VOICE)
    sandbox.fault(service, "latencia", ms=3000)
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and answer.meaning is Meaning.TIMED_OUT


def test_the_limits_are_the_printed_ones() -> None:
    limits = {channel: caller.timeout_for(channel) for channel in Channel}
    assert {limit.connect for limit in limits.values()} == {2.0}
    assert limits[Channel.VOICE].read == 5.0 and limits[Channel.WEBCHAT].read == limits[Channel.WHATSAPP].read == 8.0


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_nobody_at_the_address_is_unreachable(bench: Bench, impatient: None, ask: Ask, service: str) -> None:
    bench.institution = bench.reaching("http://127.0.0.1:1")
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and answer.code == "client:unreachable"
    assert [attempt for attempt, _, _ in bench.outcomes()] == [1, 2]


@pytest.mark.parametrize(("ask", "service"), PROTOCOLS)
async def test_a_wrong_token_alerts_and_is_not_repeated(
    bench: Bench, sandbox: RunningSandbox, ask: Ask, service: str
) -> None:
    bench.institution = bench.reaching(sandbox.url, token="otro")
    answer = await ask(bench)
    assert isinstance(answer, ServiceFailure) and (answer.code, answer.error_class) == ("GEN-401", "security")
    [lookup] = bench.lookups()
    assert lookup["alert"] is True


async def test_the_persons_own_service_may_time_out(bench: Bench, impatient: None) -> None:
    answer = await bench.institution.entitlement.consult(P8, bench.interaction, NOW)
    assert isinstance(answer, ServiceFailure) and answer.meaning is Meaning.TIMED_OUT


# ---------------------------------------------------------------------------------------- writes


@pytest.mark.parametrize("fault", [{"modo": "error", "codigo": "GEN-503"}, {"modo": "corte"}, {"modo": "basura"}])
async def test_a_write_is_never_repeated_by_the_client(
    bench: Bench, sandbox: RunningSandbox, impatient: None, fault: dict[str, str]
) -> None:
    slot = await nearest(bench)
    sandbox.control("fallas", servicio="agendar", veces=1, **fault)
    answer = await book(bench, slot)
    assert isinstance(answer, ServiceFailure) and answer.is_technical
    assert [one["attempt"] for one in bench.lookups() if one["operation"] == "agendar"] == [1]
    family = await bench.institution.appointments.family(P1, bench.interaction, NOW)
    assert isinstance(family, Family) and family.citas_activas == 0, "the second attempt would have booked"


async def test_a_write_whose_answer_is_lost_can_be_asked_for_by_folio(
    bench: Bench, sandbox: RunningSandbox, impatient: None
) -> None:
    slot = await nearest(bench)
    sandbox.fault("agendar", "respuesta_tardia", ms=3000, veces=1)
    answer = await book(bench, slot)
    assert isinstance(answer, ServiceFailure) and answer.meaning is Meaning.TIMED_OUT
    found = await bench.institution.appointments.by_folio("CMT-261015-00001-7", bench.interaction, NOW)
    assert isinstance(found, Appointments) and [one.inicio for one in found.citas] == [slot.inicio]


# ---------------------------------------------------------------------------------------- circuit


def test_the_circuit_opens_after_five_failures_within_thirty_seconds() -> None:
    circuit = Circuit()
    for moment in (0.0, 5.0, 10.0, 15.0):
        circuit.failed(moment)
    assert not circuit.is_open(15.0)
    circuit.failed(30.0)
    assert circuit.is_open(30.0) and circuit.is_open(89.9)
    assert not circuit.is_open(90.0), "after a minute it is tried again"


def test_five_failures_over_a_longer_time_do_not_open_it() -> None:
    circuit = Circuit()
    for moment in range(0, 100, 10):
        circuit.failed(float(moment))
        assert not circuit.is_open(float(moment))


def test_a_success_forgets_what_was() -> None:
    circuit = Circuit(failures=2)
    circuit.failed(0.0)
    circuit.succeeded()
    circuit.failed(1.0)
    assert not circuit.is_open(1.0)
    circuit.failed(2.0)
    assert circuit.is_open(2.0)
    circuit.succeeded()
    assert not circuit.is_open(2.0)


async def test_an_open_circuit_calls_nobody_and_leaves_the_other_services(
    bench: Bench, sandbox: RunningSandbox, impatient: None
) -> None:
    sandbox.fault("vigencia", "error", codigo="GEN-500")
    for _ in range(3):
        await over_rest(bench)
    sandbox.fault("vigencia", "ninguna")
    answer = await over_rest(bench)
    assert isinstance(answer, ServiceFailure) and answer.code == "client:circuit_open"
    assert answer.is_technical and answer.retry == "none"
    assert isinstance(await nearest(bench), Slot), "a circuit for each service"
    assert isinstance(await over_soap(bench), Entitlement)
    assert [one["code"] for one in bench.lookups() if one["operation"] == "vigencia"][-1] == "client:circuit_open"


async def test_refusals_of_the_business_never_open_the_circuit(bench: Bench) -> None:
    for _ in range(7):
        await bench.institution.entitlement.consult(UNKNOWN, bench.new_interaction(), NOW)
    assert isinstance(await over_rest(bench), Entitlement)


# ---------------------------------------------------------------------------------------- what is kept and sent


async def test_no_personal_datum_is_kept_with_a_lookup(bench: Bench, sandbox: RunningSandbox, impatient: None) -> None:
    await over_rest(bench)
    await over_soap(bench)
    await book(bench, await nearest(bench))
    await bench.institution.entitlement.consult(UNKNOWN, bench.interaction, NOW)
    sandbox.fault("*", "error", codigo="FMT-001")
    await over_rest(bench)
    kept = bench.all_lookups_as_text()
    assert len(bench.lookups()) >= 6
    for datum in (P1.nss, UNKNOWN.nss, "1985-03-12", "12/03/1985", CURP, "Lucía", "Mosqueda", "5500000001", "1F1985OR"):
        assert datum not in kept


async def test_no_personal_datum_stands_in_an_address_or_a_header(bench: Bench, sandbox: RunningSandbox) -> None:
    sent: list[httpx.Request] = []

    async def keep(request: httpx.Request) -> None:
        sent.append(request)

    async with httpx.AsyncClient(base_url=sandbox.url, event_hooks={"request": [keep]}) as client:
        adapter = RestAdapter(sandbox.url, "sandbox-bot", ErrorTable(), client)
        await adapter.post("/v1/vigencia/consultas", P1.body(), Entitlement, bench.interaction)
        await adapter.post("/v1/citas", {**P1.body(), "nada": 1}, Confirmation, bench.interaction, "key-1")
    for request in sent:
        assert (
            P1.nss not in str(request.url) and P1.nss not in str(request.headers) and P1.nss in request.content.decode()
        )
        assert request.headers["X-Folio"] == bench.interaction.folio and request.headers["X-Campaign"] == "cita_medica"
    assert sent[0].headers["X-Request-Id"] != sent[1].headers["X-Request-Id"]
    assert "Idempotency-Key" not in sent[0].headers and sent[1].headers["Idempotency-Key"] == "key-1"


def test_the_error_table_knows_every_code_of_the_sandbox() -> None:
    table = ErrorTable()
    assert [code for code in ERRORS if table.failure(code).reason == "codigo_desconocido"] == []
    assert table.failure("CIT-005").meaning is Meaning.LIMIT_REACHED
    assert table.failure("nunca-vista").alert and table.failure("nunca-vista").code == "nunca-vista"
