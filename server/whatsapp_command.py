"""`ventanilla whatsapp`: ask people to confirm their appointments, and see what became of what was sent.

The institution's services list no appointments to confirm (services.md §10), so the list comes as CSV, from whoever
may read the agenda. This only fills the outbox: the web process sends, never between 21:00 and 08:00.
"""

import argparse
import csv
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from channels.whatsapp_reminders import RemindedAppointment
from conversation.telephone import mask_telephone
from ledger.database import migrate, open_database
from ledger.vault import Vault, VaultError
from ledger.whatsapp_outbox import WhatsAppOutbox
from ledger.whatsapp_reminders import WhatsAppReminders
from ledger.whatsapp_users import Address, WhatsAppUsers

COUNTRY = "52"
LATE = timedelta(hours=48)
"""Before the appointment: earlier is the first asking (5 days), later the second (24 hours)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verbs and their options."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    send = verbs.add_parser("send-confirmations", help="ask for the confirmation of the appointments in a CSV file")
    send.add_argument("file", type=Path, help=f"columns: {', '.join(RemindedAppointment.model_fields)}")
    send.add_argument("--template", default="confirmar_cita", help="approved template (docs/whatsapp.md)")
    send.add_argument("--dry-run", action="store_true", help="say what would be sent")
    verbs.add_parser("status", help="how many messages are in which state")


def run(arguments: argparse.Namespace, url: str, key: str | None, clock: Callable[[], datetime]) -> int:
    """Carry out one verb; 2 when the key or the file is wrong."""
    try:
        vault = Vault(key or "")
        if arguments.verb == "status":
            return _status(url, vault)
        appointments = read_appointments(arguments.file)
    except (VaultError, CsvRefused) as error:
        print(error, file=sys.stderr)
        return 2
    migrate(url)
    database = open_database(url)
    users, reminders = WhatsAppUsers(database, vault), WhatsAppReminders(database, vault)
    for appointment in appointments:
        said = _ask(appointment, arguments, users, reminders, clock())
        print(f"{mask_telephone(appointment.telefono)}  {appointment.cita_id}  {said}")
    return 0


class CsvRefused(Exception):
    """The file cannot be used; the text names line and column."""


def read_appointments(file: Path) -> list[RemindedAppointment]:
    """All lines of the file.

    Raises:
        CsvRefused: it cannot be read, or a line is wrong: then nothing of it is used.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CsvRefused(f"{file}: no se puede leer como CSV en UTF-8 ({error})") from error
    found = []
    for number, row in enumerate(rows, start=2):
        try:
            appointment = RemindedAppointment.model_validate(row)
        except ValidationError as error:
            column = error.errors(include_input=False)[0]
            where = ".".join(str(part) for part in column["loc"])
            raise CsvRefused(f"{file}, línea {number}, columna «{where}»: {column['msg']}") from error
        if appointment.inicio.tzinfo is None:
            raise CsvRefused(f"{file}, línea {number}, columna «inicio»: falta el desfase, p. ej. -06:00")
        found.append(appointment)
    return found


def _ask(
    appointment: RemindedAppointment, arguments: argparse.Namespace, users: WhatsAppUsers,
    reminders: WhatsAppReminders, now: datetime,
) -> str:  # fmt: skip
    if appointment.inicio <= now:
        return "no: la cita ya pasó"
    if arguments.dry_run:
        return "se enviaría"
    user = users.of(Address(number=f"{COUNTRY}{appointment.telefono}"))
    if users.has_opted_out(user):
        return "no: pidió «baja»"
    occasion = "24h" if appointment.inicio - now <= LATE else "5d"
    asked = reminders.ask(
        user, f"{appointment.cita_id}:{occasion}", appointment.inicio, appointment.model_dump(mode="json"),
        lambda reminder_id: appointment.template(arguments.template, reminder_id), now,
    )  # fmt: skip
    return "en la bandeja de salida" if asked else "no: ya se le preguntó"


def _status(url: str, vault: Vault) -> int:
    counts = WhatsAppOutbox(open_database(url), vault).counts()
    for state, number in sorted(counts.items()):
        print(f"{state:<12}{number:>8}")
    return 0
