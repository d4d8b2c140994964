"""A book of interactions for tests: writes them as the processes do, and tampers with them as an intruder would."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from conversation.campaign import Campaign
from conversation.conversation import Conversation, State
from conversation.events import End, EndedBy, EventKind
from conversation.message import Channel, Sender
from conversation.ports import NewEvent
from conversation.survey import Survey
from ledger.chain import COLUMNS, row_hash
from ledger.record import LedgerRecord
from ledger.services import AppointmentState, Interaction, ServiceLedger
from ledger.vault import Vault
from ledger.verification import Finding, verify

NOW = datetime(2026, 10, 15, 9, 0, tzinfo=ZoneInfo("America/Mexico_City"))
SAID = "mi nss es 00058500018"


class Book:
    """Writes interactions and reads what becomes of them."""

    def __init__(self, database: Engine, campaign: Campaign, vault: Vault) -> None:
        self.database, self.campaign, self.vault = database, campaign, vault
        self.record, self.services = LedgerRecord(database, vault), ServiceLedger(database)

    def closed(self, *, opened: datetime = NOW, channel: Channel = Channel.WEBCHAT, skip: EventKind | None = None,
               **changes: object) -> Conversation:  # fmt: skip
        """An interaction from greeting to close, with what the test changes."""
        conversation = self.record.open(self.campaign, channel, "203.0.113.7", opened, "hash")
        closed_at = opened + timedelta(minutes=4)
        values = {
            "topics": ["vigencia_derechos"], "survey": Survey(resolved=True, rating=5), "end": End.COMPLETED,
            "ended_by": EndedBy.USER, "state": State.CLOSED, "closed_at": closed_at, **changes,
        }  # fmt: skip
        for name, value in values.items():
            setattr(conversation, name, value)
        said = {"sender": Sender.USER, "text": "hola"}
        events = [
            NewEvent(kind=EventKind.OPENED),
            NewEvent(kind=EventKind.MESSAGE, data=said),
            NewEvent(kind=EventKind.CLOSED),
        ]
        self.record.write(conversation, [event for event in events if event.kind is not skip], closed_at)
        return conversation

    def rich(self) -> Conversation:
        """An interaction with everything: 1 opened, 2 message with its original, 3 look-up, 4 and 5 appointment,
        6 message, 7 survey, 8 closed."""
        conversation = self.record.open(self.campaign, Channel.WEBCHAT, "203.0.113.7", NOW, "hash")
        original = NewEvent(
            kind=EventKind.MESSAGE, data={"sender": "user", "text": "mi nss es *******0018"}, secret=SAID
        )
        self.record.write(conversation, [NewEvent(kind=EventKind.OPENED), original], NOW)
        whose = interaction_of(conversation)
        self.services.lookup(whose, NOW, {"service": "cita_medica", "result": "ok"})
        for state in (AppointmentState.REQUESTED, AppointmentState.BOOKED):
            self.services.appointment(whose, NOW, "CMT-261015-00001-7", state)
        conversation.survey, conversation.end = Survey(resolved=False, rating=2), End.COMPLETED
        conversation.state, conversation.closed_at, conversation.topics = State.CLOSED, NOW, ["agendar_cita"]
        last = [
            NewEvent(kind=EventKind.MESSAGE, data={"sender": "bot", "text": "Listo"}),
            NewEvent(kind=EventKind.SURVEY_ANSWERED, data={"resolved": False, "rating": 2}),
            NewEvent(kind=EventKind.CLOSED, data={"end": End.COMPLETED}),
        ]
        self.record.write(conversation, last, NOW)
        return conversation

    def findings(self, **which: str) -> list[Finding]:
        """What a verification finds."""
        return list(verify(self.database, self.vault, **which).findings)

    def folios(self) -> set[str]:
        """Of every interaction."""
        with self.behind() as connection:
            return {row["folio"] for row in connection.execute("SELECT folio FROM interactions")}

    def tamper(self, *statements: str) -> None:
        """Change the database behind the ledger's back, foreign keys and all."""
        with self.behind() as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount, f"it changed nothing: {statement}"

    @contextmanager
    def behind(self) -> Iterator[sqlite3.Connection]:
        """A connection that knows nothing of chains."""
        with closing(sqlite3.connect(str(self.database.url.database))) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
            connection.commit()

    def forge_chain(self, conversation: Conversation) -> None:
        """Number and hash the whole chain anew, as somebody can who knows how, and lacks only the key."""
        with self.behind() as connection:
            rows = [
                (table, number, dict(row))
                for table, number in (("events", "seq"), ("appointment_events", "event_id"))
                for row in connection.execute(
                    f"SELECT * FROM {table} WHERE conversation_id = ?", [conversation.id]
                ).fetchall()
            ]
            head = ""
            for place, (table, number, row) in enumerate(sorted(rows, key=lambda entry: entry[2]["position"]), start=1):
                row |= {"position": place, "previous_hash": head}
                if table == "events":
                    row["data"] = json.loads(row["data"])
                assert set(COLUMNS[table]) | {number, "hash"} == set(row), "every column is hashed"
                head = row_hash(table, row)
                connection.execute(
                    f"UPDATE {table} SET position = ?, previous_hash = ?, hash = ? WHERE {number} = ?",
                    [place, row["previous_hash"], head, row[number]],
                )
            connection.execute(
                "UPDATE interactions SET chain_length = ?, chain_head = ? WHERE id = ?",
                [len(rows), head, conversation.id],
            )


def interaction_of(conversation: Conversation) -> Interaction:
    """The interaction that look-ups belong to."""
    return Interaction(
        conversation_id=conversation.id, folio=conversation.folio, campaign=conversation.campaign,
        channel=conversation.channel,
    )  # fmt: skip
