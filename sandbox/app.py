"""The sandbox's application: REST under `/v1`, ACCEDER under `/soap/acceder`."""

from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from sandbox import soap
from sandbox.errors import ServiceError
from sandbox.gate import error_response, stamp
from sandbox.institution import Institution, institution_behind
from sandbox.rest import appointments, operation, records, rights, tickets
from sandbox.worlds import Worlds


def create_app(*, seed: int = 1, now: datetime | None = None, tick: bool = False, db: Path | None = None) -> FastAPI:
    """A sandbox of its own.

    `seed` decides the generated people and which slots the units gave away; `now` is the starting time (with
    offset, default 2026-10-15T09:00:00-06:00), frozen unless `tick`; `db` is a SQLite file, else the state is
    in memory.
    Raises ValueError when `now` has no offset or `db` belongs to another seed.
    """
    app = FastAPI(
        title="Sandbox de servicios institucionales",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
    )
    app.state.worlds = Worlds(
        Institution(seed=seed, now=now, tick=tick, path=db),
        lambda: Institution(seed=seed, now=now, tick=tick, path=None),
    )
    for module in (rights, appointments, records, tickets, operation):
        app.include_router(module.router, prefix="/v1")
    app.include_router(soap.router)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(Exception, _internal_error)
    return app


async def _http_error(request: Request, error: Exception) -> Response:
    """No such path or method, in the sandbox's own shape."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "GEN-404", 405: "GEN-405", 400: "FMT-009"}.get(status, "GEN-500")
    return _answer(request, ServiceError(code))


async def _service_error(request: Request, error: Exception) -> Response:
    return _answer(request, error if isinstance(error, ServiceError) else ServiceError("GEN-500"))


async def _internal_error(request: Request, error: Exception) -> Response:
    """A mistake of the sandbox itself; the server logs the traceback, never the body."""
    return _answer(request, ServiceError("GEN-500"))


def _answer(request: Request, error: ServiceError) -> Response:
    return stamp(request, error_response(request, institution_behind(request), error))
