"""The same conversation in a terminal, over the HTTP interface."""

import os
import sys
import uuid
from typing import Any

import httpx
from rich.console import Console

_NAMES = {"bot": "Asistente", "human": "Persona", "system": "Sistema"}


def chat(url: str, campaign: str) -> int:
    """Hold one conversation; 0 when it closed, 1 when the server cannot be used."""
    console = Console(highlight=False)
    key = os.environ.get("VENTANILLA_INTEGRATOR_KEY")
    headers = {"X-Integrator-Key": key} if key else {}
    with httpx.Client(base_url=url, timeout=60.0, headers=headers) as client:
        try:
            opened = client.post(f"/api/v1/campaigns/{campaign}/conversations", json={"channel": "webchat"})
        except httpx.ConnectError:
            print(f"No hay un servidor en {url}. Inícielo con «make run» y vuelva a intentarlo.", file=sys.stderr)
            return 1
        if opened.status_code != httpx.codes.CREATED:
            print(f"El servidor respondió {opened.status_code}: {opened.json().get('detail', '')}", file=sys.stderr)
            return 1
        data = opened.json()
        client.headers["Authorization"] = f"Bearer {data['token']}"
        path, state = f"/api/v1/conversations/{data['conversation_id']}", data["state"]
        _show(console, data["messages"])
        while state != "closed":
            try:
                said = console.input("[bold]> [/bold]").strip()
            except (EOFError, KeyboardInterrupt):
                _show(console, client.post(f"{path}/close").json()["messages"])
                return 0
            if not said:
                continue
            body = {"text": said, "client_message_id": str(uuid.uuid4())}
            answer = client.post(f"{path}/messages", json=body)
            if answer.is_success:
                state = answer.json()["state"]
                _show(console, answer.json()["messages"])
            else:
                print(answer.json().get("detail", answer.status_code), file=sys.stderr)
    return 0


def _show(console: Console, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        console.print(f"{_NAMES.get(message['sender'], '')}: {message['text']}", markup=False)
        if page := message.get("document"):
            console.print(f"  {page['title']}: {page['url']}", markup=False)
        for position, choice in enumerate(message["choices"], start=1):
            console.print(f"   {choice.get('key') or position}. {choice['title']}", markup=False)
