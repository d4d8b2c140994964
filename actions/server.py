"""The action server: the HTTP end point that the engine calls for every custom action.

rasa-sdk's own server answers errors with the request, which holds personal data, listens on every interface and lets a
second action of the same name win in silence. This one uses rasa-sdk's executor behind FastAPI and does none of that.
"""

import logging
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from actions.booking import BookAppointment
from actions.cita_medica import APPOINTMENT_ACTIONS, NoUnit
from actions.derechohabiente import ConsultEntitlement, ConsultWeeks
from actions.doubt import DoubtResolver
from actions.information import Inform
from actions.protocol import CampaignAction, Protocol
from actions.routing import Route
from actions.services.institution import Institution, institution
from actions.shared import SHARED_ACTIONS
from content.catalogue import Catalogue
from ledger.database import open_database
from ledger.services import ServiceLedger

logger = logging.getLogger(__name__)


class ActionSettings(BaseSettings):
    """Settings of the action server, from environment variables `VENTANILLA_…`."""

    model_config = SettingsConfigDict(env_prefix="VENTANILLA_", extra="ignore")

    root: Path = Path()
    environment: str = Field(default="sandbox", pattern="^(sandbox|no_productivo|productivo)$")
    database_url: str = "sqlite:///var/ledger.db"
    services_url: str = "http://127.0.0.1:8900"
    services_token: str
    """Bearer token of the institution's services; without it the server does not start."""
    actions_port: int = 5055
    circuit_failures: int = 5


class DuplicateAction(Exception):
    """Two actions have one name; the later would silently win."""


def all_actions(catalogue: Catalogue, services: Institution) -> list[CampaignAction]:
    """Every action of every campaign."""
    protocol = Protocol(catalogue)
    shared = [action(protocol) for action in (*SHARED_ACTIONS, Inform, Route, NoUnit)]
    protocol.everywhere.update({action.name(): action for action in shared})
    return [
        *shared,
        ConsultEntitlement(protocol, services),
        ConsultWeeks(protocol, services),
        BookAppointment(protocol, services, DoubtResolver(services)),
        *(action(protocol, services) for action in APPOINTMENT_ACTIONS),
    ]


def executor_of(actions: Iterable[CampaignAction]) -> ActionExecutor:
    """rasa-sdk's executor with these actions.

    Raises:
        DuplicateAction: names the action and both classes.
    """
    executor, owners = ActionExecutor(), dict[str, str]()
    for action in actions:
        owner = type(action).__qualname__
        if action.name() in owners:
            raise DuplicateAction(f"«{action.name()}» is both {owners[action.name()]} and {owner}. Rename one.")
        owners[action.name()] = owner
        executor.register_action(action)
    return executor


def create_app(executor: ActionExecutor) -> FastAPI:
    """The end point over an executor."""
    app = FastAPI(title="Ventanilla actions", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/webhook")
    async def webhook(request: Request) -> JSONResponse:
        call: dict[str, Any] = await request.json()
        name = call.get("next_action")
        try:
            with warnings.catch_warnings():
                # Rasa 3.6 and this SDK are of different lines on purpose; tests/e2e holds them together.
                warnings.simplefilter("ignore", UserWarning)
                result = await executor.run(call)
        except ActionExecutionRejection as rejection:
            return JSONResponse({"error": rejection.message, "action_name": name}, status_code=400)
        except ActionNotFoundException:
            return JSONResponse({"error": f"no action «{name}»", "action_name": name}, status_code=404)
        except Exception:
            # The traceback is logged, the request is not; Rasa takes 500 as a failed action, and the conversation
            # then calls a person.
            logger.exception("action %s failed", name)
            return JSONResponse({"error": "action_failed", "action_name": name}, status_code=500)
        return JSONResponse(result.model_dump() if result else None)

    @app.get("/health")
    async def health() -> dict[str, object]:
        return {"status": "ok", "actions": sorted(action.name for action in executor.list_actions())}

    return app


def main() -> int:
    """Serve on loopback until interrupted; 2 when a setting is missing or wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        settings = ActionSettings()  # fields come from the environment
    except ValidationError as error:
        for problem in error.errors():
            name = "VENTANILLA_" + "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']}. Set it in the environment.", file=sys.stderr)
        return 2
    catalogue = Catalogue(settings.root, settings.environment)
    ledger = ServiceLedger(open_database(settings.database_url))
    services = institution(
        settings.services_url, settings.services_token, settings.environment, ledger, settings.circuit_failures
    )
    app = create_app(executor_of(all_actions(catalogue, services)))
    uvicorn.run(app, host="127.0.0.1", port=settings.actions_port, access_log=False, log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
