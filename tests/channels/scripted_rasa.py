"""An engine that answers as Rasa's REST channel does, from a script: texts, attachments after them, then a report."""

import socket
import threading
import time
from types import TracebackType
from typing import Any

import uvicorn
from fastapi import FastAPI

from conversation.message import Reply
from dialogue.wire import TurnReport


class ScriptedRasa:
    """Serves on a free loopback port; `answers` holds what each message of a citizen is answered with."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[list[Reply], TurnReport]] = {}
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        app = FastAPI()

        @app.post("/campaigns/{campaign}/webhooks/rest/webhook")
        def webhook(campaign: str, body: dict[str, Any]) -> list[dict[str, Any]]:
            replies, report = self.answers[body["message"]]
            return [*_messages(replies), {"custom": {"turn": report.model_dump(mode="json")}}]

        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})

    def __enter__(self) -> "ScriptedRasa":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


def _messages(replies: list[Reply]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    for reply in replies:
        buttons = [{"title": one.title, "payload": one.id, "key": one.key} for one in reply.choices]
        sent.append({"text": reply.text, **({"buttons": buttons} if buttons else {})})
        if reply.document:
            sent.append({"attachment": reply.document.model_dump_json()})
    return sent
