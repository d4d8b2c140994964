"""Tables of the sandbox's state. People, units and rules are not state: they follow from seed and files."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.pool import StaticPool

metadata = MetaData()

appointments = Table(
    "appointments",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("cita_id", String, nullable=False, unique=True),
    Column("folio_proveedor", String, nullable=False, index=True),
    Column("estado", String, nullable=False),
    Column("servicio", String, nullable=False),
    Column("horario_id", String, nullable=False),
    Column("clinic", String, nullable=False),
    Column("room", String, nullable=False),
    Column("turno", String, nullable=False),
    Column("day", String, nullable=False),  # local date of the unit
    Column("start_utc", String, nullable=False),
    Column("end_utc", String, nullable=False),
    Column("nss", String, nullable=False, index=True),
    Column("person_id", String, nullable=False),
    Column("agente_tipo", String, nullable=False),
    Column("canal", String, nullable=False),
    Column("telefono", String),
    Column("sms_aceptado", Boolean, nullable=False),
    Column("folio_interaccion", String, nullable=False),
    Column("created_utc", String, nullable=False),
    Column("updated_utc", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("appointments_by_day", "clinic", "day"),
    # Two live appointments in one slot are impossible even if the checks before were wrong.
    Index("one_per_slot", "horario_id", unique=True, sqlite_where=text("estado <> 'CANCELADA'")),
)

given_elsewhere = Table(
    "given_elsewhere",
    metadata,
    Column("horario_id", String, primary_key=True),
    Column("person_id", String, nullable=False),  # the person who lost the slot to somebody at the unit
)

failed_identifications = Table(
    "failed_identifications",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("folio", String, nullable=False, index=True),
    Column("nss", String, nullable=False, index=True),
    Column("at_utc", String, nullable=False),
)

idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("key", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("numero", String, primary_key=True),
    Column("estado", String, nullable=False),
    Column("tipo", String, nullable=False),
    Column("servicio", String, nullable=False),
    Column("descripcion", Text, nullable=False),
    Column("prioridad", String, nullable=False),
    Column("grupo", String, nullable=False),
    Column("resolucion", Text),
    Column("folio", String, nullable=False),
    Column("created_utc", String, nullable=False),
)

ticket_notes = Table(
    "ticket_notes",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("numero", String, nullable=False, index=True),
    Column("at_utc", String, nullable=False),
    Column("texto", Text, nullable=False),
)

settings = Table(
    "settings", metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False)
)


def open_engine(path: Path | None) -> Engine:
    """The engine for a file, or for a database in memory when `path` is None; creates missing tables."""
    # Parameters hold NSS: they must not appear in the text of a database error, which ends in a log.
    engine = create_engine(
        "sqlite://" if path is None else f"sqlite:///{path}",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    metadata.create_all(engine)
    return engine


def claim_seed(connection: Connection, seed: int) -> bool:
    """Whether the database is new and now belongs to `seed`; ValueError when it belongs to another."""
    stored = connection.execute(select(settings.c.value).where(settings.c.name == "seed")).scalar()
    if stored is not None and stored != str(seed):
        raise ValueError(
            f"la base de datos del sandbox es de la semilla {stored}, no de la {seed}; use --seed {stored}"
        )
    if stored is None:
        connection.execute(insert(settings).values(name="seed", value=str(seed)))
    return stored is None


def clear(connection: Connection) -> None:
    """Deletes all state but the seed."""
    for table in metadata.sorted_tables:
        if table is not settings:
            connection.execute(delete(table))


def to_utc(moment: datetime) -> str:
    """How a moment is stored: a text that sorts in time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_utc(stored: str) -> datetime:
    """The moment of a stored text."""
    return datetime.strptime(stored, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
