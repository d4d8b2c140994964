"""Clock control for the evaluation harness: the same on every process that has a clock of its own."""

import hmac
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from pydantic import BaseModel

from server.clock import InstitutionClock


class _ClockRequest(BaseModel):
    now: datetime | None


def clock_control(clock: InstitutionClock, token: str) -> APIRouter:
    """`POST /_control/clock`; mounted only in the sandbox and with a token."""
    router = APIRouter(prefix="/_control", include_in_schema=False)

    @router.post("/clock")
    async def set_clock(body: _ClockRequest, authorization: Annotated[str, Header()] = "") -> dict[str, str]:
        if not hmac.compare_digest(authorization.removeprefix("Bearer "), token):
            raise HTTPException(401, "control token missing or wrong")
        if body.now is not None and body.now.tzinfo is None:
            raise HTTPException(422, "now must have a time zone")
        clock.set(body.now)
        return {"now": clock().isoformat()}

    return router
