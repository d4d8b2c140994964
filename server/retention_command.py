"""`ventanilla retention` and `ventanilla erase`: how long data are kept, what is due, and erasing it.

Erasing by order takes two people, each with an account and a password: the área técnica authorises, the provider's
operation executes (security.md §8, §10).
"""

import argparse
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from getpass import getpass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from admin.accounts import AdminAccounts, Role
from admin.permissions import AUTHORISE_ERASURE, EXECUTE_ERASURE
from evaluation.settlement.versions import VersionDamaged
from ledger.audit_log import AuditAction, AuditLog, NewAuditEntry
from ledger.command_line import BROKEN, NO_KEY, NO_LEDGER, SOUND, existing, refuse
from ledger.erasure import NotErasable
from ledger.erasure_plan import DueMonth, due_months
from ledger.periods import CENTRE
from ledger.retention import RetentionPolicy, RetentionRefused, read_retention
from ledger.vault import Vault, VaultError
from server.account_changes import admin_accounts
from server.erasure import Erasure, Media, Order, Person, erase_again, erase_folio, erase_months
from server.erasure_record import write_acta
from server.ledger_source import ledger_url
from server.recordings import open_recordings
from server.retention_state import ERASURES, approving_roles, is_agreed, policy_object, policy_path, settled

PARTIES = (Role.INSTITUTION_APPROVER, Role.PROVIDER_APPROVER)
LEAST_REASON = 10
_HOLDABLE = re.compile(r"VEN-[0-9]{8}-[0-9]{7}-[0-9]|[a-z0-9_]+(/20[0-9]{2}-(0[1-9]|1[0-2]))?")
Ask = Callable[[str], str]


class OrderRefused(Exception):
    """Somebody who may not order this, a wrong password, or no reason; the text (Spanish) says what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of `ventanilla retention` to `parser`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("show", help="los plazos, su SHA-256 y si las dos partes los aprobaron")
    agree = verbs.add_parser("approve", help="aprobar los plazos por una de las partes")
    agree.add_argument("--user", required=True, metavar="USUARIO", help="cuenta con papel de aprobador")
    go = verbs.add_parser("run", help="borrar lo que ya venció")
    go.add_argument("--dry-run", action="store_true", help="solo decir qué se borraría")
    go.add_argument("--campaign", metavar="ID", help="solo esta campaña")
    go.add_argument(
        "--date", type=date.fromisoformat, metavar="AAAA-MM-DD", help="como si fuera ese día (solo --dry-run)"
    )
    _add_order(go, required=False)
    verbs.add_parser("reapply", help="tras restaurar un respaldo, borrar de nuevo lo que se había borrado después")
    for name, help_text in (
        ("hold", "reservar del borrado: auditoría, queja, juicio"),
        ("release", "levantar una reserva"),
    ):
        one = verbs.add_parser(name, help=help_text)
        one.add_argument("what", metavar="FOLIO|CAMPAÑA|CAMPAÑA/AAAA-MM")
        one.add_argument("--user", required=True, metavar="USUARIO", help="cuenta del área técnica")
        one.add_argument("--reason", required=True, metavar="MOTIVO")


def add_erase_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ventanilla erase` to `parser`."""
    parser.add_argument("--folio", required=True)
    _add_order(parser, required=True)


def run(arguments: argparse.Namespace, root: Path, key: str | None, ask: Ask = getpass) -> int:
    """Carry out one verb over the installation at `root`; the exit status.

    Status: 0 done; 1 something stays that should have gone; 2 refused, or something cannot be read.
    """
    try:
        media, policy = open_media(root, key), read_retention(policy_path(root))
        if arguments.verb == "show":
            return _show(policy, media.log, root)
        if arguments.verb == "approve":
            return _approve(policy, media.log, _accounts(root), arguments.user, ask)
        if arguments.verb == "reapply":
            return _tell(erase_again(media, datetime.now(UTC)), root)
        if arguments.verb in ("hold", "release"):
            return _hold(arguments, media.log, _accounts(root), ask)
        return _run(arguments, root, media, policy, ask)
    except (VaultError, RetentionRefused, OrderRefused, VersionDamaged, OSError) as error:
        return refuse(str(error))
    except SQLAlchemyError as error:
        return refuse(f"No se pudo leer o escribir el libro de registro ({type(error).__name__}).")


def run_erase(arguments: argparse.Namespace, root: Path, key: str | None, ask: Ask = getpass) -> int:
    """Erase one interaction by order of two people; the exit status: 0 done, 1 it stays, 2 refused."""
    try:
        media = open_media(root, key)
        order = _order(arguments, _accounts(root), ask)
        return _tell(erase_folio(media, arguments.folio, order, datetime.now(UTC), settled(root)), root)
    except NotErasable as refused:
        print(f"{arguments.folio} no se borró: {refused}.")
        return BROKEN
    except (VaultError, OrderRefused, VersionDamaged, OSError) as error:
        return refuse(str(error))
    except SQLAlchemyError as error:
        return refuse(f"No se pudo leer o escribir el libro de registro ({type(error).__name__}).")


def open_media(root: Path, key: str | None) -> Media:
    """Everywhere that personal data are kept in this installation.

    Raises:
        VaultError: no key, or not one.
        OSError: there is no ledger.
    """
    if key is None:
        raise VaultError(NO_KEY)
    vault = Vault(key)
    try:
        engine = existing(ledger_url(root))
    except FileNotFoundError as error:
        raise OSError(NO_LEDGER) from error
    recordings = open_recordings(root / os.environ.get("VENTANILLA_RECORDINGS", "var/recordings"), vault)
    attachments = root / os.environ.get("VENTANILLA_ATTACHMENTS", "var/attachments")
    return Media(engine, vault, AuditLog(engine, vault), recordings, attachments, root / ERASURES)


def _add_order(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--authorised-by", required=required, metavar="USUARIO", help="cuenta del área técnica")
    parser.add_argument(
        "--executed-by", required=required, metavar="USUARIO", help="cuenta de la operación del proveedor"
    )
    parser.add_argument("--reason", required=required, metavar="MOTIVO", help="el oficio o la solicitud que lo ordena")


def _show(policy: RetentionPolicy, log: AuditLog, root: Path) -> int:
    state = "ACORDADO" if is_agreed(log, policy) else "PRELIMINAR"
    print(f"{policy_path(root)}\nSHA-256: {policy.sha256()}\nEstado: {state}")
    for name, one in policy.profiles.items():
        orders = "por orden de dos personas" if one.authorisation else "sin orden"
        ends = {"month": "del mes", "quarter": "del trimestre", "contract": "del contrato"}[one.counted_from]
        of = ", ".join(campaign for campaign, profile in policy.campaigns.items() if profile == name) or "—"
        default = " (las demás)" if name == policy.default else ""
        print(f"{name}{default}: fin {ends} + {one.months} meses + {one.days} días, {orders}. Campañas: {of}")
    for name, hold in log.holds().items():
        print(f"reservado: {name}, desde {hold.at.astimezone(CENTRE):%d/%m/%Y}: {hold.reason}")
    return SOUND


def _approve(policy: RetentionPolicy, log: AuditLog, accounts: AdminAccounts, username: str, ask: Ask) -> int:
    person = _person(accounts, username, PARTIES, ask)
    entry = NewAuditEntry(
        at=datetime.now(UTC), actor=person.username, role=person.roles, action=AuditAction.APPROVED,
        object=policy_object(policy), after_sha256=policy.sha256(),
    )  # fmt: skip
    log.append(entry)
    missing = [role.label for role in PARTIES if role not in approving_roles(log, policy)]
    print(f"Plazos aprobados por {person.roles}." + (f" Falta: {', '.join(missing)}." if missing else " ACORDADO."))
    return SOUND


def _hold(arguments: argparse.Namespace, log: AuditLog, accounts: AdminAccounts, ask: Ask) -> int:
    person, reason = _person(accounts, arguments.user, AUTHORISE_ERASURE, ask), _reason(arguments.reason)
    held = arguments.verb == "hold"
    if not _HOLDABLE.fullmatch(arguments.what):
        raise OrderRefused(
            f"«{arguments.what}» no es un folio, una campaña ni una campaña con su mes (cita_medica/2026-10)."
        )
    if not held and arguments.what not in log.holds():
        raise OrderRefused(f"«{arguments.what}» no está reservado. Vea «ventanilla retention show».")
    entry = NewAuditEntry(
        at=datetime.now(UTC), actor=person.username, role=person.roles, object=arguments.what, reason=reason,
        action=AuditAction.HELD if held else AuditAction.RELEASED,
    )  # fmt: skip
    log.append(entry)
    print(f"{arguments.what}: {'no se borrará hasta que se levante la reserva' if held else 'ya no está reservado'}.")
    return SOUND


def _run(arguments: argparse.Namespace, root: Path, media: Media, policy: RetentionPolicy, ask: Ask) -> int:
    today = arguments.date or datetime.now(CENTRE).date()
    if arguments.date and not arguments.dry_run:
        raise OrderRefused("Con --date solo se puede ensayar: agregue --dry-run.")
    due = due_months(
        media.engine, policy, today, is_settled=settled(root), holds=media.log.holds(), campaign=arguments.campaign
    )
    for month in due:
        _tell_month(month)
    if arguments.dry_run or not due:
        print("Nada vencido." if not due else "Ensayo: no se borró nada.")
        return SOUND
    if not is_agreed(media.log, policy):
        raise OrderRefused(
            "Los plazos son PRELIMINARES: las dos partes los aprueban con «ventanilla retention approve»."
        )
    by_order = arguments.authorised_by or arguments.executed_by
    order = _order(arguments, _accounts(root), ask) if by_order else Order("plazo cumplido")
    order = Order(order.reason, order.authorised_by, order.executed_by, policy.sha256())
    chosen = [month for month in due if by_order or not month.needs_authorisation]
    return _tell(erase_months(media, chosen, order, datetime.now(UTC)), root)


def _order(arguments: argparse.Namespace, accounts: AdminAccounts, ask: Ask) -> Order:
    reason = _reason(arguments.reason)
    authorised = _person(accounts, arguments.authorised_by, AUTHORISE_ERASURE, ask)
    executed = _person(accounts, arguments.executed_by, EXECUTE_ERASURE, ask)
    if authorised.username == executed.username:
        raise OrderRefused("Autoriza una persona y ejecuta otra.")
    return Order(reason, authorised, executed)


def _person(accounts: AdminAccounts, username: str | None, roles: tuple[Role, ...], ask: Ask) -> Person:
    labels = " o ".join(role.label for role in roles)
    if not username:
        raise OrderRefused(f"Falta quién: {labels}.")
    account = accounts.check(username, ask(f"Contraseña de {username}: "))
    if account is None:
        raise OrderRefused(f"La cuenta «{username}» o su contraseña no es correcta.")
    if not account.has(*roles):
        raise OrderRefused(f"«{username}» no puede: corresponde a {labels}.")
    return Person(account.username, ",".join(role for role in account.roles if role in roles))


def _reason(text: str | None) -> str:
    if not text or len(text.strip()) < LEAST_REASON:
        raise OrderRefused(f"Diga el motivo con --reason, de {LEAST_REASON} caracteres o más: el oficio que lo ordena.")
    return text.strip()


def _tell_month(month: DueMonth) -> None:
    notes = [month.obstacle.value] if month.obstacle else []
    notes += ["necesita la orden de dos personas"] if month.needs_authorisation else []
    notes += [f"{len(month.held)} reservadas"] if month.held else []
    notes += [f"{len(month.still_open)} abiertas"] if month.still_open else []
    print(
        f"{month.campaign} {month.month} ({month.profile}): {len(month.folios)} vencidas"
        + "".join(f"; {n}" for n in notes)
    )


def _tell(done: Erasure, root: Path) -> int:
    print(
        f"Borradas: {len(done.interactions)} interacciones, {done.recordings} grabaciones, {done.attachments} archivos."
    )
    for folio, why in done.skipped.items():
        print(f"{folio} no se borró: {why}.")
    if done.interactions and not done.compacted:
        print("La base está en uso y no se compactó: repita el comando con Ventanilla detenida.")
    if done.interactions:
        print(f"Acta: {write_acta(done, root / ERASURES)}")
    for folio in done.still_readable:
        print(f"{folio}: todavía se puede leer algo.")
    return BROKEN if done.skipped or done.still_readable else SOUND


def _accounts(root: Path) -> AdminAccounts:
    return AdminAccounts(admin_accounts(root))
