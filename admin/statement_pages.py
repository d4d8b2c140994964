"""Kept versions of statements: list them, take them home, see what changed between two (payment.md)."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, Response

from admin.audit_trail import Trail
from admin.gate import Gate, Visitor
from admin.pages import Pages, Problem, moment_words, month_words
from admin.permissions import SEE_STATEMENTS
from admin.ports import CampaignDirectory
from evaluation.settlement.difference import Difference, NotAStatement
from evaluation.settlement.versions import (
    ALL_CAMPAIGNS,
    RECORD,
    STATEMENT,
    Version,
    VersionDamaged,
    checked_statement,
    versions,
)
from ledger.audit_log import AuditAction

FILES = {STATEMENT: ("CSV", "text/csv"), RECORD: ("Ficha", "application/json")}
"""The files of a version that may be taken home; no other name is ever opened."""
MOST_SHOWN = 200
"""Rows of each part of a difference; `ventanilla statement diff` shows all of them."""
_PARTS = {
    "totals": "Totales que cambiaron", "changed": "Folios que cambiaron", "added": "Folios que se agregaron",
    "removed": "Folios que se quitaron", "deductions_added": "Deductivas que se agregaron",
    "deductions_removed": "Deductivas que se quitaron",
}  # fmt: skip
_COLUMNS = {
    "month": "Mes", "campaign": "Campaña", "agent_type": "Producto", "folio": "Folio", "first_folio": "Primer folio",
    "deviation": "Desviación", "rule": "Regla", "percent": "%", "amount": "Importe", "interactions": "Interacciones",
    "equivalents": "Equivalentes", "minutes": "Minutos", "pending": "Pendientes", "gross": "Bruto",
    "deductions": "Deductivas", "cap_applied": "Por el tope", "net": "Neto",
}  # fmt: skip
_HEADS = {"status": "Estado", "policy_sha256": "Política (SHA-256)"}


class StatementPages:
    """Routes below `/admin/statements`."""

    def __init__(self, pages: Pages, gate: Gate, trail: Trail, campaigns: CampaignDirectory, kept: Path) -> None:
        """`kept` is the folder of `ventanilla settle --keep`."""
        self._pages, self._gate, self._trail = pages, gate, trail
        self._campaigns, self._kept = campaigns, kept

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see = self._gate.visitor(*SEE_STATEMENTS)

        @router.get("/statements")
        def statements(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            return self._list(request, visitor)

        @router.get("/statements/{period}/{campaign}/difference")
        def difference(
            request: Request, period: str, campaign: str, visitor: Annotated[Visitor, Depends(may_see)],
            before: str = "", after: str = "",
        ) -> Response:  # fmt: skip
            return self._difference(request, visitor, (period, campaign), before, after)

        @router.get("/statements/{period}/{campaign}/{number}/files/{name}")
        def statement_file(
            request: Request, period: str, campaign: str, number: str, name: str,
            visitor: Annotated[Visitor, Depends(may_see)],
        ) -> Response:  # fmt: skip
            version = self._find(visitor, period, campaign, number)
            if name not in FILES:
                raise HTTPException(404, "Ese archivo no existe. Descárguelo desde «Liquidaciones».")
            with _readable():
                checked_statement(version.folder(self._kept))
            # A period and a campaign's name are of the ledger, but a header must not be written by either.
            sent_as = f"liquidacion-{version.period}-v{version.number}{Path(name).suffix}"
            self._trail.note(
                request, visitor.account, AuditAction.EXPORTED, object_=f"{version.campaign}/{sent_as}",
                campaign=None if version.campaign == ALL_CAMPAIGNS else version.campaign,
                after=version.statement_sha256 if name == STATEMENT else None,
            )  # fmt: skip
            return FileResponse(version.folder(self._kept) / name, media_type=FILES[name][1], filename=sent_as)

    def _versions(self, visitor: Visitor) -> list[Version]:
        """Versions of the campaigns that the visitor works for; one of all campaigns is for who has all of them."""
        with _readable():
            found = list(versions(self._kept))
        return [one for one in found if visitor.account.may_see("*" if one.campaign == ALL_CAMPAIGNS else one.campaign)]

    def _find(self, visitor: Visitor, period: str, campaign: str, number: str) -> Version:
        """A version by what the address says of it; no path is ever made from an address."""
        wanted = (period, campaign, number)
        found = next((one for one in self._versions(visitor) if _address(one) == wanted), None)
        if found is None:
            raise HTTPException(404, "No hay una versión guardada con esos datos. Ábrala desde «Liquidaciones».")
        return found

    def _list(self, request: Request, visitor: Visitor, problems: Iterable[Problem] = ()) -> Response:
        series = groupby(self._versions(visitor), key=lambda version: (version.period, version.campaign))
        groups = [_series(period, campaign, self._name(campaign), list(found)) for (period, campaign), found in series]
        context: dict[str, Any] = {
            "groups": groups[::-1],
            "files": [(name, label) for name, (label, _) in FILES.items()],
        }
        return self._pages.show(request, visitor, "admin_statements.html", problems=tuple(problems), **context)

    def _name(self, campaign_id: str) -> str:
        if campaign_id == ALL_CAMPAIGNS:
            return "Todas las campañas"
        campaign = self._campaigns.get(campaign_id)
        return campaign.name if campaign else campaign_id

    def _difference(
        self, request: Request, visitor: Visitor, series: tuple[str, str], before: str, after: str
    ) -> Response:
        if not before or not after or before == after:
            return self._list(request, visitor, [Problem("", "Para comparar, elija dos versiones distintas.")])
        earlier, later = (self._find(visitor, *series, number) for number in (before, after))
        with _readable():
            paths = (checked_statement(one.folder(self._kept)) for one in (earlier, later))
            with Difference(*paths) as found:
                heads = [(_HEADS[name], old, new) for name, old, new in found.heads()]
                parts = [_table(title, getattr(found, name)()) for name, title in _PARTS.items()]
        context: dict[str, Any] = {
            "earlier": _shown(earlier), "later": _shown(later), "heads": heads,
            "parts": [part for part in parts if part["rows"]], "period": _period_words(earlier.period),
            "campaign": self._name(earlier.campaign), "most": MOST_SHOWN,
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_difference.html", **context)


@contextmanager
def _readable() -> Iterator[None]:
    """Refuse, in words, what cannot be read or is not what was kept.

    Raises:
        HTTPException: 503.
    """
    try:
        yield
    except VersionDamaged as error:
        text = "Una liquidación guardada ya no es la que se guardó: su SHA-256 no coincide. Avise al área técnica."
        raise HTTPException(503, text) from error
    except (NotAStatement, sqlite3.IntegrityError) as error:
        raise HTTPException(503, "Un archivo guardado no es una liquidación. Avise al área técnica.") from error
    except OSError as error:
        raise HTTPException(503, f"No se pudo leer la liquidación ({error.strerror}). Inténtelo más tarde.") from error


def _series(period: str, campaign: str, name: str, found: Sequence[Version]) -> dict[str, Any]:
    """The versions of one period and campaign, the newest first."""
    return {
        "period": _period_words(period), "campaign": name,
        "href": f"/admin/statements/{quote(period)}/{quote(campaign, safe='')}",
        "versions": [_shown(version) for version in reversed(found)],
    }  # fmt: skip


def _address(version: Version) -> tuple[str, str, str]:
    return version.period, version.campaign, str(version.number)


def _period_words(period: str) -> str:
    parts = period.split("_")
    return " a ".join(month_words(part) for part in parts) if parts[0][:2] == "20" else "sin interacciones"


def _shown(version: Version) -> dict[str, Any]:
    return {
        **version.model_dump(mode="json"), "at": moment_words(version.at),
        "agreed": version.status == "ACORDADO",
    }  # fmt: skip


def _table(title: str, rows: Iterable[Mapping[str, object]]) -> dict[str, Any]:
    """One part of a difference: the columns that occur in it, and at most `MOST_SHOWN` rows."""
    found = list(islice(rows, MOST_SHOWN + 1))
    names = [name for name in _COLUMNS if any(name in row for row in found)]
    return {
        "title": title, "columns": [_COLUMNS[name] for name in names], "is_cut": len(found) > MOST_SHOWN,
        "rows": [[_cell(row.get(name)) for name in names] for row in found[:MOST_SHOWN]],
    }  # fmt: skip


def _cell(value: object) -> dict[str, str]:
    """A value, or what it was and what it became."""
    if isinstance(value, Mapping):
        return {"before": str(value["before"] or "—"), "after": str(value["after"] or "—")}
    return {"after": "" if value is None else str(value) or "—"}
