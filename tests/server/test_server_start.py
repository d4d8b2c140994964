"""What a newcomer meets when something is missing: a sentence that says what, where and what to do."""

import os
import socket
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from admin import command_line as admin_command
from desk import account_command
from server.clock import InstitutionClock
from server.command_line import main
from server.processes import ProcessSpec, Stack, StartFailed
from server.secrets_file import NAMES, sandbox_secrets

ROOT = Path(__file__).resolve().parent.parent.parent
VENTANILLA = [sys.executable, "-m", "server.command_line"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("VENTANILLA_")}
    return subprocess.run(words, cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, timeout=120)


def test_the_web_server_refuses_to_start_without_its_secrets() -> None:
    refused = run(sys.executable, "-m", "server.web")
    assert refused.returncode == 2
    assert "VENTANILLA_LEDGER_KEY" in refused.stderr and "VENTANILLA_SESSION_SECRET" in refused.stderr


def test_a_malformed_key_is_named(tmp_path: Path) -> None:
    secrets = {"VENTANILLA_LEDGER_KEY": "corta", "VENTANILLA_SESSION_SECRET": "x" * 40}
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    refused = run(sys.executable, "-m", "server.web", **secrets, VENTANILLA_DATABASE_URL=url)
    assert refused.returncode == 2
    assert "VENTANILLA_LEDGER_KEY" in refused.stderr


def test_the_action_server_refuses_to_start_without_the_institutions_token() -> None:
    refused = run(sys.executable, "-m", "actions.server")
    assert refused.returncode == 2
    assert "VENTANILLA_SERVICES_TOKEN" in refused.stderr


def test_the_action_server_refuses_an_environment_that_does_not_exist() -> None:
    """Misspelt, it would say content that nobody approved."""
    environment = {"VENTANILLA_SERVICES_TOKEN": "x", "VENTANILLA_ENVIRONMENT": "produccion"}
    refused = run(sys.executable, "-m", "actions.server", **environment)
    assert refused.returncode == 2
    assert "VENTANILLA_ENVIRONMENT" in refused.stderr


@pytest.mark.parametrize("environment", ["productivo", "no_productivo"])
def test_run_makes_no_secrets_and_accounts_outside_the_sandbox(environment: str) -> None:
    refused = run(*VENTANILLA, "run", VENTANILLA_ENVIRONMENT=environment)
    assert refused.returncode == 2
    assert environment in refused.stderr and "docs/operacion.md" in refused.stderr


def test_run_does_not_take_another_installation_for_its_own() -> None:
    """Its processes would end for want of a port, and the other's would answer that all is well."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = run(*VENTANILLA, "run", "--port", str(port))
    assert refused.returncode == 2
    assert str(port) in refused.stderr and "lista" not in refused.stdout


@pytest.mark.parametrize(
    ("variable", "command", "words"),
    [
        ("VENTANILLA_DESK_AGENTS", account_command, ["desk-account", "ana", "Ana Ruiz"]),
        ("VENTANILLA_ADMIN_ACCOUNTS", admin_command, ["admin-account", "eva", "Eva Luna", "--role", "evaluador"]),
    ],
)
def test_accounts_are_written_where_the_web_server_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, command: ModuleType, words: list[str]
) -> None:
    monkeypatch.setattr(command, "getpass", lambda _: "una-clave-larga-de-prueba")
    monkeypatch.setenv("VENTANILLA_DATABASE_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv(variable, str(tmp_path / "cuentas.yml"))
    assert main(words) == 0
    assert words[1] in (tmp_path / "cuentas.yml").read_text(encoding="utf-8")


def test_production_refuses_content_that_is_not_approved(tmp_path: Path) -> None:
    secrets = sandbox_secrets(tmp_path / "secrets.env")
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    environment = {**secrets, "VENTANILLA_ENVIRONMENT": "productivo", "VENTANILLA_DATABASE_URL": url}
    refused = run(sys.executable, "-m", "server.web", **environment)
    assert refused.returncode == 2
    assert "approval: aprobado" in refused.stderr


def test_evaluate_says_what_is_missing(tmp_path: Path) -> None:
    refused = run(*VENTANILLA, "evaluate", str(tmp_path / "nada.yml"))
    assert refused.returncode == 2 and "nada.yml" in refused.stderr
    closed = ("--url", "http://127.0.0.1:9", "--services-url", "http://127.0.0.1:9")
    suite = "evaluation/suites/recepcion"
    refused = run(*VENTANILLA, "evaluate", suite, *closed, VENTANILLA_CONTROL_TOKEN="x")
    assert refused.returncode == 2 and "make run" in refused.stderr


def test_check_reads_all_content() -> None:
    checked = run(*VENTANILLA, "check")
    assert checked.returncode == 0, checked.stderr
    with_bot = len(list((ROOT / "bots").glob("*/campaign.yml")))
    assert f"{with_bot} campañas con asistente" in checked.stdout


def test_check_finds_what_production_would_refuse() -> None:
    checked = run(*VENTANILLA, "check", VENTANILLA_ENVIRONMENT="productivo")
    assert checked.returncode == 1
    assert "approval: aprobado" in checked.stderr


def test_sandbox_people_are_listed_as_json() -> None:
    listed = run(*VENTANILLA, "sandbox", "people", "--json")
    assert listed.returncode == 0
    assert '"00058500018"' in listed.stdout


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets.env"
    first = sandbox_secrets(path)
    assert set(NAMES) <= set(first)
    assert sandbox_secrets(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_process_that_ends_is_named_with_its_log(tmp_path: Path) -> None:
    dying = ProcessSpec("muere", [sys.executable, "-c", "raise SystemExit('sin llave')"], "http://127.0.0.1:9/")
    said: list[str] = []
    with Stack(ROOT, tmp_path, {}, said.append) as stack, pytest.raises(StartFailed, match="sin llave"):
        stack.start([dying])


def test_stopping_the_stack_leaves_no_process(tmp_path: Path) -> None:
    port = "from http.server import *; import sys; s=HTTPServer(('127.0.0.1', 0), SimpleHTTPRequestHandler); "
    command = [sys.executable, "-c", port + "open(sys.argv[1], 'w').write(str(s.server_port)); s.serve_forever()"]
    chosen = tmp_path / "port"
    starting = subprocess.Popen([*command, str(chosen)])
    try:
        while not (chosen.exists() and chosen.read_text()):
            assert starting.poll() is None
        spec = ProcessSpec("vive", [sys.executable, "-c", "import time; time.sleep(600)"], "")
        spec = ProcessSpec(spec.name, spec.command, f"http://127.0.0.1:{chosen.read_text()}/")
        with Stack(ROOT, tmp_path, {}, lambda _: None) as stack:
            stack.start([spec])
            pid = stack.pid("vive")
            os.kill(pid, 0)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    finally:
        starting.kill()
        starting.wait()


def test_the_clock_runs_from_its_start_in_the_hour_of_the_centre() -> None:
    start = datetime.fromisoformat("2026-10-15T15:00:00+00:00")
    clock = InstitutionClock(start)
    assert clock().strftime("%Y-%m-%d %H:%M") == "2026-10-15 09:00"
    assert start <= clock() < start + timedelta(minutes=1)
    clock.set(None)
    assert clock().utcoffset() is not None
