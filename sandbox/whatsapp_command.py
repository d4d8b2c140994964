"""`ventanilla sandbox whatsapp`: a telephone in the terminal, with the stand-in of Meta behind it.

Start the web server with the settings that this prints, and write. `/1` taps the first option of the last message.
"""

import argparse
import sys
import threading
from collections.abc import Iterator

import httpx
import uvicorn

from sandbox.whatsapp_graph import GraphStandIn, SentMessage
from sandbox.whatsapp_phone import Phone

PHONE_ID, TOKEN = "106540352242922", "token-de-prueba"
APP_SECRET, VERIFY_TOKEN = "secreto-de-prueba", "verificacion-de-prueba"  # nosec: of the stand-in only


def main(words: list[str]) -> int:
    """Serve the stand-in and chat until the input ends."""
    parser = argparse.ArgumentParser(prog="ventanilla sandbox whatsapp", description=__doc__)
    parser.add_argument("--port", type=int, default=8950, help="puerto del sustituto de Meta (8950)")
    parser.add_argument("--web", default="http://127.0.0.1:8000", help="dirección de Ventanilla")
    arguments = parser.parse_args(words)
    graph = GraphStandIn(PHONE_ID, TOKEN, templates={"confirmar_cita", "escribanos"})
    config = uvicorn.Config(graph.app(), host="127.0.0.1", port=arguments.port, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    settings = {
        "PHONE_ID": PHONE_ID, "TOKEN": TOKEN, "APP_SECRET": APP_SECRET, "VERIFY_TOKEN": VERIFY_TOKEN,
        "GRAPH_URL": f"http://127.0.0.1:{arguments.port}",
    }  # fmt: skip
    print("Inicie Ventanilla en otra terminal con:")
    print("\n".join(f"export VENTANILLA_WHATSAPP_{name}={value}" for name, value in settings.items()))
    print("Escriba un mensaje; «/1» toca la primera opción; Ctrl-D termina.", flush=True)
    graph.on_sent = lambda message: print(shown(message), flush=True)
    try:
        _chat(Phone(graph, f"{arguments.web}/whatsapp/webhook", APP_SECRET), graph, _lines())
    except KeyboardInterrupt:
        pass
    server.should_exit = True
    thread.join()
    return 0


def shown(message: SentMessage) -> str:
    """A message as lines of the terminal."""
    options = [f"   /{place} {title}" for place, (_, title) in enumerate(message.options, start=1)]
    return "\n".join([*(f"<< {line}" for line in message.text.splitlines()), *options])


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        if line.strip():
            yield line.strip()


def _chat(phone: Phone, graph: GraphStandIn, lines: Iterator[str]) -> None:
    for line in lines:
        tapped = next((one for one in reversed(graph.sent) if one.options), None) if line.startswith("/") else None
        number = int(line[1:]) if line[1:].isdigit() else 0
        try:
            if tapped and 0 < number <= len(tapped.options):
                kind = "list_reply" if tapped.content.get("type") == "list" else "button_reply"
                answer = phone.taps(*tapped.options[number - 1], kind)
            else:
                answer = phone.says(line)
        except httpx.HTTPError as error:
            print(f"Ventanilla no responde: {type(error).__name__}", file=sys.stderr)
            continue
        if not answer.is_success:
            print(f"Ventanilla respondió {answer.status_code}: {answer.text}", file=sys.stderr)
