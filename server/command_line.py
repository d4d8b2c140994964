"""The command `ventanilla`: every verb and where it is carried out; `run` and `check` are here."""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from actions.booking_rules import BookingRules
from admin import command_line as admin_command
from admin.accounts import AdminAccounts, Role
from content.catalogue import Catalogue
from content.files import ContentError
from conversation.staff import Level
from desk import account_command
from desk.accounts import Accounts
from evaluation import command_line as evaluation_command
from evaluation.nlu import command_line as nlu_command
from evaluation.settlement import command_line as settlement_command
from evaluation.settlement import policy_command, statement_command
from ledger import audit_command
from ledger import command_line as ledger_command
from sandbox import command_line as sandbox_command
from server import export_command, lint_command, placed_call_command, retention_command, whatsapp_command
from server.account_changes import change_account
from server.clock import InstitutionClock
from server.ledger_source import ledger_interactions, ledger_url
from server.processes import Ports, Stack, StartFailed, addresses, specifications
from server.secrets_file import sandbox_secrets
from server.terminal_chat import chat
from voice import models_command
from voice.models import models_folder
from voice.recorded_prompts import RecordedPrompts

ROOT = Path(__file__).resolve().parent.parent
SANDBOX_NOW = "2026-10-15T09:00:00-06:00"
"""The sandbox's default moment: a Thursday morning on which people attend (services.md §11)."""
DEMO_ROLES = {
    "evaluadora": Role.REVIEWER, "administradora": Role.CAMPAIGN_ADMINISTRATOR, "tecnica": Role.TECHNICAL_AREA,
    "instituto": Role.INSTITUTION_APPROVER, "proveedor": Role.PROVIDER_APPROVER, "supervisora": Role.SUPERVISOR,
    "operacion": Role.PROVIDER_OPERATIONS, "custodia": Role.CUSTODIAN, "auditora": Role.AUDITOR,
}  # fmt: skip
Command = Callable[[argparse.Namespace], int]
DEFAULT_WEB = "http://127.0.0.1:8000"
SANDBOX, PRODUCTION = "sandbox", "productivo"


def run(arguments: argparse.Namespace) -> int:
    """Start everything over the sandbox, print the address, stop on Ctrl-C; 2 where that must not or cannot be."""
    if (environment := _environment()) != SANDBOX:
        print(
            "«ventanilla run» hace secretos y cuentas de demostración: es solo para el sandbox, y "
            f"VENTANILLA_ENVIRONMENT es «{environment}». Para otro ambiente vea docs/operacion.md.", file=sys.stderr,
        )  # fmt: skip
        return 2
    var, ports = ROOT / "var", Ports(web=arguments.port)
    if taken := ports.taken():
        numbers = ", ".join(map(str, taken))
        print(f"Ya atiende otro programa en {numbers}, quizá otra Ventanilla: deténgalo y repita.", file=sys.stderr)
        return 2
    secrets = sandbox_secrets(var / "secrets.env")
    password = secrets["VENTANILLA_DEMO_PASSWORD"]
    people = Accounts(var / "desk_agents.yml")
    people.add("agente", "Alejandra Ríos", password)
    people.add("supervisora", "Silvia Mora", password, level=Level.SUPERVISOR)
    _demonstration_accounts(var, secrets["VENTANILLA_DEMO_PASSWORD"])
    variables = {**secrets, **addresses(ports), "VENTANILLA_ROOT": str(ROOT)}
    variables["VENTANILLA_DATABASE_URL"] = f"sqlite:///{var / 'ledger.db'}"
    if not arguments.real_clock:
        variables["VENTANILLA_CLOCK_START"] = SANDBOX_NOW
    # Evaluation makes services fail for one conversation at a time; the shared circuit would carry that to all others.
    variables.setdefault("VENTANILLA_CIRCUIT_FAILURES", os.environ.get("VENTANILLA_CIRCUIT_FAILURES", "1000"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's «stop» ends like Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("Iniciando Ventanilla (el motor tarda alrededor de un minuto)…", flush=True)
    with Stack(ROOT, var, variables, lambda line: print(line, flush=True)) as stack:
        try:
            stack.start(specifications(ROOT, ports, var / "models", None if arguments.real_clock else SANDBOX_NOW))
            print(f"\nVentanilla está lista: http://127.0.0.1:{ports.web}")
            print(f"Escritorio: http://127.0.0.1:{ports.web}/desk  (usuario «agente», contraseña «{password}»)")
            print(f"Supervisión: http://127.0.0.1:{ports.web}/desk  (usuario «supervisora»; la misma)")
            print(f"Administración: http://127.0.0.1:{ports.web}/admin  (usuarios {', '.join(DEMO_ROLES)}; la misma)")
            print(
                f"Teléfono: AudioSocket en 127.0.0.1:{ports.audiosocket}; pruebe «ventanilla call cita_medica --dtmf 5»"
            )
            print("Datos sintéticos: ventanilla sandbox people.  Ctrl-C termina todo.", flush=True)
            stack.wait()
        except KeyboardInterrupt:
            print("\nDeteniendo…", flush=True)
            return 0
        except StartFailed as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _demonstration_accounts(var: Path, password: str) -> None:
    """Accounts of the administration pages, one per role, and the proposed policy where there is none yet."""
    accounts = AdminAccounts(var / "admin_accounts.yml")
    for username, role in DEMO_ROLES.items():
        accounts.add(username, username.capitalize(), password, (role,), ("*",))
    policy = var / "payment_policy.yml"
    if not policy.exists():
        shutil.copyfile(ROOT / "evaluation" / "settlement" / "policy.yml", policy)


def check_content() -> int:
    """Read every campaign, menu, rule and article as this environment does; 1 when anything must be mended."""
    try:
        catalogue = Catalogue(ROOT, _environment())
        for campaign in catalogue.with_bot():
            BookingRules.model_validate(catalogue.settings(campaign.id).business_rules)
        articles = sorted((ROOT / "knowledge").glob("*/*.md"))
        for path in articles:
            catalogue.articles.get(path.parent.name, path.stem)
    except (ContentError, ValidationError) as error:
        print(error, file=sys.stderr)
        return 1
    if _recordings_refused(RecordedPrompts(ROOT / "bots", approved_only=True)):
        return 1
    print(f"Sin errores: {len(catalogue.with_bot())} campañas con asistente, {len(articles)} respuestas autorizadas.")
    return 0


def _recordings_refused(prompts: RecordedPrompts) -> bool:
    """Whether a recorded prompt must be mended; one without approval (L1530) only where this is production."""
    production = _environment() == PRODUCTION
    faults, unapproved = prompts.faults(), prompts.unapproved()
    for problem in [*faults, *unapproved]:
        print(problem if production or problem in faults else f"Aviso: {problem}", file=sys.stderr)
    return bool(faults or (production and unapproved))


def _environment() -> str:
    return os.environ.get("VENTANILLA_ENVIRONMENT", SANDBOX)


def _ledger_key() -> str | None:
    """The ledger's key: from the environment, else the sandbox's own; None when there is none."""
    kept = ROOT / "var" / "secrets.env"
    key = os.environ.get("VENTANILLA_LEDGER_KEY")
    return key or (sandbox_secrets(kept)["VENTANILLA_LEDGER_KEY"] if kept.exists() else None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ventanilla", description="Virtual agents for public contact centres.",
        epilog="También: «ventanilla sandbox», los servicios simulados, y «ventanilla evaluate nlu», la comprensión.",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, help_text: str, carry_out: Command) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help_text)
        one.set_defaults(carry_out=carry_out)
        return one

    start = command("run", "start everything over the sandbox", run)
    start.add_argument("--port", type=int, default=8000, help="port of the web server")
    start.add_argument("--real-clock", action="store_true", help="the real time instead of the sandbox's Thursday")
    talk = command("chat", "hold a conversation in the terminal", lambda given: chat(given.url, given.campaign))
    talk.add_argument("campaign")
    talk.add_argument("--url", default=os.environ.get("VENTANILLA_URL", DEFAULT_WEB), help="address of the web server")
    evaluation_command.add_arguments(
        command("evaluate", "drive suites of conversations and judge them", _with_root(evaluation_command.run))
    )
    settlement_command.add_arguments(
        command("settle", "what is owed, from the ledger or a file",
                lambda given: settlement_command.run(given, ledger_interactions(ROOT)))
    )  # fmt: skip
    statement_command.add_arguments(
        command("statement", "kept versions of statements: list, diff", statement_command.run)
    )
    policy_command.add_arguments(command("policy", "the payment policy: show, approve, verify", policy_command.run))
    ledger_command.add_arguments(
        command("ledger", "verify that nobody changed the record",
                lambda given: ledger_command.run(given, ledger_url(ROOT), _ledger_key()))
    )  # fmt: skip
    _custody(command)
    _telephone(command)
    command("check", "read all content and say what must be mended", lambda _: check_content())
    lint_command.add_arguments(
        command("lint", "refuse content that the channels cannot show or say, by file and line",
                lambda given: lint_command.run(given, ROOT))
    )  # fmt: skip
    admin_command.add_arguments(
        command("admin-account", "add an account of the administration pages",
                lambda given: change_account(given, ROOT, _ledger_key()))
    )  # fmt: skip
    account_command.add_arguments(
        command("desk-account", "add an account of the desk, or change it",
                lambda given: account_command.run(given, _desk_accounts()))
    )  # fmt: skip
    return parser


def _desk_accounts() -> Path:
    """The same file that the web server reads."""
    return ROOT / os.environ.get("VENTANILLA_DESK_AGENTS", "var/desk_agents.yml")


def _custody(command: Callable[[str, str, Command], argparse.ArgumentParser]) -> None:
    audit_command.add_arguments(
        command("audit", "the audit log: verify, head, list",
                lambda given: audit_command.run(given, ledger_url(ROOT), _ledger_key()))
    )  # fmt: skip
    retention_command.add_arguments(
        command("retention", "how long data are kept, and erasing what is due",
                lambda given: retention_command.run(given, ROOT, _ledger_key()))
    )  # fmt: skip
    retention_command.add_erase_arguments(
        command("erase", "erase one interaction by order of two people",
                lambda given: retention_command.run_erase(given, ROOT, _ledger_key()))
    )  # fmt: skip


def _telephone(command: Callable[[str, str, Command], argparse.ArgumentParser]) -> None:
    placed_call_command.add_arguments(
        command("call", "place a telephone call, as an exchange would", _with_root(placed_call_command.run))
    )
    export_command.add_arguments(
        command("export", "a campaign's IVR tree: VoiceXML, JSON or a diagram", _with_root(export_command.run))
    )
    models_command.add_arguments(
        command("models", "models of speech recognition: list, fetch",
                lambda given: models_command.run(given, models_folder(ROOT)))
    )  # fmt: skip
    whatsapp_command.add_arguments(
        command("whatsapp", "ask people to confirm appointments; what became of messages",
                lambda given: whatsapp_command.run(given, ledger_url(ROOT), _ledger_key(), InstitutionClock()))
    )  # fmt: skip


def _with_root(carry_out: Callable[[argparse.Namespace, Path], int]) -> Command:
    return lambda given: carry_out(given, ROOT)


def _evaluate_nlu(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="ventanilla evaluate nlu", description=nlu_command.__doc__)
    nlu_command.add_arguments(parser)
    return nlu_command.run(parser.parse_args(words), ROOT)


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["sandbox"]:
        return sandbox_command.main(words[1:])
    if words[:2] == ["evaluate", "nlu"]:
        return _evaluate_nlu(words[2:])
    arguments = _parser().parse_args(words)
    status: int = arguments.carry_out(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
