"""Whether the web server is up: to anybody. What is wrong with the content: to whoever operates it."""

import hmac
import logging
from typing import Annotated

from fastapi import APIRouter, Header, Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from content.catalogue import Catalogue
from server.clock import InstitutionClock
from server.settings import Settings

logger = logging.getLogger(__name__)


def health(catalogue: Catalogue, database: Engine, clock: InstitutionClock, settings: Settings) -> APIRouter:
    """`/health`: 200 up, 503 without its database; more in the sandbox and to who shows `VENTANILLA_HEALTH_KEY`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health")
    async def look(response: Response, authorization: Annotated[str, Header()] = "") -> dict[str, object]:
        is_up = _answers(database)
        if not is_up:
            response.status_code = 503
        if not _operates(settings, authorization.removeprefix("Bearer ").strip()):
            return {"status": "ok" if is_up else "down"}
        problems = _problems(catalogue)
        status = "down" if not is_up else "content_problems" if problems else "ok"
        return {"status": status, "environment": settings.environment, "now": clock().isoformat(), "content": problems}

    return router


def _problems(catalogue: Catalogue) -> list[str]:
    """What is wrong now: a file is looked at when it is used, and not every one was since it was changed."""
    for campaign in catalogue.with_bot():
        catalogue.form(campaign.id)
    catalogue.emergency()
    return catalogue.problems()


def _answers(database: Engine) -> bool:
    try:
        with database.connect() as connection:
            connection.exec_driver_sql("select 1")
    except SQLAlchemyError:
        logger.exception("the database does not answer")
        return False
    return True


def _operates(settings: Settings, key: str) -> bool:
    if settings.environment == "sandbox":
        return True
    return bool(settings.health_key) and hmac.compare_digest(key.encode(), str(settings.health_key).encode())
