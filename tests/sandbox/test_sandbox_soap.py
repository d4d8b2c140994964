"""ACCEDER over SOAP, with an independent client: same facts as REST, same codes, no DTD."""

from typing import Any

import pytest
import zeep
from lxml import etree
from requests import Response as RequestsResponse
from requests.structures import CaseInsensitiveDict
from sandbox_calls import PEOPLE, Caller, persona
from starlette.testclient import TestClient
from zeep.exceptions import Fault
from zeep.transports import Transport

from sandbox.people import Person

TYPES = "{urn:ventanilla:acceder:v1}"


class InProcess(Transport):
    """Carries zeep's messages to the application without a socket."""

    def __init__(self, client: TestClient, token: str) -> None:
        super().__init__()
        self.client = client
        self.token = token

    def load(self, url: str) -> bytes:
        return bytes(self.client.get(url).content)

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Any:
        answer = self.client.post(
            address, content=message, headers={**headers, "Authorization": f"Bearer {self.token}"}
        )
        response = RequestsResponse()
        response.status_code = answer.status_code
        response._content = answer.content
        response.headers = CaseInsensitiveDict(answer.headers)
        return response


def service(caller: Caller, token: str = "sandbox-bot") -> Any:
    """The operation proxy, built from the served WSDL and its address."""
    client = zeep.Client("http://testserver/soap/acceder?wsdl", transport=InProcess(caller.client, token))
    return client.service


def ask(proxy: Any, person: Person, **more: Any) -> Any:
    """One consultarVigencia."""
    asked = {
        "nss": person.nss,
        "fechaNacimiento": person.born,
        "campania": "derechohabiente",
        "folioInteraccion": "f-1",
    }
    return proxy.consultarVigencia(**{**asked, **more})


def facts_of_rest(answer: dict[str, Any]) -> dict[str, Any]:
    """The REST answer reduced to what the WSDL can say."""
    patient = {key: answer["paciente"][key] for key in ("paciente_id", "nombre", "agregado_medico", "calidad")}
    return {**answer, "paciente": patient}


def facts_of_soap(answer: Any) -> dict[str, Any]:
    """The SOAP answer in the words of REST."""
    patient, assignment = answer.paciente, answer.adscripcion
    return {
        "vigente": answer.vigente,
        "vigente_hasta": answer.vigenteHasta.isoformat() if answer.vigenteHasta else None,
        "motivo_no_vigente": answer.motivoNoVigente,
        "paciente": {
            "paciente_id": patient.pacienteId,
            "nombre": patient.nombre,
            "agregado_medico": patient.agregadoMedico,
            "calidad": patient.calidad,
        },
        "adscripcion": {
            "completa": assignment.completa,
            "clave_presupuestal": assignment.clavePresupuestal,
            "umf": assignment.umf,
            "delegacion": assignment.delegacion,
            "consultorio": assignment.consultorio,
            "turno": assignment.turno,
            "zona_horaria": assignment.zonaHoraria,
        },
        "servicios": answer.servicio,
        "tiene_nucleo_familiar": answer.tieneNucleoFamiliar,
        "fecha_consulta": answer.fechaConsulta.isoformat(),
    }


@pytest.mark.parametrize("token", ["sandbox-bot", "sandbox-agente"])
def test_rest_and_soap_state_the_same_about_everybody(caller: Caller, token: str) -> None:
    proxy = service(caller, token)
    for person in PEOPLE:
        rest = caller.post("vigencia/consultas", persona(person, agregado_medico=person.agregado), token=token)
        if rest.status_code == 200:
            soap = ask(proxy, person, agregadoMedico=person.agregado)
            assert facts_of_soap(soap) == facts_of_rest(rest.json()), person.id
        else:
            with pytest.raises(Fault) as refused:
                ask(proxy, person, agregadoMedico=person.agregado)
            assert code_of_fault(refused.value) == rest.json()["error"]["codigo"], person.id


def code_of_fault(fault: Fault) -> str:
    """The sandbox's code in the detail of a SOAP fault."""
    return str(fault.detail.findtext(f".//{TYPES}codigo"))


@pytest.mark.parametrize(
    ("more", "code", "side"),
    [
        ({"nss": "00058500019"}, "FMT-001", "soap:Client"),
        ({"nss": "123"}, "FMT-001", "soap:Client"),
        ({"agregadoMedico": "raro"}, "FMT-003", "soap:Client"),
        ({"fechaNacimiento": None}, "FMT-004", "soap:Client"),
        ({"folioInteraccion": ""}, "FMT-009", "soap:Client"),
        ({"agregadoMedico": "1M1985OR"}, "IDE-001", "soap:Client"),
        ({"nss": "00038300083"}, "GEN-504", "soap:Server"),
    ],
)
def test_faults(caller: Caller, more: dict[str, Any], code: str, side: str) -> None:
    with pytest.raises(Fault) as refused:
        ask(service(caller), PEOPLE.by_id("P1"), **more)
    assert (code_of_fault(refused.value), refused.value.code) == (code, side)


def test_failed_attempts_count_together_with_rest(caller: Caller) -> None:
    caller.folio = "f-1"
    wrong = {"nss": "00058500018", "fecha_nacimiento": "1985-03-13"}
    caller.post("vigencia/consultas", wrong)
    caller.post("vigencia/consultas", wrong)
    with pytest.raises(Fault):
        ask(service(caller), PEOPLE.by_id("P1"), agregadoMedico="1M1985OR")
    with pytest.raises(Fault) as refused:
        ask(service(caller), PEOPLE.by_id("P1"))
    assert code_of_fault(refused.value) == "IDE-003"


def test_token_is_needed(caller: Caller) -> None:
    with pytest.raises(Fault) as refused:
        ask(service(caller, "nadie"), PEOPLE.by_id("P1"))
    assert (code_of_fault(refused.value), refused.value.code) == ("GEN-401", "soap:Server")


ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<consultarVigencia xmlns="urn:ventanilla:acceder:v1">{}</consultarVigencia></s:Body></s:Envelope>'
)
GOOD = (
    "<nss>00058500018</nss><fechaNacimiento>1985-03-12</fechaNacimiento><campania>c</campania>"
    "<folioInteraccion>f</folioInteraccion>"
)
ENTITY = '<!DOCTYPE x [<!ENTITY e "f"><!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("nada", "FMT-009"),
        ("<a/>", "FMT-009"),
        (ENVELOPE.format(""), "FMT-009"),
        (ENVELOPE.format(GOOD.replace("<campania>c</campania>", "")), "FMT-009"),
        (ENVELOPE.format(GOOD + "<otro/>"), "FMT-009"),
        (ENVELOPE.format(GOOD.replace("1985-03-12", "1985-13-12")), "FMT-002"),
        (ENVELOPE.format(GOOD.replace("1985-03-12", "-1985-03-12")), "FMT-002"),
        (ENVELOPE.format(GOOD.replace("1985-03-12", "2027-03-12")), "FMT-002"),
        ("<!DOCTYPE x>" + ENVELOPE.format(GOOD), "FMT-009"),
        (ENTITY + ENVELOPE.format(GOOD.replace(">f<", ">&e;<")), "FMT-009"),
        (ENTITY + ENVELOPE.format(GOOD.replace(">f<", ">&x;<")), "FMT-009"),
        (ENVELOPE.format(GOOD) + " " * 70_000, "FMT-009"),
    ],
)
def test_messages_that_break_the_schema_or_carry_a_dtd(caller: Caller, message: str, code: str) -> None:
    answer = caller.client.post("/soap/acceder", content=message.encode(), headers=caller.headers())
    assert answer.status_code == 500
    fault = etree.fromstring(answer.content)
    assert fault.findtext(f".//{TYPES}codigo") == code
    assert fault.findtext(f".//{TYPES}idPeticion") == answer.request.headers["x-request-id"]


def test_a_good_message_by_hand(caller: Caller) -> None:
    message = ENVELOPE.format(GOOD).encode()
    answer = caller.client.post("/soap/acceder", content=message, headers=caller.headers())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.headers["x-sandbox"] == "true" and answer.headers["cache-control"] == "no-store"


def test_nonsense_and_bare_status_reach_soap_too(caller: Caller) -> None:
    message = ENVELOPE.format(GOOD).encode()
    for fault, status in (({"modo": "basura"}, 200), ({"modo": "error", "codigo": "http:502"}, 502)):
        caller.control("fallas", servicio="acceder", veces=1, **fault)
        answer = caller.client.post("/soap/acceder", content=message, headers=caller.headers())
        assert answer.status_code == status and "html" in answer.text
