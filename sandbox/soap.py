"""ACCEDER over SOAP 1.1, document/literal wrapped (services.md §12)."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request, Response
from lxml import etree

from sandbox.answers import Entitlement
from sandbox.entitlement import entitlement
from sandbox.errors import FORMAT, IDENTITY, SECURITY, ServiceError
from sandbox.faults import spoil_after, spoil_before
from sandbox.fields import day_of
from sandbox.gate import stamp
from sandbox.identification import Claim
from sandbox.identifiers import is_nss
from sandbox.institution import Institution
from sandbox.security import INTERACTION_ROLES, Role, request_id_of, role_of

PATH = "/soap/acceder"
_TYPES = "urn:ventanilla:acceder:v1"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_WSDL_ADDRESS = "https://127.0.0.1:8900" + PATH
_CODE_OF_ELEMENT = {"nss": "FMT-001", "fechaNacimiento": "FMT-002", "agregadoMedico": "FMT-003"}
_FOLIO_IN_BODY = re.compile(rb"folioInteraccion>\s*([A-Za-z0-9-]{1,64})\s*<")
_ELEMENT_AT_FAULT = re.compile(r"Element '\{[^}]*\}(\w+)'")

router = APIRouter(tags=["acceder"])


@router.get(PATH)
async def wsdl(request: Request) -> Response:
    """The WSDL, with the address under which this server was called."""
    if "wsdl" not in request.url.query.lower():
        raise ServiceError("GEN-404")
    document = _wsdl_text().replace(_WSDL_ADDRESS, str(request.base_url).rstrip("/") + PATH)
    return stamp(request, Response(document, media_type="text/xml; charset=utf-8"))


@router.post(PATH)
async def acceder(request: Request) -> Response:
    """Operation consultarVigencia: the same facts as `POST /v1/vigencia/consultas`."""
    body = await request.body()
    institution = _institution_of(request, body)
    try:
        fault = institution.faults.take("acceder")
        response = await spoil_before(fault)
        if response is None:
            role = role_of(request, INTERACTION_ROLES)
            response = _envelope(_consult(body, institution, role))
            await spoil_after(fault)
    except ServiceError as error:
        response = _fault(error, request_id_of(request))
    return stamp(request, response)


def _institution_of(request: Request, body: bytes) -> Institution:
    """By the interaction in the message; one that cannot be read goes to the shared institution, which refuses it."""
    folio = _FOLIO_IN_BODY.search(body)
    answering: Institution = request.app.state.worlds.of(folio.group(1).decode() if folio else None)
    return answering


def _consult(body: bytes, institution: Institution, role: Role) -> etree._Element:
    if len(body) > institution.rules.limites.max_body_bytes:
        raise ServiceError("FMT-009", detail="El mensaje es demasiado grande")
    message = _message(body)
    values = {etree.QName(child).localname: (child.text or "").strip() for child in message}
    if not is_nss(values["nss"]):
        raise ServiceError("FMT-001", "nss")
    born, agregado = values.get("fechaNacimiento"), values.get("agregadoMedico")
    if born is None and agregado is None:
        raise ServiceError("FMT-004", "fechaNacimiento")
    if not values["folioInteraccion"]:
        raise ServiceError("FMT-009", "folioInteraccion", "El folio de la interacción está vacío")
    day = day_of(born[:10]) if born is not None else None  # an xsd:date may end in a zone
    if born is not None and day is None:
        raise ServiceError("FMT-002", "fechaNacimiento")
    claim = Claim(values["nss"], day, agregado)
    return _answer(entitlement(institution, claim, values["folioInteraccion"], role))


def _message(body: bytes) -> etree._Element:
    """The consultarVigencia element, checked against the WSDL's schema; DTDs and entities are refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise ServiceError("FMT-009", detail="El mensaje no es XML bien formado") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ServiceError("FMT-009", detail="El mensaje no debe traer DTD ni entidades")
    content = root.find(f"{{{_ENVELOPE}}}Body") if root.tag == f"{{{_ENVELOPE}}}Envelope" else None
    if content is None or len(content) != 1 or content[0].tag != f"{{{_TYPES}}}consultarVigencia":
        raise ServiceError("FMT-009", detail="El mensaje no es una petición consultarVigencia de SOAP 1.1")
    message = etree.fromstring(etree.tostring(content[0]), parser)
    schema = _schema()
    if not schema.validate(message):
        raise _schema_error(schema)
    return message


def _schema_error(schema: etree.XMLSchema) -> ServiceError:
    """The code of the first element that breaks the schema, else FMT-009."""
    log: Any = schema.error_log
    for entry in log:
        named = _ELEMENT_AT_FAULT.match(entry.message)
        code = _CODE_OF_ELEMENT.get(named.group(1)) if named else None
        if named and code and entry.type_name != "SCHEMAV_ELEMENT_CONTENT":
            return ServiceError(code, named.group(1))
    return ServiceError("FMT-009", detail="El mensaje no cumple el esquema")


def _answer(facts: Entitlement) -> etree._Element:
    root = _element("consultarVigenciaResponse")
    _add(root, "vigente", _boolean(facts.vigente))
    _add(root, "vigenteHasta", facts.vigente_hasta.isoformat() if facts.vigente_hasta else None)
    _add(root, "motivoNoVigente", facts.motivo_no_vigente)
    patient = etree.SubElement(root, f"{{{_TYPES}}}paciente")
    _add(patient, "pacienteId", facts.paciente.paciente_id)
    _add(patient, "nombre", facts.paciente.nombre)
    _add(patient, "agregadoMedico", facts.paciente.agregado_medico)
    _add(patient, "calidad", facts.paciente.calidad)
    assignment = etree.SubElement(root, f"{{{_TYPES}}}adscripcion")
    _add(assignment, "completa", _boolean(facts.adscripcion.completa))
    _add(assignment, "clavePresupuestal", facts.adscripcion.clave_presupuestal)
    _add(assignment, "umf", facts.adscripcion.umf)
    _add(assignment, "delegacion", facts.adscripcion.delegacion)
    _add(assignment, "consultorio", facts.adscripcion.consultorio)
    _add(assignment, "turno", facts.adscripcion.turno)
    _add(assignment, "zonaHoraria", facts.adscripcion.zona_horaria)
    for service in facts.servicios:
        _add(root, "servicio", service)
    _add(root, "tieneNucleoFamiliar", _boolean(facts.tiene_nucleo_familiar))
    _add(root, "fechaConsulta", facts.fecha_consulta.isoformat())
    return root


def _fault(error: ServiceError, request_id: str) -> Response:
    """A SOAP fault: the caller's mistakes are soap:Client, everything else soap:Server."""
    client = error.kind.clase in (FORMAT, IDENTITY) or error.code.startswith(("FMT", "IDE"))
    fault = etree.Element(f"{{{_ENVELOPE}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soap:Client" if client else "soap:Server"
    etree.SubElement(fault, "faultstring").text = error.message
    detail = _element("accederFault")
    _add(detail, "codigo", error.code)
    _add(detail, "mensaje", error.message)
    _add(detail, "campo", error.field)
    _add(detail, "reintentable", _boolean(error.kind.retryable))
    _add(detail, "idPeticion", request_id)
    etree.SubElement(fault, "detail").append(detail)
    status = error.kind.status if error.kind.clase == SECURITY and error.code.startswith("GEN") else 500
    response = _envelope(fault, status)
    if error.kind.retry_after is not None:
        response.headers["Retry-After"] = str(error.kind.retry_after)
    return response


def _envelope(content: etree._Element, status: int = 200) -> Response:
    envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"soap": _ENVELOPE})
    etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body").append(content)
    document = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return Response(document, status, media_type="text/xml; charset=utf-8")


def _element(name: str) -> etree._Element:
    return etree.Element(f"{{{_TYPES}}}{name}", nsmap={"t": _TYPES})


def _add(parent: etree._Element, name: str, value: str | None) -> None:
    if value is not None:
        etree.SubElement(parent, f"{{{_TYPES}}}{name}").text = value


def _boolean(value: bool) -> str:
    return "true" if value else "false"


@cache
def _wsdl_text() -> str:
    return files("sandbox").joinpath("acceder.wsdl").read_text(encoding="utf-8")


@cache
def _schema() -> etree.XMLSchema:
    document = etree.fromstring(_wsdl_text().encode())
    schema = document.find(".//{http://www.w3.org/2001/XMLSchema}schema")
    if schema is None:
        raise ValueError("acceder.wsdl: falta el esquema dentro de wsdl:types")
    return etree.XMLSchema(etree.fromstring(etree.tostring(schema)))
