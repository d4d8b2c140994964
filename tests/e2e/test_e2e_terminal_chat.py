"""`ventanilla chat`: the same conversation in a terminal."""

import socket
import subprocess
import sys
from pathlib import Path

from evaluation.world import World

VENTANILLA = Path(sys.executable).with_name("ventanilla")
LIMIT_SECONDS = 120


def chat(url: str, campaign: str, said: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these lines typed; the input then ends."""
    command = [str(VENTANILLA), "chat", campaign, "--url", url]
    return subprocess.run(command, input=said, capture_output=True, text=True, timeout=LIMIT_SECONDS)


def test_greets_answers_and_ends_with_the_input(system, world: World) -> None:
    talk = chat(system.web, "cita_medica", "que llevo a mi cita\n")
    assert talk.returncode == 0, talk.stderr
    assert talk.stderr == ""
    shown = " ".join(talk.stdout.split())  # lines are broken at the terminal's width
    for words in ("soy un programa, no una persona", "1. Agendar una cita", "Su identificación oficial"):
        assert words in shown
    assert shown.endswith("Gracias por comunicarse al Instituto Mexicano del Seguro Social. Estoy para atenderle.")


def test_without_a_server_says_what_to_do() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # taken and not listening: nothing answers here
        talk = chat(f"http://127.0.0.1:{unused.getsockname()[1]}", "cita_medica", "hola\n")
    assert talk.returncode == 1
    assert "make run" in talk.stderr
    assert "Traceback" not in talk.stderr


def test_an_unknown_campaign_is_named(system, world: World) -> None:
    talk = chat(system.web, "no_existe", "")
    assert talk.returncode == 1
    assert "no_existe" in talk.stderr
