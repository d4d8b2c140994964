"""Opens the installation's ledger for commands that read it."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ledger.database import migrate, open_database
from ledger.settlement_source import closed_interactions


def ledger_url(root: Path) -> str:
    """The ledger's database: from the environment, else the embedded one."""
    return os.environ.get("VENTANILLA_DATABASE_URL", f"sqlite:///{root / 'var' / 'ledger.db'}")


def ledger_interactions(root: Path) -> Callable[[str | None, str | None], Iterable[Mapping[str, object]]]:
    """A function (month, campaign) -> interactions, for the settlement."""

    def read(month: str | None, campaign: str | None) -> Iterable[Mapping[str, object]]:
        url = ledger_url(root)
        migrate(url)
        return closed_interactions(open_database(url), month, campaign)

    return read
