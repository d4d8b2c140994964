"""A ledger of its own for each test."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from ledger_book import Book
from sqlalchemy import Engine

from conversation.campaign import Automation, Campaign
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.vault import Vault


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger; migrating one for every test would take most of their time."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def url(tmp_path: Path, migrated: Path) -> str:
    with closing(sqlite3.connect(migrated)) as empty, closing(sqlite3.connect(tmp_path / "ledger.db")) as own:
        empty.backup(own)
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def database(url: str) -> Engine:
    return open_database(url)


@pytest.fixture
def key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def vault(key: str) -> Vault:
    return Vault(key)


@pytest.fixture
def record(database: Engine, vault: Vault) -> LedgerRecord:
    return LedgerRecord(database, vault)


@pytest.fixture
def campaign() -> Campaign:
    return Campaign(
        id="derechohabiente", name="Derechohabiente", agent_type="avanzado_a", automation=Automation.BOT, version="abc"
    )


@pytest.fixture
def book(database: Engine, campaign: Campaign, vault: Vault) -> Book:
    return Book(database, campaign, vault)
