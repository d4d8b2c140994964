"""Cita Médica: the rules of services.md §9 and the boundary cases of §11."""

from collections.abc import Callable

import pytest
from sandbox_calls import PEOPLE, Caller, code_of, persona

from sandbox.people import Person

P1, P3, P4, P5, P7, P10 = (PEOPLE.by_id(name) for name in ("P1", "P3", "P4", "P5", "P7", "P10"))
FIRST = "h-901-07-20261016T0845"
EST = "ESTOMATOLOGIA"


def neighbours(wanted: Callable[[Person], bool] = lambda person: True) -> list[Person]:
    """Generated titulares of UMF 901, consultorio 07, matutino."""
    return [
        person
        for person in PEOPLE
        if person.id.startswith("S")
        and person.titular
        and person.vigente
        and wanted(person)
        and (person.clinic.number, person.room, person.turno) == ("901", "07", "MATUTINO")
    ]


def test_the_example_of_the_specification_comes_out_literally(caller: Caller) -> None:
    body = persona(P1, servicio="MEDICINA_FAMILIAR", limite=1)
    assert caller.post("citas/disponibilidad", body).json() == {
        "horarios": [
            {
                "horario_id": "h-901-07-20261016T0845",
                "inicio": "2026-10-16T08:45:00-06:00",
                "fin": "2026-10-16T09:00:00-06:00",
                "servicio": "MEDICINA_FAMILIAR",
                "umf": "UMF 901",
                "clave_presupuestal": "99UMF0000901",
                "consultorio": "07",
                "turno": "MATUTINO",
            }
        ],
        "motivo": None,
        "ventana": {"minimo": "2026-10-15T21:00:00-06:00", "maximo": "2027-01-13T23:59:59-06:00"},
        "consultado_en": "2026-10-15T09:00:00-06:00",
    }


def test_twelve_hours_ahead_is_the_edge(caller: Caller) -> None:
    caller.clock("2026-10-15T20:45:00-06:00")
    assert caller.slots(P1, limite=1)[0]["horario_id"] == FIRST
    caller.clock("2026-10-15T20:50:00-06:00")
    assert caller.slots(P1, limite=1)[0]["horario_id"] == "h-901-07-20261016T0900"
    assert code_of(caller.book(P1, FIRST)) == "CIT-002"
    caller.clock("2026-10-15T20:45:00-06:00")
    assert caller.book(P1, FIRST).status_code == 201


def test_ninety_days_ahead_is_the_edge(caller: Caller) -> None:
    assert code_of(caller.book(P1, "h-901-07-20270114T0845")) == "CIT-003"
    assert caller.slots(P1, desde="2027-01-14T00:00:00-06:00") == []
    assert caller.slots(P1, desde="2027-01-13T13:45:00-06:00")[-1]["horario_id"] == "h-901-07-20270113T1345"
    assert caller.book(P1, "h-901-07-20270113T0845").status_code == 201


@pytest.mark.parametrize("slot", ["h-901-07-20261016T0830", "h-901-07-20261016T0800"])
def test_excluded_windows_of_medicina_familiar(caller: Caller, slot: str) -> None:
    assert code_of(caller.book(P1, slot)) == "CIT-004"


def test_excluded_windows_of_the_evening_turn(caller: Caller) -> None:
    assert code_of(caller.book(P7, "h-903-04-20261016T1400")) == "CIT-004"
    assert caller.book(P7, "h-903-04-20261016T1445").status_code == 201


def test_excluded_windows_of_dentistry(caller: Caller) -> None:
    assert code_of(caller.book(P1, "h-901-51-20261016T0820", EST)) == "CIT-004"
    assert code_of(caller.book(P1, "h-901-51-20261016T1420", EST)) == "CIT-004"
    assert caller.book(P1, "h-901-51-20261016T0840", EST).status_code == 201
    assert caller.book(P1, "h-901-51-20261016T1440", EST).status_code == 201


@pytest.mark.parametrize(
    ("slot", "why"),
    [
        ("h-901-07-20261116T0900", "holiday"),
        ("h-901-07-20261017T0900", "saturday"),
        ("h-901-07-20261019T1000", "blocked"),
        ("h-901-07-20261019T1145", "blocked, last slot"),
    ],
)
def test_days_and_hours_that_are_closed(caller: Caller, slot: str, why: str) -> None:
    assert code_of(caller.book(P1, slot)) == "CIT-004", why
    start = f"{slot[9:13]}-{slot[13:15]}-{slot[15:17]}T{slot[18:20]}:{slot[20:22]}:00-06:00"
    assert slot not in {one["horario_id"] for one in caller.slots(P1, desde=start)}


def test_the_end_of_a_blocked_stretch_is_open(caller: Caller) -> None:
    assert caller.book(P1, "h-901-07-20261019T1200").status_code == 201


@pytest.mark.parametrize(
    "slot",
    [
        "h-901-07-20261016T0850",
        "h-999-07-20261016T0845",
        "h-901-99-20261016T0845",
        "h-901-07-20261399T0845",
        "?",
    ],
)
def test_slots_that_do_not_exist(caller: Caller, slot: str) -> None:
    assert code_of(caller.book(P1, slot)) == "FMT-006"


def test_medicina_familiar_only_in_the_own_consultorio_and_turno(caller: Caller) -> None:
    assert code_of(caller.book(P1, "h-901-05-20261016T0845")) == "CIT-007"
    assert code_of(caller.book(P1, "h-901-07-20261016T1500")) == "CIT-007"
    assert code_of(caller.book(P1, "h-904-01-20261016T0845")) == "CIT-007"
    offered = caller.slots(P1)
    assert {(one["consultorio"], one["turno"]) for one in offered} == {("07", "MATUTINO")}
    assert caller.slots(P1, turno="VESPERTINO") == []


def test_dentistry_in_any_consultorio_of_the_unit(caller: Caller) -> None:
    offered = caller.slots(P1, EST)
    assert {one["consultorio"] for one in offered} == {"51", "52"}
    assert [one["inicio"] for one in offered] == sorted(one["inicio"] for one in offered)
    assert {one["consultorio"] for one in caller.slots(P1, EST, consultorio="52")} == {"52"}
    assert {one["turno"] for one in caller.slots(P1, EST, turno="VESPERTINO")} == {"VESPERTINO"}


def test_fourth_of_one_consultorio_turno_and_day(caller: Caller) -> None:
    people = neighbours()
    assert len(people) >= 4
    for person, minute in zip(people, ("0845", "0900", "0915"), strict=False):
        assert caller.book(person, f"h-901-07-20261016T{minute}").status_code == 201
    assert code_of(caller.book(P1, "h-901-07-20261016T0930")) == "CIT-006"
    assert caller.slots(P1, limite=1)[0]["inicio"] == "2026-10-19T08:45:00-06:00"
    assert caller.book(P1, "h-901-51-20261016T0900", EST).status_code == 201


def test_fourth_of_one_household(caller: Caller) -> None:
    assert caller.post("nucleo-familiar/consultas", persona(P5)).json()["citas_activas"] == 3
    assert caller.slots(P5, limite=1) != []
    assert code_of(caller.book(P5, "h-901-05-20261020T1600")) == "CIT-005"
    own = caller.post("citas/consultas", persona(P5)).json()["citas"][0]
    assert caller.cancel(P5, own["cita_id"]).status_code == 200
    assert caller.book(P5, "h-901-05-20261020T1600").status_code == 201


def test_past_appointments_do_not_count_for_the_household(caller: Caller) -> None:
    caller.clock("2026-12-01T09:00:00-06:00")
    assert caller.post("nucleo-familiar/consultas", persona(P5)).json()["citas_activas"] == 0
    assert caller.book(P5, "h-901-05-20261203T1600").status_code == 201


def test_no_slots_for_p4(caller: Caller) -> None:
    for service in ("MEDICINA_FAMILIAR", EST):
        answer = caller.post("citas/disponibilidad", persona(P4, servicio=service)).json()
        assert (answer["horarios"], answer["motivo"]) == ([], "SIN_DISPONIBILIDAD")
    assert answer["ventana"]["minimo"] == "2026-10-15T20:00:00-07:00"
    assert answer["ventana"]["maximo"] == "2027-01-13T23:59:59-08:00"


def test_a_slot_is_given_once_and_free_again_after_cancelling(caller: Caller) -> None:
    booked = caller.book(P1, FIRST).json()["cita"]
    other = neighbours()[0]
    assert FIRST not in {one["horario_id"] for one in caller.slots(other)}
    assert code_of(caller.book(other, FIRST)) == "CIT-001"
    cancelled = caller.cancel(P1, booked["cita_id"]).json()
    assert cancelled["resultado"] == "CONFIRMACION"
    assert (cancelled["cita"]["estado"], cancelled["cita"]["version"]) == ("CANCELADA", 2)
    assert caller.slots(other, limite=1)[0]["horario_id"] == FIRST
    assert caller.book(other, FIRST).status_code == 201


def test_p10_loses_the_first_slot_and_gets_the_next(caller: Caller) -> None:
    offered = caller.slots(P10, limite=1)[0]["horario_id"]
    assert code_of(caller.book(P10, offered)) == "CIT-001"
    following = caller.slots(P10, limite=1)[0]["horario_id"]
    assert following != offered
    assert caller.book(P10, following).status_code == 201
    caller.control("reinicio")
    assert code_of(caller.book(P10, offered)) == "CIT-001"


def test_p7_cannot_cancel_today_but_in_five_days(caller: Caller) -> None:
    today, later = caller.post("citas/consultas", persona(P7)).json()["citas"]
    assert today["inicio"] == "2026-10-15T19:45:00-05:00"
    assert later["inicio"].startswith("2026-10-20T")
    assert code_of(caller.cancel(P7, today["cita_id"])) == "CIT-008"
    assert caller.cancel(P7, later["cita_id"]).status_code == 200


def test_cancelling_exactly_twelve_hours_before(caller: Caller) -> None:
    cita = caller.book(P1, "h-901-07-20261020T0900").json()["cita"]["cita_id"]
    caller.clock("2026-10-19T21:00:01-06:00")
    assert code_of(caller.cancel(P1, cita)) == "CIT-008"
    caller.clock("2026-10-19T21:00:00-06:00")
    assert caller.cancel(P1, cita).status_code == 200


def test_states_that_do_not_allow(caller: Caller) -> None:
    cita = caller.book(P1, FIRST).json()["cita"]["cita_id"]
    assert caller.confirm(P1, cita, "NO").json()["sugerencia"] == "CANCELAR"
    assert caller.confirm(P1, cita).json()["cita"]["estado"] == "CONFIRMADA"
    assert code_of(caller.confirm(P1, cita)) == "CIT-009"
    assert caller.cancel(P1, cita).status_code == 200
    assert code_of(caller.cancel(P1, cita)) == "CIT-009"
    assert code_of(caller.confirm(P1, cita)) == "CIT-009"
    assert code_of(caller.cancel(P1, "SIMF99999999")) == "CIT-010"
    assert code_of(caller.cancel(P10, cita)) == "CIT-010"


def test_a_past_appointment_is_not_confirmed(caller: Caller) -> None:
    today = caller.post("citas/consultas", persona(P7)).json()["citas"][0]["cita_id"]
    caller.clock("2026-10-15T18:45:00-06:00")
    assert code_of(caller.confirm(P7, today)) == "CIT-009"


def test_no_answer_only_in_its_campaign(caller: Caller) -> None:
    cita = caller.book(P1, FIRST).json()["cita"]["cita_id"]
    assert code_of(caller.confirm(P1, cita, "SIN_RESPUESTA")) == "GEN-403"
    caller.campaign = "confirmacion_citas"
    assert caller.confirm(P1, cita, "SIN_RESPUESTA").json()["cita"]["estado"] == "NO_CONFIRMADA"


def test_rights_come_before_slots(caller: Caller) -> None:
    assert code_of(caller.book(PEOPLE.by_id("P2"), FIRST)) == "VIG-001"
    assert code_of(caller.book(P3, FIRST)) == "VIG-002"
    no_dentist = next(p for p in PEOPLE if p.clinic.number == "905" and p.vigente and p.adscripcion_completa)
    assert code_of(caller.post("citas/disponibilidad", persona(no_dentist, servicio=EST))) == "VIG-003"


def test_lists_are_narrowed_by_state_and_time(caller: Caller) -> None:
    def listed(**more: object) -> int:
        return len(caller.post("citas/consultas", persona(P7, **more)).json()["citas"])

    assert listed() == 2
    assert listed(estados=["AGENDADA"]) == 2
    assert listed(estados=["CANCELADA"]) == 0
    assert listed(desde="2026-10-16") == 1
    assert listed(hasta="2026-10-15") == 1
    assert listed(desde="2026-10-15T18:45:00-06:00", hasta="2026-10-15T18:45:00-06:00") == 1


def test_consulting_by_the_providers_folio(caller: Caller) -> None:
    cita = caller.book(P1, FIRST).json()["cita"]
    folio = {"folio_proveedor": cita["folio_proveedor"]}
    assert caller.post("citas/consultas", folio).json()["citas"] == [cita]
    caller.folio = "VEN-20261015-0000001-5"
    assert code_of(caller.post("citas/consultas", folio)) == "GEN-403"
    assert caller.post("citas/consultas", folio, token="sandbox-agente").json()["citas"] == [cita]
    assert caller.post("citas/consultas", folio, token="sandbox-conciliador").json()["citas"] == [cita]
    assert caller.post("citas/consultas", {"folio_proveedor": "CMT-261015-00017-2"}).json() == {"citas": []}


def test_reconciliation_pages_without_personal_data(caller: Caller) -> None:
    token = "sandbox-conciliador"
    page = caller.get("citas/conciliacion?desde=2026-10-15&hasta=2026-12-31", token).json()
    assert len(page["citas"]) == 5 and page["siguiente"] is None
    for cita in page["citas"]:
        assert not {"paciente_id", "agregado_medico", "nss"} & set(cita)
    assert len(caller.get("citas/conciliacion?desde=2026-10-15&hasta=2026-10-15", token).json()["citas"]) == 1
    assert code_of(caller.get("citas/conciliacion?desde=2026-10-15", "sandbox-agente")) == "GEN-403"


def test_reconciliation_follows_the_cursor(caller: Caller) -> None:
    patients = [
        person
        for person in PEOPLE
        if person.id.startswith("S")
        and person.titular
        and person.vigente
        and person.adscripcion_completa
        and person.clinic.number in ("901", "903")
    ]
    booked = 0
    for person in patients * 3:
        slot = caller.slots(person, EST, limite=1)[0]
        booked += caller.book(person, slot["horario_id"], EST).status_code == 201
    assert booked == len(patients) * 3 > 100
    token, seen, cursor = "sandbox-conciliador", [], ""
    while cursor is not None:
        page = caller.get(f"citas/conciliacion?desde=2026-10-15{cursor and '&cursor=' + cursor}", token).json()
        seen += [cita["cita_id"] for cita in page["citas"]]
        cursor = page["siguiente"]
    assert len(seen) == len(set(seen)) == booked + 5
