"""Opens the installation's ledger for commands that read it."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ledger.command_line import existing
from ledger.database import migrate
from ledger.settlement_source import closed_interactions


def ledger_url(root: Path) -> str:
    """The ledger's database: from the environment, else the embedded one."""
    return os.environ.get("VENTANILLA_DATABASE_URL", f"sqlite:///{root / 'var' / 'ledger.db'}")


def ledger_interactions(root: Path) -> Callable[[str | None, str | None], Iterable[Mapping[str, object]]]:
    """A function (month, campaign) -> interactions, for the settlement."""

    def read(month: str | None, campaign: str | None) -> Iterable[Mapping[str, object]]:
        url = ledger_url(root)
        engine = existing(url)  # a wrong path must not settle the empty ledger that would be made there
        migrate(url)
        return closed_interactions(engine, month, campaign)

    return read
