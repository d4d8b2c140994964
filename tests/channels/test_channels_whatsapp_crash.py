"""What was acknowledged to Meta survives the death of the process, at any point."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from live_application import free_port, until
from scripted_dialogue import KEY
from sqlalchemy.exc import OperationalError
from whatsapp_bench import APP_SECRET, PHONE_ID, ROOT, TOKEN, VERIFY_TOKEN, Bench, Engine, Start

from ledger import inbox_work
from ledger.whatsapp_outbox import Body, SendState
from sandbox.whatsapp_graph import GraphStandIn

pytest_plugins = ("whatsapp_fixtures",)


@contextmanager
def web_process(folder: Path, graph_url: str, engine_url: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The web process as it runs in production; killed at the end."""
    port = free_port()
    environment = {
        **os.environ, "VENTANILLA_LEDGER_KEY": KEY, "VENTANILLA_SESSION_SECRET": "x" * 40,
        "VENTANILLA_DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}", "VENTANILLA_ENGINE_URL": engine_url,
        "VENTANILLA_ROOT": str(ROOT), "VENTANILLA_PORT": str(port), "VENTANILLA_VOICE_MODEL": "ninguno",
        "VENTANILLA_ATTACHMENTS": str(folder / "attachments"), "VENTANILLA_WHATSAPP_PHONE_ID": PHONE_ID,
        "VENTANILLA_WHATSAPP_TOKEN": TOKEN, "VENTANILLA_WHATSAPP_APP_SECRET": APP_SECRET,
        "VENTANILLA_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN, "VENTANILLA_WHATSAPP_GRAPH_URL": graph_url,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "server.web"], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None
        try:
            return httpx.get(f"{url}/health").is_success
        except httpx.HTTPError:
            return False

    try:
        until(answers)
        yield url, process
    finally:
        process.kill()
        process.wait()


@contextmanager
def engine_that_is_silent() -> Iterator[tuple[str, threading.Event]]:
    """Takes connections and never answers; tells when the first one came."""
    came = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hold() -> None:
            kept = []
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return
                came.set()

        threading.Thread(target=hold, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", came
        listening.shutdown(socket.SHUT_RDWR)


def test_killed_between_acknowledging_and_answering(tmp_path: Path, graph: GraphStandIn) -> None:
    with engine_that_is_silent() as (engine, came), web_process(tmp_path, graph.url, engine) as (url, process):
        phone = Bench(url, graph, tmp_path, Engine()).phone()
        assert phone.says("quiero mi vigencia").status_code == 200
        assert came.wait(20.0), "the message is being worked on"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert phone.received() == []
    with web_process(tmp_path, graph.url, "http://127.0.0.1:9") as (url, _):
        bench = Bench(url, graph, tmp_path, Engine())
        bench.hears(phone, "Le comunico con una persona")
        until(lambda: bench.inbox() == ["done"])
        said = [line for line in bench.transcript(phone) if line.startswith("user")]
        assert said == ["user: quiero mi vigencia"] and len(bench.conversations(phone)) == 1
        until(lambda: all(state == "sent" for state, _ in bench.outcomes()))
        whole = "\n".join(one.text for one in phone.received())
        assert whole.count("Su folio es") == 1


def test_a_message_on_its_way_at_the_death_is_not_sent_again(start: Start) -> None:
    with start() as bench:
        phone = bench.phone()
        phone.says("hola")
        bench.hears(phone, "Le escucho.")
        conversation = bench.conversation(phone)
    last = bench.record.messages(conversation.id)[-1]
    bench.outbox.say(conversation.id, int(last.id) + 1, [Body("text", {"body": "a medio camino"})])
    outgoing = bench.outbox.next(bench.user(phone))
    assert outgoing is not None
    bench.outbox.claim(outgoing)  # and here the process dies
    with start() as again:
        until(lambda: again.outcomes()[-1][0] == SendState.UNKNOWN)
        again.phone().says("sigo")
        until(lambda: len(again.graph.sent) == 2)
        assert all(one.text != "a medio camino" for one in again.graph.sent)


def test_an_error_of_ours_is_tried_again_and_ends_in_an_apology(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_work, "RETRY_SECONDS", 0.05)
    phone = bench.phone()
    broken = OperationalError("select", {}, Exception("disk"))
    bench.engine.will(broken, broken)
    phone.says("hola")
    bench.hears(phone, "Le escucho.")
    assert bench.inbox() == ["done"]
    bench.engine.will(*[broken] * inbox_work.MOST_ATTEMPTS)
    phone.says("otra")
    bench.hears(phone, "no pude procesar su último mensaje")
    assert bench.inbox() == ["done", "failed"]
    phone.says("una más")
    until(lambda: bench.inbox() == ["done", "failed", "done"])
