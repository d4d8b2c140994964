"""The real clients against the real sandbox over loopback, with a ledger that keeps every call."""

import json
import socket
import threading
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from cryptography.fernet import Fernet

from actions.services.appointments import Availability, Slot
from actions.services.entitlement import Person
from actions.services.institution import Institution, institution
from content.catalogue import Catalogue
from conversation.message import Channel
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.services import Interaction, ServiceLedger
from ledger.vault import Vault
from sandbox.app import create_app

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 10, 15, 9, 0, tzinfo=ZoneInfo("America/Mexico_City"))
CURP = "EAML850312MDFNSC09"
P1 = Person(nss="00058500018", fecha_nacimiento=date(1985, 3, 12))
P2 = Person(nss="00987900024", fecha_nacimiento=date(1979, 11, 2))
P3 = Person(nss="00109200030", fecha_nacimiento=date(1992, 7, 25))
P5_TWIN = Person(nss="00099000051", fecha_nacimiento=date(2015, 9, 9))
P7 = Person(nss="00200100071", fecha_nacimiento=date(2001, 4, 18))
P8 = Person(nss="00038300083", fecha_nacimiento=date(1983, 8, 8))
P9 = Person(nss="00976000091", fecha_nacimiento=date(1960, 10, 10))
P10 = Person(nss="00159700103", fecha_nacimiento=date(1997, 2, 20))
UNKNOWN = Person(nss="00058500026", fecha_nacimiento=P1.fecha_nacimiento)


class RunningSandbox:
    """The sandbox under uvicorn in a thread, on a free loopback port, and its control operations."""

    def __enter__(self) -> "RunningSandbox":
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(create_app(), log_level="critical", access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        self._client = httpx.Client(base_url=self.url, timeout=10, transport=httpx.HTTPTransport(retries=20))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)

    def control(self, path: str, **body: Any) -> None:
        headers = {"Authorization": "Bearer sandbox-control", "X-Request-Id": str(uuid4())}
        answer = self._client.post(f"/v1/_control/{path}", json=body, headers=headers)
        assert answer.json() == {"aplicado": True}, answer.text

    def fault(self, service: str, mode: str, **more: Any) -> None:
        self.control("fallas", servicio=service, modo=mode, **more)


class Bench:
    """Clients, the interaction they act for, and what the ledger keeps of them."""

    def __init__(self, folder: Path, sandbox_url: str, catalogue: Catalogue, circuit_failures: int = 5) -> None:
        url = f"sqlite:///{folder / 'ledger.db'}"
        migrate(url)
        self.database = open_database(url)
        self.ledger = ServiceLedger(self.database)
        self._record = LedgerRecord(self.database, Vault(Fernet.generate_key().decode()))
        self.catalogue = catalogue
        self._sandbox_url, self._failures = sandbox_url, circuit_failures
        self.institution = self.reaching(sandbox_url)
        self.interaction = self.new_interaction()

    def reaching(self, url: str, token: str = "sandbox-bot") -> Institution:
        """Clients for an address and a token, with circuits of their own."""
        return institution(url, token, "sandbox", self.ledger, self._failures)

    def new_interaction(self, channel: Channel = Channel.WEBCHAT) -> Interaction:
        campaign = self.catalogue.get("cita_medica")
        assert campaign is not None
        opened = self._record.open(campaign, channel, "203.0.113.7", NOW, "hash")
        return Interaction(conversation_id=opened.id, folio=opened.folio, campaign=campaign.id, channel=channel)

    def lookups(self, interaction: Interaction | None = None) -> list[dict[str, Any]]:
        events = self._record.events((interaction or self.interaction).conversation_id)
        return [event.data for event in events if event.kind == "lookup"]

    def outcomes(self) -> list[tuple[int, str, str | None]]:
        """Attempt, result and code of each call, in order."""
        return [(one["attempt"], str(one["result"]), one["code"]) for one in self.lookups()]

    def all_lookups_as_text(self) -> str:
        return json.dumps(self.lookups(), ensure_ascii=False, default=str)

    def states(self) -> list[str]:
        """States of our booking ledger, in order."""
        return [event.state for event in self.ledger.appointment_events(self.interaction.folio)]


Ask = Callable[[Bench], Awaitable[object]]


async def over_rest(bench: Bench) -> object:
    return await bench.institution.entitlement.consult(P1, bench.interaction, NOW)


async def over_soap(bench: Bench) -> object:
    return await bench.institution.acceder.consult(P1, bench.interaction, NOW)


PROTOCOLS = [pytest.param(over_rest, "vigencia", id="rest"), pytest.param(over_soap, "acceder", id="soap")]


async def nearest(bench: Bench, person: Person = P1) -> Slot:
    """The nearest free slot of Medicina Familiar."""
    answer = await bench.institution.appointments.availability(person, "MEDICINA_FAMILIAR", 1, bench.interaction, NOW)
    assert isinstance(answer, Availability)
    return answer.horarios[0]


async def book(bench: Bench, slot: Slot, person: Person = P1, key: str = "key-1") -> object:
    folio = bench.ledger.next_appointment_folio(NOW.date())
    return await bench.institution.appointments.book(person, slot, folio, key, bench.interaction, NOW)
