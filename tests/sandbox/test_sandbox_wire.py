"""Headers, roles, formats, identification and idempotency."""

from typing import Any

import pytest
from sandbox_calls import PEOPLE, Caller, code_of, persona
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.errors import ERRORS

P1, P2, P3, P5, P6, P8, P9 = (PEOPLE.by_id(name) for name in ("P1", "P2", "P3", "P5", "P6", "P8", "P9"))
FIRST = "h-901-07-20261016T0845"
TICKET = {
    "solicitante": {
        "matricula": "1",
        "extension": "2",
        "unidad": "UMF 901",
        "delegacion": "D",
        "correo": "a@ejemplo.mx",
    },
    "tipo": "INCIDENTE",
    "servicio": "SIMF",
    "descripcion": "No abre",
    "impacto": 1,
    "urgencia": 1,
}


def test_every_answer_carries_the_headers(caller: Caller) -> None:
    for answer in (caller.get("salud"), caller.get("nada"), caller.post("vigencia/consultas", {})):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-sandbox"] == "true"
        assert answer.headers["x-request-id"] == answer.request.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("vigencia/consultas", {"nss": "00058500019", "fecha_nacimiento": "1985-03-12"}, "FMT-001"),
        ("vigencia/consultas", {"nss": 58500018, "fecha_nacimiento": "1985-03-12"}, "FMT-001"),
        ("vigencia/consultas", {"nss": P1.nss, "fecha_nacimiento": "1985-02-30"}, "FMT-002"),
        ("vigencia/consultas", {"nss": P1.nss, "fecha_nacimiento": "2026-10-16"}, "FMT-002"),
        ("vigencia/consultas", {"nss": P1.nss, "fecha_nacimiento": "1985-W11-2"}, "FMT-002"),
        ("vigencia/consultas", {"nss": P1.nss, "agregado_medico": "1X1985OR"}, "FMT-003"),
        ("vigencia/consultas", {"nss": P1.nss}, "FMT-004"),
        ("semanas-cotizadas/consultas", persona(P1, curp="EAML850312MDFNSC08"), "FMT-005"),
        ("citas/disponibilidad", persona(P1, servicio="CARDIOLOGIA"), "FMT-006"),
        ("citas/disponibilidad", persona(P1, servicio="MEDICINA_FAMILIAR", limite=11), "FMT-006"),
        ("citas/disponibilidad", persona(P1, servicio="MEDICINA_FAMILIAR", limite="3"), "FMT-006"),
        ("citas/disponibilidad", persona(P1, servicio="MEDICINA_FAMILIAR", consultorio="07"), "FMT-006"),
        (
            "citas/disponibilidad",
            persona(P1, servicio="MEDICINA_FAMILIAR", desde="2026-10-16T08:00:00"),
            "FMT-006",
        ),
        ("citas/consultas", {"folio_proveedor": "CMT-261015-00001-8"}, "FMT-006"),
        ("citas/consultas", {"folio_proveedor": "CMT-261015-00001-7", "nss": P1.nss}, "FMT-006"),
        ("citas/consultas", {}, "FMT-010"),
        ("vigencia/consultas", persona(P1, telefono="5500000001"), "FMT-009"),
        ("vigencia/consultas", [], "FMT-009"),
        ("vigencia/nss", {}, "FMT-010"),
        ("vigencia/consultas", {"nss": P1.nss, "fecha_nacimiento": "1985-03-13"}, "IDE-001"),
        ("vigencia/consultas", {"nss": "00058500109", "fecha_nacimiento": "1985-03-12"}, "IDE-001"),
        ("semanas-cotizadas/consultas", persona(P1, curp=P2.curp), "IDE-001"),
        ("vigencia/consultas", {"nss": P5.nss, "fecha_nacimiento": "2015-09-09"}, "IDE-002"),
        ("vigencia/consultas", {"nss": P5.nss, "agregado_medico": "3F2015OR"}, "IDE-002"),
        ("semanas-cotizadas/consultas", persona(P9), "SEM-001"),
        ("vigencia/consultas", persona(P8), "GEN-504"),
        ("vigencia/nss", {"nss": P8.nss}, "GEN-504"),
        ("citas/disponibilidad", persona(P8, servicio="MEDICINA_FAMILIAR"), "GEN-504"),
        ("mst/tickets", {**TICKET, "servicio": "NADA"}, "MST-003"),
        ("mst/tickets", {**TICKET, "impacto": 5}, "FMT-006"),
        ("mst/tickets", {key: value for key, value in TICKET.items() if key != "tipo"}, "FMT-010"),
        ("mst/tickets/INC000000009/notas", {"texto": "hola"}, "MST-001"),
        ("mst/tickets/INC000900002/notas", {"texto": "hola"}, "MST-002"),
    ],
)
def test_refusals(caller: Caller, path: str, body: Any, code: str) -> None:
    answer = caller.post(path, body)
    assert code_of(answer) == code
    assert answer.status_code == ERRORS[code].status
    assert P1.nss not in answer.text


def test_a_wrong_phone(caller: Caller) -> None:
    assert code_of(caller.book(P1, FIRST, telefono="55000")) == "FMT-007"
    assert caller.book(P1, FIRST, telefono="5500000001").status_code == 201


def test_bodies_that_are_not_json_or_too_large(caller: Caller) -> None:
    url = "/v1/vigencia/consultas"
    assert code_of(caller.client.post(url, content=b"{", headers=caller.headers())) == "FMT-009"
    assert code_of(caller.client.post(url, content=b"\xff", headers=caller.headers())) == "FMT-009"
    assert code_of(caller.client.post(url, content=b" " * 70_000, headers=caller.headers())) == "FMT-009"


@pytest.mark.parametrize("missing", ["X-Campaign", "X-Folio", "X-Request-Id", "Idempotency-Key"])
def test_missing_headers(caller: Caller, missing: str) -> None:
    headers = {name: value for name, value in caller.headers(key="k").items() if name != missing}
    body = persona(P1, motivo="OTRO", canal="webchat")
    answer = caller.client.post("/v1/citas/SIMF00000001/cancelacion", json=body, headers=headers)
    assert (code_of(answer), answer.json()["error"]["campo"]) == ("FMT-010", missing)


def test_tokens_and_roles(caller: Caller) -> None:
    url, body = "/v1/vigencia/consultas", persona(P1)
    assert code_of(caller.client.post(url, json=body)) == "GEN-401"
    assert code_of(caller.post("vigencia/consultas", body, token="nadie")) == "GEN-401"
    assert code_of(caller.post("vigencia/consultas", body, token="sandbox-control")) == "GEN-403"
    assert code_of(caller.post("citas/consultas", body, token="sandbox-conciliador")) == "GEN-403"
    assert code_of(caller.post("_control/reinicio", {})) == "GEN-403"
    assert code_of(caller.client.post(url, content=b"{", headers={"Authorization": "x"})) == "GEN-401"


def test_only_people_see_names(caller: Caller) -> None:
    for path in ("vigencia/consultas", "nucleo-familiar/consultas"):
        assert "Lucía" not in caller.post(path, persona(P1)).text
        assert "Lucía Encarnación Mosqueda" in caller.post(path, persona(P1), token="sandbox-agente").text


def test_control_answers_only_on_this_machine() -> None:
    far = Caller(TestClient(create_app(), client=("192.0.2.7", 50000)))
    assert code_of(far.post("_control/reinicio", {}, token="sandbox-control")) == "GEN-403"
    assert far.post("vigencia/nss", {"nss": P1.nss}).status_code == 200


def test_unknown_paths_and_methods(caller: Caller) -> None:
    assert code_of(caller.get("nada")) == "GEN-404"
    assert code_of(caller.get("catalogos/nada")) == "GEN-404"
    assert code_of(caller.get("citas")) == "GEN-405"


def test_not_vigente_is_an_answer(caller: Caller) -> None:
    facts = caller.post("vigencia/consultas", persona(P2)).json()
    assert (facts["vigente"], facts["vigente_hasta"], facts["servicios"]) == (False, "2026-06-30", [])
    unassigned = caller.post("vigencia/consultas", persona(P3)).json()
    assert unassigned["vigente"] is True
    assert unassigned["adscripcion"]["completa"] is False
    assert unassigned["adscripcion"]["consultorio"] is None


def test_three_failures_close_the_folio(caller: Caller) -> None:
    wrong = {"nss": P1.nss, "fecha_nacimiento": "1985-03-13"}
    for _ in range(3):
        assert code_of(caller.post("vigencia/consultas", wrong)) == "IDE-001"
    answer = caller.post("vigencia/consultas", persona(P6))
    assert code_of(answer) == "IDE-003"
    assert answer.headers["retry-after"] == "3600"
    caller.folio = "VEN-20261015-0000001-5"
    assert caller.post("vigencia/consultas", persona(P1)).status_code == 200


def test_five_failures_close_the_nss_for_an_hour(caller: Caller) -> None:
    for attempt in range(5):
        caller.folio = f"folio-{attempt}"
        assert code_of(caller.post("vigencia/consultas", {"nss": P1.nss, "agregado_medico": "1M1985OR"})) == "IDE-001"
    caller.folio = "otro"
    assert code_of(caller.post("vigencia/consultas", persona(P1))) == "IDE-003"
    assert code_of(caller.post("semanas-cotizadas/consultas", persona(P1))) == "IDE-003"
    assert caller.post("vigencia/consultas", persona(P6)).status_code == 200
    caller.clock("2026-10-15T10:00:00-06:00")
    assert caller.post("vigencia/consultas", persona(P1)).status_code == 200


def test_guessing_nss_is_limited(caller: Caller) -> None:
    for _ in range(3):
        assert caller.post("vigencia/nss", {"nss": "00058500109"}).json() == {
            "existe": False,
            "vigente": False,
        }
    assert code_of(caller.post("vigencia/nss", {"nss": P1.nss})) == "IDE-003"


def test_same_key_same_body_gives_the_first_answer(caller: Caller) -> None:
    body = persona(
        P1,
        servicio="MEDICINA_FAMILIAR",
        horario_id=FIRST,
        folio_proveedor="CMT-261015-00001-7",
        agente_tipo="NO_HUMANO",
        canal="voice",
        sms_aceptado=True,
        telefono="5500000001",
    )
    first = caller.post("citas", body, key="una")
    again = caller.post("citas", dict(reversed(body.items())), key="una")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replay"] == "true" and "idempotent-replay" not in first.headers
    assert len(caller.post("citas/consultas", persona(P1)).json()["citas"]) == 1
    assert code_of(caller.post("citas", {**body, "canal": "webchat"}, key="una")) == "GEN-409"
    assert code_of(caller.post("citas", body, key="otra")) == "CIT-001"
    refused = caller.post("citas", body, key="otra")
    assert (code_of_replay(refused), refused.headers["idempotent-replay"]) == ("CIT-001", "true")


def code_of_replay(answer: Any) -> str:
    return str(answer.json()["error"]["codigo"])


def test_a_technical_failure_is_not_remembered(caller: Caller) -> None:
    caller.control("fallas", servicio="agendar", modo="error", codigo="GEN-502", veces=1)
    body = persona(
        P1,
        servicio="MEDICINA_FAMILIAR",
        horario_id=FIRST,
        folio_proveedor="CMT-261015-00001-7",
        agente_tipo="NO_HUMANO",
        canal="voice",
        sms_aceptado=True,
    )
    assert code_of(caller.post("citas", body, key="k")) == "GEN-502"
    assert caller.post("citas", body, key="k").status_code == 201


def test_tickets(caller: Caller) -> None:
    ticket = caller.post("mst/tickets", TICKET).json()["ticket"]
    assert (ticket["numero"], ticket["estado"], ticket["prioridad"]) == ("INC000000001", "NUEVO", "CRITICA")
    noted = caller.post("mst/tickets/INC000000001/notas", {"texto": "Sigue igual"})
    assert noted.status_code == 201
    shown = caller.get("mst/tickets/INC000000001").json()["ticket"]
    assert [note["texto"] for note in shown["notas"]] == ["Sigue igual"]
    assert code_of(caller.get("mst/tickets/INC999999999")) == "MST-001"
    low = caller.post("mst/tickets", {**TICKET, "impacto": 4, "urgencia": 4}).json()["ticket"]
    assert (low["numero"], low["prioridad"]) == ("INC000000002", "BAJA")


def test_weeks_and_pensions(caller: Caller) -> None:
    weeks = caller.post("semanas-cotizadas/consultas", persona(P1, curp=P1.curp)).json()["semanas"]
    assert weeks["total"] == weeks["imss"] - weeks["descontadas"] + weeks["reintegradas"] == 812
    assert caller.post("semanas-cotizadas/consultas", persona(P6)).json()["semanas"]["total"] == 1250
    pension = caller.post("pensiones/consultas", persona(P6)).json()["pensiones"][0]
    assert (pension["tipo"], pension["regimen"], pension["estado"]) == ("CESANTIA", "1973", "VIGENTE")
    assert pension["supervivencia"]["requerida"] is False
    assert caller.post("pensiones/consultas", persona(P1)).json() == {"pensiones": []}


@pytest.mark.parametrize("name", ["umf", "festivos", "servicios_mst", "tipificaciones"])
def test_catalogues(caller: Caller, name: str) -> None:
    answer = caller.get(f"catalogos/{name}").json()
    assert answer["catalogo"] == name and answer["version"] and answer["elementos"]


def test_only_answers_of_the_business_are_remembered(caller: Caller) -> None:
    for person, code in ((P8, "GEN-504"), (P5, "CIT-005")):
        answers = [caller.book(person, FIRST, key=person.id, folio_proveedor="CMT-261015-00001-7") for _ in range(2)]
        assert [code_of_replay(answer) for answer in answers] == [code, code]
        assert ("idempotent-replay" in answers[1].headers) == (code == "CIT-005")
