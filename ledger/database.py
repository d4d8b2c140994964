"""Open the ledger's database and bring it to the present schema."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

MIGRATING = 7_201_810
"""Number of the advisory lock on PostgreSQL; any that nobody else uses."""
MIGRATIONS = Path(__file__).parent / "migrations"


def open_database(url: str) -> Engine:
    """An engine for a database URL; SQLite is set up for several processes.

    Write-ahead logging lets server and action server work at once; a writer waits up to 10 s for the other.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


@contextmanager
def as_of_now(engine: Engine) -> Iterator[Session]:
    """A session for reading, in which everything is as it was at one moment, whatever others write meanwhile."""
    sqlite = engine.dialect.name == "sqlite"
    with Session(engine if sqlite else engine.execution_options(isolation_level="REPEATABLE READ")) as session:
        if sqlite:
            session.connection().exec_driver_sql("BEGIN")  # Python's driver begins none before a SELECT
        yield session


def migrate(url: str, revision: str = "head") -> None:
    """Apply every migration that the database lacks, up to a revision; of several processes, one at a time."""
    with _alone(url):
        command.upgrade(_configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to an earlier schema, for a roll-back of the software; what only the later one holds is lost."""
    command.downgrade(_configuration(url), revision)


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """Web and voice start together and both bring the ledger to its present shape: the second finds it done."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(select(func.pg_advisory_lock(MIGRATING)))
        yield  # the lock goes with the connection
    engine.dispose()


def _configuration(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def insert_into(session: Session, rows: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """INSERT in the dialect of the session's database: ON CONFLICT, which both have, is in no common statement."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(rows)
