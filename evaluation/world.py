"""The world of a simulated conversation: the institution's sandbox, the clocks, the synthetic people.

Each conversation gets an institution of its own in the sandbox (sandbox/README.md, «Worlds»), so that many can be held
at once and what one books, no other sees. Only the product's clock is shared by all.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

DEFAULT_NOW = "2026-10-15T09:00:00-06:00"
_RECONCILER = {"Authorization": "Bearer sandbox-conciliador"}
_CONTROL = {"Authorization": "Bearer sandbox-control"}
_PERIOD = {"desde": "2026-01-01T00:00:00-06:00", "hasta": "2028-01-01T00:00:00-06:00"}


class InfrastructureError(Exception):
    """Something other than the bot failed; the case says nothing about the bot."""


class World:
    """Resets and reads the sandbox, and sets the product's clock with it. Safe to use from several threads."""

    def __init__(self, web_url: str, services_url: str, control_token: str) -> None:
        self._web = httpx.Client(base_url=web_url, timeout=30.0, headers={"Authorization": f"Bearer {control_token}"})
        self._services = httpx.Client(base_url=services_url, timeout=30.0)
        self.people = _people()

    def close(self) -> None:
        """Close the connections."""
        self._web.close()
        self._services.close()

    def reset(self, now: datetime | None, faults: tuple[dict[str, Any], ...] = ()) -> None:
        """Begin afresh what all share: seed, clock and faults.

        Raises:
            InfrastructureError: the sandbox or the product does not answer.
        """
        self._control("reinicio", {})
        self.set_clock(now or datetime.fromisoformat(DEFAULT_NOW))
        for fault in faults:
            self._control("fallas", fault)

    def set_clock(self, now: datetime, folio: str | None = None) -> None:
        """Set the product's clock, and the institution's: the shared one, or the one of an interaction."""
        self._control("reloj", {"ahora": now.isoformat()}, folio)
        self._ok(self._send(self._web, "POST", "/_control/clock", json={"now": now.isoformat()}))

    @contextmanager
    def private(self, folio: str) -> Iterator["PrivateWorld"]:
        """An institution of its own for one interaction."""
        self._control("mundos", {"folio": folio})
        try:
            yield PrivateWorld(self, folio)
        finally:
            self._control("mundos/cierre", {"folio": folio})

    def add_fault(self, fault: dict[str, Any], folio: str | None = None) -> None:
        """Make an operation of the institution slow, failing or wrong."""
        self._control("fallas", fault, folio)

    def appointments(self, folio: str | None = None) -> dict[str, dict[str, Any]]:
        """Every appointment in the institution's agenda, by id."""
        found: dict[str, dict[str, Any]] = {}
        query, headers = dict(_PERIOD), {**_RECONCILER, **_of(folio)}
        while True:
            answer = self._ok(
                self._send(self._services, "GET", "/v1/citas/conciliacion", params=query, headers=headers)
            ).json()
            found.update({one["cita_id"]: one for one in answer["citas"]})
            if not answer.get("siguiente"):
                return found
            query["cursor"] = answer["siguiente"]

    def _control(self, operation: str, body: dict[str, Any], folio: str | None = None) -> None:
        path, headers = f"/v1/_control/{operation}", {**_CONTROL, **_of(folio)}
        self._ok(self._send(self._services, "POST", path, json=body, headers=headers))

    @staticmethod
    def _send(client: httpx.Client, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            return client.request(method, path, **parts)
        except httpx.HTTPError as error:
            raise InfrastructureError(f"{client.base_url}{path}: {type(error).__name__}") from error

    @staticmethod
    def _ok(response: httpx.Response) -> httpx.Response:
        if not response.is_success:
            where = f"{response.request.method} {response.request.url.path}"
            raise InfrastructureError(f"{where} answered {response.status_code}: {response.text[:200]}")
        return response


class PrivateWorld:
    """The institution of one interaction."""

    def __init__(self, world: World, folio: str) -> None:
        self._world, self._folio = world, folio

    def set_clock(self, now: datetime) -> None:
        """Set the clock of this institution, and the product's, which all share."""
        self._world.set_clock(now, self._folio)

    def add_fault(self, fault: dict[str, Any]) -> None:
        """Make an operation slow, failing or wrong for this interaction."""
        self._world.add_fault(fault, self._folio)

    def appointments(self) -> dict[str, dict[str, Any]]:
        """Every appointment in this institution's agenda, by id."""
        return self._world.appointments(self._folio)


def _of(folio: str | None) -> dict[str, str]:
    return {"X-Folio": folio} if folio else {}


def _people() -> dict[str, dict[str, Any]]:
    listing = subprocess.run([sys.executable, "-m", "sandbox", "people", "--json"], capture_output=True, text=True)
    if listing.returncode:
        raise InfrastructureError(f"the sandbox does not list its people: {listing.stderr[-300:]}")
    return {person["id"]: person for person in json.loads(listing.stdout)}
