"""The clients of the institution's services against the running sandbox: answers, and what is kept and sent."""

import httpx
import pytest
from institution_bench import (
    CURP,
    NOW,
    P1,
    P2,
    P3,
    P5_TWIN,
    P7,
    P9,
    P10,
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

from actions.services.appointments import Appointments, Confirmation, Family
from actions.services.contribution_weeks import ContributionWeeks
from actions.services.entitlement import Entitlement, NssKnown, Person
from actions.services.failure import ErrorTable, Meaning, ServiceFailure
from actions.services.rest import RestAdapter
from sandbox.errors import ERRORS


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
