"""One process that serves every campaign's Rasa model behind Rasa's own HTTP interface, one prefix per campaign.

    POST /campaigns/{id}/webhooks/rest/webhook      {"sender", "message", "metadata"} -> [{"recipient_id", "text", ...}]
    POST /campaigns/{id}/model/parse                {"text"} -> intent, ranking, entities
    GET  /campaigns/{id}/conversations/{cid}/tracker
    GET  /campaigns/{id}/status                     the model that is loaded
    PUT  /campaigns/{id}/model                      load the campaign's newest model; the others go on serving
    GET  /health                                    campaigns, memory

A client of stock `rasa run` works here by adding the prefix. One difference: a turn that fails answers 500, where
Rasa answers 200 with whatever was collected until then.

The interface has no authentication, as Rasa's channel webhooks have none: it listens on loopback or a private
network only. Run with the engine's own Python 3.10:  python engine/host.py --models var/models
"""

import argparse
import hashlib
import json
import logging
import os
import re
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from economies import lay_out_for_reading, spare_what_repeats  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.core.tracker_store import InMemoryTrackerStore  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402
from rasa.utils.log_utils import configure_structlog  # noqa: E402
from sanic import Sanic, response  # noqa: E402
from sanic.exceptions import InvalidUsage, NotFound, ServerError  # noqa: E402
from sanic.request import Request  # noqa: E402
from sanic.response import HTTPResponse  # noqa: E402

logger = logging.getLogger("engine.host")


class ModelRefused(Exception):
    """A model is missing or is not, byte for byte, the one that training recorded."""


class RecentTrackers(InMemoryTrackerStore):
    """Trackers of the most recent conversations, and of each the most recent events.

    What a conversation knows travels with each message (metadata), so what is dropped loses nothing; without limits
    the process would grow with every conversation it ever served, and a turn with all that was said before, since
    Rasa makes every kept event anew at each turn: 20 ms late in a conversation with 100 events, 14 with 40. These are
    at least four turns, and the policies look at three.
    """

    def __init__(self, domain: Domain, limit: int = 2000, events: int = 40) -> None:
        super().__init__(domain)
        self._limit, self._events = limit, events
        self.store: OrderedDict[str, str] = OrderedDict()

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """A tracker that keeps its most recent events only."""
        return DialogueStateTracker(sender_id, self.domain.slots, max_event_history=self._events)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep this tracker as the newest and drop the oldest beyond the limit."""
        await super().save(tracker)
        self.store.move_to_end(tracker.sender_id)
        while len(self.store) > self._limit:
            self.store.popitem(last=False)


class Campaign:
    """One loaded model and what is known of it."""

    def __init__(self, name: str, agent: Agent, record: dict[str, str]) -> None:
        self.name, self.agent, self.record = name, agent, record
        self.loaded_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def status(self) -> dict[str, str]:
        """What `rasa run` tells at /status, and the hashes."""
        return {
            "model_file": self.record["file"],
            "model_id": self.agent.model_id or "",
            "sha256": self.record["sha256"],
            "content_hash": self.record["content_hash"],
            "loaded_at": self.loaded_at,
        }


class Campaigns:
    """The campaigns of this host, loaded from a folder of models."""

    def __init__(self, models: Path, actions_url: str) -> None:
        self._models, self._actions_url = models, actions_url
        self._loaded: dict[str, Campaign] = {}

    def load_all(self) -> None:
        """Load every campaign that has a model record. A refused model stops the start."""
        for record in sorted(self._models.glob("*/model.json")):
            self.load(record.parent.name)

    def load(self, name: str) -> Campaign:
        """Load or reload one campaign; the one in service is replaced only when the new one is ready.

        Raises:
            ModelRefused: no record, no archive, or another SHA-256 than recorded.
        """
        record_path = self._models / name / "model.json"
        if not record_path.exists():
            raise ModelRefused(f"campaign «{name}» has no {record_path}. Train it with engine/train.py.")
        record = json.loads(record_path.read_text())
        archive = record_path.parent / record["file"]
        if not archive.exists():
            raise ModelRefused(f"{archive} is missing. Train «{name}» again.")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != record["sha256"]:
            raise ModelRefused(
                f"{archive} has SHA-256 {found[:12]}…, recorded is {record['sha256'][:12]}…: not the model that was "
                f"trained here. Delete it and train «{name}» again."
            )
        agent = Agent.load(
            str(archive),
            tracker_store=RecentTrackers(Domain.empty()),
            action_endpoint=EndpointConfig(url=self._actions_url),
        )
        lay_out_for_reading(agent)
        self._loaded[name] = Campaign(name, agent, record)
        return self._loaded[name]

    def get(self, name: str) -> Campaign:
        """The campaign in service under this id.

        Raises:
            NotFound: no such campaign (HTTP 404).
        """
        if name not in self._loaded:
            raise NotFound(f"no campaign «{name}»; loaded: {', '.join(sorted(self._loaded)) or 'none'}")
        return self._loaded[name]

    def all(self) -> dict[str, Campaign]:
        """Every loaded campaign by id."""
        return dict(self._loaded)


def resident_megabytes() -> float:
    """Resident memory of this process in MB, or 0.0 where /proc does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def without_metadata(state: dict[str, Any]) -> dict[str, Any]:
    """A tracker's state without the metadata of messages: there the actions get what a citizen said and gave."""
    shown = {key: value for key, value in state.items() if key not in ("events", "latest_message")}
    shown["latest_message"] = {**state["latest_message"], "metadata": {}}
    shown["events"] = [
        {**{key: value for key, value in event.items() if key != "parse_data"}, "metadata": {}}
        for event in state.get("events") or ()
        if not (event.get("event") == "bot" and "turn" in (event.get("data", {}).get("custom") or {}))
    ]
    return shown


def body_of(request: Request, *required: str) -> dict[str, Any]:
    """The JSON object of a request with its required text fields.

    Raises:
        InvalidUsage: not an object or a field is missing (HTTP 400); the message names the field.
    """
    body = request.json
    if not isinstance(body, dict):
        raise InvalidUsage("the body must be a JSON object")
    for field in required:
        if not isinstance(body.get(field), str):
            raise InvalidUsage(f"«{field}» must be text")
    return body


def create_app(campaigns: Campaigns) -> Sanic:
    """The HTTP interface over loaded campaigns."""
    app = Sanic("ventanilla_engine", configure_logging=False)

    @app.post("/campaigns/<name:str>/webhooks/rest/webhook")
    async def webhook(request: Request, name: str) -> HTTPResponse:
        body = body_of(request, "sender", "message")
        collector = CollectingOutputChannel()
        message = UserMessage(
            body["message"],
            collector,
            body["sender"],
            input_channel=body.get("input_channel", "rest"),
            metadata=body.get("metadata"),
        )
        await campaigns.get(name).agent.handle_message(message)
        return response.json(collector.messages)

    @app.post("/campaigns/<name:str>/model/parse")
    async def parse(request: Request, name: str) -> HTTPResponse:
        return response.json(await campaigns.get(name).agent.parse_message(body_of(request, "text")["text"]))

    @app.get("/campaigns/<name:str>/conversations/<conversation:str>/tracker")
    async def tracker(request: Request, name: str, conversation: str) -> HTTPResponse:
        kept: DialogueStateTracker | None = await campaigns.get(name).agent.tracker_store.retrieve(conversation)
        if kept is None:
            raise NotFound("no tracker is kept for that conversation")
        return response.json(without_metadata(kept.current_state(EventVerbosity.AFTER_RESTART)))

    @app.get("/campaigns/<name:str>/status")
    async def status(request: Request, name: str) -> HTTPResponse:
        return response.json(campaigns.get(name).status())

    @app.put("/campaigns/<name:str>/model")
    async def reload(request: Request, name: str) -> HTTPResponse:
        try:
            return response.json(campaigns.load(name).status())
        except ModelRefused as refusal:
            return response.json({"error": "model_refused", "detail": str(refusal)}, status=409)

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        loaded = {name: campaign.status() for name, campaign in campaigns.all().items()}
        return response.json({"status": "ok", "campaigns": loaded, "resident_mb": round(resident_megabytes(), 1)})

    _errors(app)
    return app


def _errors(app: Sanic) -> None:
    @app.exception(NotFound, InvalidUsage)
    async def refused(request: Request, error: ServerError) -> HTTPResponse:
        return response.json({"error": type(error).__name__, "detail": str(error)}, status=error.status_code)

    @app.exception(Exception)
    async def failed(request: Request, error: Exception) -> HTTPResponse:
        # The traceback is logged; the request is not, since it holds what a citizen wrote.
        logger.error("turn failed: %s %s", request.method, request.path, exc_info=error)
        return response.json({"error": "engine_failed", "detail": type(error).__name__}, status=500)


def main() -> None:
    """Command line: load all models and serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve every campaign's Rasa model from one process.")
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--host", default="127.0.0.1", help="loopback or a private address: there is no authentication")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--actions", default="http://127.0.0.1:5055/webhook", help="address of the action server")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    configure_structlog(logging.WARNING)  # Rasa's debug log writes down what citizens say
    # Keyword campaigns use hundreds of patterns; Python's cache of 512 would compile them anew at every message.
    re._MAXCACHE = 8192  # type: ignore[attr-defined]
    spare_what_repeats()
    campaigns = Campaigns(arguments.models, arguments.actions)
    try:
        campaigns.load_all()
    except ModelRefused as refusal:
        raise SystemExit(f"engine: {refusal}") from refusal
    if not campaigns.all():
        raise SystemExit(f"engine: no models under {arguments.models}. Run engine/train.py first.")
    create_app(campaigns).run(host=arguments.host, port=arguments.port, access_log=False)


if __name__ == "__main__":
    main()
