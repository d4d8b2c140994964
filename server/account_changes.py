"""`ventanilla admin-account`: changes an account of the administration pages and says so in the audit log (§9)."""

import argparse
import getpass
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from admin import command_line as admin_command
from ledger.audit_log import AuditAction, AuditLog, NewAuditEntry
from ledger.command_line import existing
from ledger.vault import Vault, VaultError
from server.ledger_source import ledger_url


def change_account(arguments: argparse.Namespace, root: Path, key: str | None) -> int:
    """Add an account or change it; the exit status. Before there is a ledger there is no log either."""
    status = admin_command.run(arguments, admin_accounts(root))
    if status != admin_command.DONE or key is None:
        return status
    roles, campaigns = ",".join(arguments.role), ",".join(arguments.campaign) or "ninguna"
    entry = NewAuditEntry(
        at=datetime.now(UTC), actor=getpass.getuser(), role="sistema operativo", action=AuditAction.ACCOUNT_CHANGED,
        object=arguments.username, reason=f"papeles: {roles}; campañas: {campaigns}",
    )  # fmt: skip
    try:
        AuditLog(existing(ledger_url(root)), Vault(key)).append(entry)
    except FileNotFoundError:
        pass
    except (SQLAlchemyError, VaultError) as error:
        print(f"La cuenta cambió, pero no se pudo anotar en la bitácora ({type(error).__name__}).", file=sys.stderr)
        return admin_command.REFUSED
    return status


def admin_accounts(root: Path) -> Path:
    """The file of the administration pages' accounts: the same that the web server reads."""
    return root / os.environ.get("VENTANILLA_ADMIN_ACCOUNTS", "var/admin_accounts.yml")
