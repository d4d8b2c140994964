"""Tickets of the Mesa de Servicios Tecnológicos (operations 11 to 13)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from sandbox.database import from_utc, ticket_notes, to_utc
from sandbox.database import tickets as table
from sandbox.errors import ServiceError

_PRIORITIES = ("CRITICA", "ALTA", "MEDIA", "BAJA")
_FIRST_SEEDED = "INC0009"


@dataclass(frozen=True)
class Note:
    """A note on a ticket."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Ticket:
    """A ticket with its notes, oldest first."""

    numero: str
    estado: str
    prioridad: str
    grupo: str
    resolucion: str | None
    folio: str
    created: datetime
    notes: tuple[Note, ...]


class Tickets:
    """The ticket desk; `catalogues` is the content of catalogues.yml."""

    def __init__(self, catalogues: dict[str, Any]) -> None:
        self._groups: dict[str, str] = {entry["clave"]: entry["grupo"] for entry in catalogues["servicios_mst"]}
        self._seeded: list[dict[str, Any]] = catalogues["tickets"]

    def open(
        self,
        connection: Connection,
        *,
        kind: str,
        service: str,
        text: str,
        impact: int,
        urgency: int,
        folio: str,
        now: datetime,
    ) -> Ticket:
        """Creates a ticket; MST-003 when the service is not in the catalogue."""
        if service not in self._groups:
            raise ServiceError("MST-003", "servicio")
        ours = select(func.count()).select_from(table).where(~table.c.numero.startswith(_FIRST_SEEDED))
        numero = f"INC{int(connection.execute(ours).scalar_one()) + 1:09d}"
        connection.execute(
            insert(table).values(
                numero=numero,
                estado="NUEVO",
                tipo=kind,
                servicio=service,
                descripcion=text,
                folio=folio,
                prioridad=_priority(impact, urgency),
                grupo=self._groups[service],
                created_utc=to_utc(now),
            )
        )
        return self.get(connection, numero)

    def get(self, connection: Connection, numero: str) -> Ticket:
        """The ticket with its notes; MST-001 when there is none."""
        row = connection.execute(select(table).where(table.c.numero == numero)).first()
        if row is None:
            raise ServiceError("MST-001")
        notes = connection.execute(
            select(ticket_notes).where(ticket_notes.c.numero == numero).order_by(ticket_notes.c.serial)
        )
        return Ticket(
            numero=row.numero,
            estado=row.estado,
            prioridad=row.prioridad,
            grupo=row.grupo,
            resolucion=row.resolucion,
            folio=row.folio,
            created=from_utc(row.created_utc),
            notes=tuple(Note(from_utc(note.at_utc), note.texto) for note in notes),
        )

    def annotate(self, connection: Connection, numero: str, text: str, now: datetime) -> Ticket:
        """Adds a note; MST-001 when there is no such ticket, MST-002 when it is closed."""
        if self.get(connection, numero).estado == "CERRADO":
            raise ServiceError("MST-002")
        connection.execute(insert(ticket_notes).values(numero=numero, at_utc=to_utc(now), texto=text))
        return self.get(connection, numero)

    def plant(self, connection: Connection, now: datetime) -> None:
        """Inserts the tickets that exist from the start."""
        for entry in self._seeded:
            values = {key: entry[key] for key in ("numero", "estado", "tipo", "servicio", "descripcion", "resolucion")}
            priority = _priority(entry["impacto"], entry["urgencia"])
            connection.execute(
                insert(table).values(
                    **values,
                    prioridad=priority,
                    grupo=self._groups[entry["servicio"]],
                    folio="SEMILLA",
                    created_utc=to_utc(now),
                )
            )


def _priority(impact: int, urgency: int) -> str:
    """1 and 1 is the most pressing, 4 and 4 the least."""
    return _PRIORITIES[(impact + urgency) // 2 - 1]
