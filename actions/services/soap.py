"""ACCEDER over SOAP 1.1 (services.md §12): zeep reads the WSDL; one-way TLS where the address says https."""

from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from zeep import AsyncClient, Settings
from zeep.exceptions import Error as ZeepError
from zeep.exceptions import Fault, TransportError
from zeep.helpers import serialize_object
from zeep.proxy import AsyncServiceProxy
from zeep.transports import AsyncTransport

from actions.services.caller import timeout_for
from actions.services.failure import NONSENSE, ErrorTable, ServiceFailure
from conversation.message import Channel
from ledger.services import Interaction

M = TypeVar("M", bound=BaseModel)
WSDL = Path(__file__).with_name("acceder.wsdl")
_BINDING = "{urn:ventanilla:acceder:v1}AccederSoap11"


class BareStatus(Exception):
    """A front end answered with an error of its own instead of a SOAP message."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status} without a SOAP message")
        self.status = status


async def _refuse_bare_status(response: httpx.Response) -> None:
    if response.is_error and "xml" not in response.headers.get("content-type", ""):
        raise BareStatus(response.status_code)


class AccederAdapter:
    """Calls `consultarVigencia` and gives the answer in the words of the REST family."""

    def __init__(self, base_url: str, token: str, errors: ErrorTable) -> None:
        self._errors = errors
        self._http = httpx.AsyncClient(
            timeout=timeout_for(Channel.WEBCHAT),
            follow_redirects=False,
            event_hooks={"response": [_refuse_bare_status]},
        )
        # DTDs and entities are refused, and nothing is fetched to read the WSDL (OWASP ASVS 1.5.1).
        settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        transport = AsyncTransport(client=self._http, wsdl_client=httpx.Client())
        self._http.headers["Authorization"] = f"Bearer {token}"  # the transport replaces what was set before
        client = AsyncClient(str(WSDL), transport=transport, settings=settings)
        # `AsyncClient.create_service` makes a synchronous proxy: the asynchronous one is made by hand.
        self._service = AsyncServiceProxy(client, client.wsdl.bindings[_BINDING], address=f"{base_url}/soap/acceder")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def consult(self, person: dict[str, str], answer: type[M], interaction: Interaction) -> M | ServiceFailure:
        """One request.

        Raises:
            httpx.TransportError: no connection, or no answer in time.
        """
        try:
            reply = await self._service.consultarVigencia(
                nss=person["nss"], fechaNacimiento=person.get("fecha_nacimiento"),
                agregadoMedico=person.get("agregado_medico"), campania=interaction.campaign,
                folioInteraccion=interaction.folio,
            )  # fmt: skip
            return answer.model_validate(_in_rest_words(serialize_object(reply, dict)))
        except Fault as fault:
            return self._errors.failure(_code_of(fault))
        except BareStatus as error:
            return self._errors.failure(f"http:{error.status}")
        except TransportError as error:
            answered = 200 <= int(error.status_code) < 300
            return NONSENSE if answered else self._errors.failure(f"http:{error.status_code}")
        except (ZeepError, ValidationError, KeyError, TypeError, AttributeError):
            # zeep reports a broken envelope in several ways; all of them are an answer that means nothing.
            return NONSENSE


def _code_of(fault: Fault) -> str:
    detail = fault.detail if hasattr(fault.detail, "find") and not isinstance(fault.detail, bytes) else None
    found = detail.find(".//{urn:ventanilla:acceder:v1}codigo") if detail is not None else None
    return (found.text or "soap:fault") if found is not None else "soap:fault"


def _in_rest_words(reply: dict[str, Any]) -> dict[str, Any]:
    patient, assignment = reply["paciente"], reply["adscripcion"]
    return {
        "vigente": reply["vigente"],
        "vigente_hasta": reply["vigenteHasta"],
        "motivo_no_vigente": reply["motivoNoVigente"],
        "paciente": {"paciente_id": patient["pacienteId"], "agregado_medico": patient["agregadoMedico"]},
        "adscripcion": {
            "completa": assignment["completa"], "umf": assignment["umf"], "delegacion": assignment["delegacion"],
            "consultorio": assignment["consultorio"], "turno": assignment["turno"],
            "zona_horaria": assignment["zonaHoraria"] or "America/Mexico_City",
        },
        "servicios": tuple(reply["servicio"] or ()),
        "tiene_nucleo_familiar": reply["tieneNucleoFamiliar"],
    }  # fmt: skip
