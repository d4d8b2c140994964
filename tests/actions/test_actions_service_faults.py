"""The institution's services when they fail: repeated reads, writes tried once, limits of time, the circuit."""

import pytest
from institution_bench import (
    NOW,
    P1,
    P8,
    PROTOCOLS,
    UNKNOWN,
    Ask,
    Bench,
    RunningSandbox,
    book,
    nearest,
    over_rest,
    over_soap,
)

from actions.services import caller
from actions.services.appointments import Appointments, Family, Slot
from actions.services.caller import Circuit
from actions.services.entitlement import Entitlement
from actions.services.failure import Meaning, ServiceFailure
from conversation.message import Channel


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
