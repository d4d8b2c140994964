"""A stand-in of Chatwoot: the part of its application API that is used, and its signed webhooks, over real HTTP.

As the real one: only a person's token may make contacts and read, an identifier is taken once (422), incoming messages
are for API inboxes only, what is not there is 404, a webhook is sent once with 5 seconds of patience, and tells of all
messages, our own and private ones too. `faults` and `slow_seconds` make it fail.
"""

import hashlib
import hmac
import itertools
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

ACCOUNT, INBOX = 3, 7
PERSON_TOKEN, BOT_TOKEN, SECRET = "token-de-persona", "token-de-bot", "secreto-del-webhook"
WEBHOOK_PATIENCE_SECONDS = 5.0
ANA, BETO = {"id": 11, "name": "Ana Paz", "type": "user"}, {"id": 12, "name": "Beto Luna", "type": "user"}


@dataclass
class Talk:
    """One conversation of Chatwoot."""

    id: int
    status: str
    contact: int
    about: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    assignee: dict[str, Any] | None = None
    priority: str | None = None
    updated_at: float = 0.0
    messages: list[dict[str, Any]] = field(default_factory=list)

    def public(self) -> list[str]:
        return [f"{one['message_type']}: {one['content']}" for one in self.messages if not one["private"]]

    def notes(self) -> list[str]:
        return [one["content"] for one in self.messages if one["private"]]


@dataclass
class Fault:
    """Requests whose path contains `path` are answered with `status`, so many times."""

    path: str
    status: int
    times: int


class ChatwootStandIn:
    """The account. `talks` is what its people see."""

    def __init__(self, *, api_inbox: bool) -> None:
        self.url, self.webhook = "", ""
        self.talks: dict[int, Talk] = {}
        self.contacts: dict[int, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.slow_seconds, self.slow_answers = 0.0, 1_000_000
        self.acknowledged: list[int] = []
        self.delivering = True
        self._api_inbox = api_inbox
        self._numbers, self._lock = itertools.count(100), threading.Lock()

    # ------------------------------------------------------------------ what people and citizens do there

    def writes(self, talk: Talk, who: dict[str, Any], text: str, *, private: bool = False, files: int = 0) -> None:
        self._message(talk, text, "outgoing", who, private=private, files=files)

    def citizen_writes(self, text: str, talk: Talk | None = None) -> Talk:
        """On an inbox with an active bot a conversation begins, and is opened again, as `pending`."""
        if talk is None:
            talk = Talk(next(self._numbers), "pending", contact=1)
            self.talks[talk.id] = talk
        elif talk.status == "resolved":
            self.sets_status(talk, "pending")
        self._message(talk, text, "incoming", {"id": 900, "name": "Eva", "type": "contact"})
        return talk

    def sets_status(self, talk: Talk, status: str, who: dict[str, Any] | None = None) -> None:
        talk.status, talk.assignee = status, who or talk.assignee
        self.tell({**self.shown(talk), "event": "conversation_status_changed"})

    def shown(self, talk: Talk) -> dict[str, Any]:
        return {
            "id": talk.id, "inbox_id": INBOX, "status": talk.status, "labels": talk.labels,
            "meta": {"assignee": talk.assignee, "sender": {"id": talk.contact}}, "priority": talk.priority,
            "timestamp": int(time.time()), "updated_at": time.time(), "account": {"id": ACCOUNT},
        }  # fmt: skip

    def message_event(self, talk: Talk, message: dict[str, Any]) -> dict[str, Any]:
        return {
            **message, "event": "message_created", "account": {"id": ACCOUNT}, "inbox": {"id": INBOX},
            "conversation": self.shown(talk),
        }  # fmt: skip

    # ------------------------------------------------------------------ webhooks

    def tell(self, content: dict[str, Any]) -> None:
        """Send a webhook, as its job does: once, and not before the request that caused it is answered."""
        if self.delivering and self.webhook:
            threading.Timer(0.02, self._deliver_once, [content]).start()

    def deliver(self, content: dict[str, Any], *, secret: str = SECRET, age_seconds: int = 0) -> int:
        """Send one webhook now; the status of its acknowledgement."""
        body = json.dumps(content).encode()
        timestamp = str(int(time.time()) - age_seconds)
        signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json", "X-Chatwoot-Signature": f"sha256={signed}",
            "X-Chatwoot-Timestamp": timestamp,
        }  # fmt: skip
        answer = httpx.post(self.webhook, content=body, headers=headers, timeout=WEBHOOK_PATIENCE_SECONDS)
        self.acknowledged.append(answer.status_code)
        return answer.status_code

    def _deliver_once(self, content: dict[str, Any]) -> None:
        """Nobody there, or too slow: it is not sent again."""
        with suppress(httpx.TransportError):
            self.deliver(content)

    # ------------------------------------------------------------------ API

    def app(self) -> FastAPI:
        app = FastAPI()
        base = f"/api/v1/accounts/{ACCOUNT}"

        @app.middleware("http")
        async def gate(request: Request, call_next: Any) -> Response:
            return self._refusal(request) or await call_next(request)

        @app.post(f"{base}/contacts")
        def make_contact(body: dict[str, Any]) -> Any:
            if any(one["identifier"] == body["identifier"] for one in self.contacts.values()):
                raise HTTPException(422, "Identifier has already been taken")
            contact = {"id": next(self._numbers), "identifier": body["identifier"], "name": body["name"]}
            place = {"source_id": f"src-{contact['id']}", "inbox": {"id": body["inbox_id"]}}
            self.contacts[contact["id"]] = {**contact, "contact_inboxes": [place]}
            return self._answered({"payload": {"contact": contact, "contact_inbox": place}})

        @app.get(f"{base}/contacts/search")
        def search(q: str) -> Any:
            return {"payload": [one for one in self.contacts.values() if q in one["identifier"]]}

        @app.get(f"{base}/contacts/{{contact}}/conversations")
        def of_contact(contact: int) -> Any:
            return {"payload": [self.shown(one) for one in self.talks.values() if one.contact == contact]}

        @app.post(f"{base}/conversations")
        def make_conversation(body: dict[str, Any]) -> Any:
            if body["contact_id"] not in self.contacts or body["inbox_id"] != INBOX:
                raise HTTPException(404, "Resource could not be found")
            talk = Talk(next(self._numbers), body["status"], body["contact_id"], body["custom_attributes"])
            self.talks[talk.id] = talk
            return self._answered(self.shown(talk))

        @app.get(f"{base}/conversations/{{number}}")
        def conversation(number: int) -> Any:
            return self.shown(self._talk(number))

        @app.get(f"{base}/conversations/{{number}}/messages")
        def messages(number: int) -> Any:
            return {"meta": {}, "payload": self._talk(number).messages}

        self._writing(app, base)
        return app

    def _writing(self, app: FastAPI, base: str) -> None:
        @app.post(f"{base}/conversations/{{number}}/messages")
        def say(number: int, body: dict[str, Any], request: Request) -> Any:
            talk, kind = self._talk(number), body["message_type"]
            if kind == "incoming" and not self._api_inbox:
                raise HTTPException(422, "Incoming messages are only allowed in Api inboxes")
            if not body["content"].strip():
                raise HTTPException(422, "content: can't be blank")
            is_bot = request.headers["api_access_token"] == BOT_TOKEN
            person = {"id": 5, "name": "Bot", "type": "agent_bot"} if is_bot else {**ANA, "id": 10}
            sender = {"id": talk.contact, "type": "contact"} if kind == "incoming" else person
            return self._answered(self._message(talk, body["content"], kind, sender, private=body["private"]))

        @app.post(f"{base}/conversations/{{number}}/toggle_status")
        def toggle_status(number: int, body: dict[str, Any]) -> Any:
            talk = self._talk(number)
            self.sets_status(talk, body["status"])
            return self._answered({"payload": {"success": True, "current_status": talk.status}})

        @app.post(f"{base}/conversations/{{number}}/toggle_priority")
        def toggle_priority(number: int, body: dict[str, Any]) -> Response:
            self._talk(number).priority = body["priority"]
            return Response(status_code=200)

    def _refusal(self, request: Request) -> Response | None:
        token, path = request.headers.get("api_access_token"), request.url.path
        for_bots = request.method == "POST" and "/conversations" in path
        if token != PERSON_TOKEN and not (token == BOT_TOKEN and for_bots):
            return JSONResponse({"error": "Invalid Access Token"}, 401)
        with self._lock:
            for fault in self.faults:
                if fault.path in path and fault.times > 0:
                    fault.times -= 1
                    return JSONResponse({"error": "as the test wants it"}, fault.status)
        return None

    def _answered(self, content: dict[str, Any]) -> dict[str, Any]:
        """Done; but the next `slow_answers` answers are slow."""
        if self.slow_answers > 0:
            self.slow_answers -= 1
            time.sleep(self.slow_seconds)
        return content

    def _talk(self, number: int) -> Talk:
        if number not in self.talks:
            raise HTTPException(404, "Resource could not be found")
        return self.talks[number]

    def _message(
        self, talk: Talk, text: str, kind: str, sender: dict[str, Any], *, private: bool = False, files: int = 0
    ) -> dict[str, Any]:
        message = {
            "id": next(self._numbers), "content": text, "message_type": kind, "private": private, "sender": sender,
            "attachments": [{"id": place} for place in range(files)],
        }  # fmt: skip
        talk.messages.append(message)
        self.tell(self.message_event(talk, message))
        return message
