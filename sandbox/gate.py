"""The gate before every REST operation: faults, token, headers, size, idempotency, and the shape of errors.

An endpoint declares what it is with `@operation(...)`; the route class reads that and does the same steps for
all, in this order: fault, token and role, headers, size, replay, the operation itself, late fault.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy import insert, select

from sandbox.database import idempotent_answers
from sandbox.errors import BUSINESS, ERRORS, ServiceError
from sandbox.faults import spoil_after, spoil_before
from sandbox.institution import Institution, institution_behind
from sandbox.security import (
    INTERACTION_ROLES,
    Caller,
    Role,
    interaction_headers,
    request_id_of,
    require_loopback,
    role_of,
)

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """What the gate must know: `service` as faults name it (empty = immune), roles and headers."""

    service: str
    roles: frozenset[Role] = INTERACTION_ROLES
    writes: bool = False
    interaction: bool = True
    loopback_only: bool = False


def operation(declared: Operation) -> Callable[[Endpoint], Endpoint]:
    """Declares an endpoint's operation to the gate."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["operation"] = declared
        return endpoint

    return mark


class GatedRoute(APIRoute):
    """A route whose calls pass the gate; its endpoint must be marked with `operation`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler inside the gate."""
        handle = super().get_route_handler()
        declared: Operation = self.endpoint.__dict__["operation"]

        async def gated(request: Request) -> Response:
            institution = institution_behind(request)
            try:
                response = await _pass(request, declared, institution, handle)
            except RequestValidationError as error:
                response = error_response(request, institution, refusal_of(error.errors()))
            except ServiceError as error:
                response = error_response(request, institution, error)
            return stamp(request, response)

        return gated


async def _pass(
    request: Request,
    declared: Operation,
    institution: Institution,
    handle: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Response:
    if declared.loopback_only:
        require_loopback(request)
    fault = institution.faults.take(declared.service) if declared.service else None
    spoiled = await spoil_before(fault)
    if spoiled is not None:
        return spoiled
    request.state.caller = _admit(request, declared)
    body = await request.body()
    if len(body) > institution.rules.limites.max_body_bytes:
        raise ServiceError("FMT-009", detail="La petición es demasiado grande")
    if declared.writes:
        async with institution.writing:
            response = await _once(request, body, institution, handle)
    else:
        response = await handle(request)
    await spoil_after(fault)
    return response


def _admit(request: Request, declared: Operation) -> Caller:
    role = role_of(request, declared.roles)
    campaign, folio = interaction_headers(request) if declared.interaction else ("", "")
    return Caller(role, request_id_of(request), campaign, folio)


async def _once(
    request: Request,
    body: bytes,
    institution: Institution,
    handle: Callable[[Request], Coroutine[Any, Any, Response]],
) -> Response:
    """Runs a write once per idempotency key and gives the first answer again afterwards.

    Answers of the business (done, or refused by a rule) are kept; technical failures are not, so that the
    caller may try again with the same key.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        raise ServiceError("FMT-010", "Idempotency-Key")
    digest = _digest(request, body)
    with institution.engine.connect() as connection:
        first = connection.execute(select(idempotent_answers).where(idempotent_answers.c.key == key)).first()
    if first is not None:
        if first.digest != digest:
            raise ServiceError("GEN-409", "Idempotency-Key")
        return Response(first.body, first.status, {"Idempotent-Replay": "true"}, "application/json")
    try:
        response = await handle(request)
    except ServiceError as error:
        if error.kind.clase != BUSINESS:
            raise
        response = error_response(request, institution, error)
    with institution.engine.begin() as connection:
        answer = bytes(response.body).decode()
        connection.execute(
            insert(idempotent_answers).values(key=key, digest=digest, status=response.status_code, body=answer)
        )
    return response


def _digest(request: Request, body: bytes) -> str:
    """Method, path, role and meaning of the body: the order of its keys does not matter."""
    try:
        meaning = json.dumps(json.loads(body), sort_keys=True).encode()
    except ValueError:
        meaning = body
    prefix = f"{request.method} {request.url.path} {request.state.caller.role} "
    return hashlib.sha256(prefix.encode() + meaning).hexdigest()


def refusal_of(errors: Sequence[Any]) -> ServiceError:
    """The sandbox's code for what pydantic refused; the message never repeats the value."""
    first = errors[0]
    kind = str(first["type"])
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    field = ".".join(place) or None
    if kind in ERRORS:
        return ServiceError(kind, first.get("ctx", {}).get("field", field))
    if kind == "extra_forbidden":
        return ServiceError("FMT-009", field, "La petición trae un campo desconocido")
    if kind == "json_invalid":
        return ServiceError("FMT-009", detail="La petición no es JSON")
    if not place:
        return ServiceError("FMT-010" if kind == "missing" else "FMT-009")
    return ServiceError("FMT-010" if kind == "missing" else "FMT-006", field)


def error_response(request: Request, institution: Institution, error: ServiceError) -> Response:
    """The JSON answer for an error."""
    response = JSONResponse(error.body(request_id_of(request), institution.clock.now()), error.kind.status)
    if error.kind.retry_after is not None:
        response.headers["Retry-After"] = str(error.kind.retry_after)
    return response


def stamp(request: Request, response: Response) -> Response:
    """Adds the headers that every answer of the sandbox carries."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Sandbox"] = "true"
    response.headers["X-Request-Id"] = request_id_of(request)
    return response
