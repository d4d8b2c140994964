"""A caller of the sandbox that knows its headers, for the tests."""

from typing import Any
from uuid import uuid4

import httpx
from starlette.testclient import TestClient

from sandbox.clock import DEFAULT_NOW
from sandbox.identifiers import appointment_folio
from sandbox.people import Person
from sandbox.population import build_people

PEOPLE = build_people(1)


def persona(person: Person, **more: Any) -> dict[str, Any]:
    """The wire's `persona` of a synthetic person."""
    return {"nss": person.nss, "fecha_nacimiento": person.born.isoformat(), **more}


class Caller:
    """Calls the sandbox as a client of the project would; each test has its own interaction folio."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.folio = "VEN-20261015-0000042-7"
        self.campaign = "cita_medica"
        self._serial = 0

    def headers(self, token: str = "sandbox-bot", key: str | None = None) -> dict[str, str]:
        """Headers of one call."""
        headers = {
            "Authorization": f"Bearer {token}",
            "X-Campaign": self.campaign,
            "X-Folio": self.folio,
            "X-Request-Id": str(uuid4()),
        }
        return {**headers, "Idempotency-Key": key} if key else headers

    def post(self, path: str, body: Any, *, token: str = "sandbox-bot", key: str | None = None) -> httpx.Response:
        """POST below /v1; a new idempotency key each time unless one is given."""
        return self.client.post(f"/v1/{path}", json=body, headers=self.headers(token, key or str(uuid4())))

    def get(self, path: str, token: str = "sandbox-bot") -> httpx.Response:
        """GET below /v1."""
        return self.client.get(f"/v1/{path}", headers=self.headers(token))

    def control(self, path: str, **body: Any) -> None:
        """A control operation that must be applied."""
        answer = self.post(f"_control/{path}", body, token="sandbox-control")
        assert answer.json() == {"aplicado": True}

    def clock(self, moment: str) -> None:
        """Moves the clock."""
        self.control("reloj", ahora=moment)

    def slots(self, person: Person, service: str = "MEDICINA_FAMILIAR", **more: Any) -> list[dict[str, Any]]:
        """What disponibilidad offers."""
        answer = self.post("citas/disponibilidad", persona(person, servicio=service, **more))
        assert answer.status_code == 200, answer.text
        return list(answer.json()["horarios"])

    def book(
        self,
        person: Person,
        slot_id: str,
        service: str = "MEDICINA_FAMILIAR",
        key: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Books; the provider's folio counts up."""
        self._serial += 1
        folio = appointment_folio(DEFAULT_NOW.date(), self._serial)
        body = persona(
            person,
            servicio=service,
            horario_id=slot_id,
            folio_proveedor=folio,
            agente_tipo="NO_HUMANO",
            canal="webchat",
            sms_aceptado=False,
        )
        return self.post("citas", {**body, **more}, key=key)

    def cancel(self, person: Person, cita_id: str) -> httpx.Response:
        """Cancels."""
        return self.post(f"citas/{cita_id}/cancelacion", persona(person, motivo="OTRO", canal="webchat"))

    def confirm(self, person: Person, cita_id: str, answer: str = "SI") -> httpx.Response:
        """Confirms."""
        return self.post(f"citas/{cita_id}/confirmacion", persona(person, respuesta=answer, medio="CHAT"))


def code_of(answer: httpx.Response) -> str:
    """The error code of a refused call; checks the whole shape of the error on the way."""
    body = answer.json()
    assert set(body) == {"resultado", "error", "id_peticion", "fecha"}
    assert set(body["error"]) == {"codigo", "mensaje", "clase", "campo", "reintentable"}
    assert body["id_peticion"] == answer.headers["x-request-id"]
    business = body["error"]["clase"] == "negocio"
    assert body["resultado"] == ("RECHAZO" if business else "ERROR")
    return str(body["error"]["codigo"])
