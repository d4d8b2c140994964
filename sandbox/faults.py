"""Faults on demand: what `/v1/_control/fallas` arms, and how each mode spoils an answer."""

from asyncio import sleep
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.errors import ServiceError

Mode = Literal["latencia", "error", "corte", "respuesta_tardia", "basura", "ninguna"]
SERVICES = (
    "salud",
    "vigencia",
    "nss",
    "nucleo_familiar",
    "disponibilidad",
    "agendar",
    "citas",
    "cancelar",
    "confirmar",
    "semanas",
    "pensiones",
    "mst",
    "catalogos",
    "conciliacion",
    "acceder",
)
EVERY_SERVICE = "*"
DEFAULT_MS = {"latencia": 3_000, "respuesta_tardia": 30_000}


@dataclass
class Fault:
    """One armed fault.

    `ms` is the delay of latencia and respuesta_tardia. `code` is, for error, an error code of any table or
    `http:503` for a bare status; for basura `HTML`, `JSON` or `VACIO`. `times` counts down; `until` is a time
    of the sandbox's clock.
    """

    service: str
    mode: Mode
    ms: int | None = None
    code: str | None = None
    times: int | None = None
    until: datetime | None = None

    @property
    def seconds(self) -> float:
        """The delay in seconds."""
        return (self.ms if self.ms is not None else DEFAULT_MS.get(self.mode, 0)) / 1000


class CutResponse(Response):
    """Promises a body, sends a bit of it and stops: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI, and break off."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"512")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"', "more_body": True})


class Faults:
    """The armed faults, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Adds a fault; mode `ninguna` removes those of the service instead."""
        if fault.mode == "ninguna":
            everything = fault.service == EVERY_SERVICE
            self._armed = [one for one in self._armed if not everything and one.service != fault.service]
        else:
            self._armed.append(fault)

    def reset(self) -> None:
        """Removes every fault."""
        self._armed.clear()

    def on(self, service: str) -> Fault | None:
        """The fault that holds for `service` now, without using it up."""
        now = self._clock.now()
        return next(
            (
                fault
                for fault in self._armed
                if fault.service in (service, EVERY_SERVICE)
                and (fault.until is None or now < fault.until)
                and fault.times != 0
            ),
            None,
        )

    def take(self, service: str) -> Fault | None:
        """The fault that spoils this call; counts it."""
        fault = self.on(service)
        if fault is not None and fault.times is not None:
            fault.times -= 1
        return fault


async def spoil_before(fault: Fault | None) -> Response | None:
    """What a fault does before the operation: wait, answer something else, or raise ServiceError."""
    if fault is None:
        return None
    if fault.mode == "latencia":
        await sleep(fault.seconds)
    if fault.mode == "corte":
        return CutResponse()
    if fault.mode == "basura":
        return _nonsense(fault.code)
    if fault.mode == "error":
        code = fault.code or "GEN-503"
        if code.startswith("http:"):
            return HTMLResponse("<html><body>Error</body></html>", status_code=int(code.removeprefix("http:")))
        raise ServiceError(code)
    return None


async def spoil_after(fault: Fault | None) -> None:
    """What a fault does after the operation was applied: respuesta_tardia lets the client time out."""
    if fault is not None and fault.mode == "respuesta_tardia":
        await sleep(fault.seconds)


def _nonsense(kind: str | None) -> Response:
    if kind == "JSON":
        return JSONResponse({"estado": "ok", "datos": [None, 7]})
    if kind == "VACIO":
        return Response(b"", media_type="application/json")
    return HTMLResponse("<html><body><h1>Portal en mantenimiento</h1></body></html>")
