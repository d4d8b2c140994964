"""The audit log as the roles that may read it see it: the newest lines first, of the own campaigns or of all."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from admin.accounts import Role
from admin.gate import Gate, Visitor
from admin.pages import Pages
from admin.permissions import READ_AUDIT, READ_WHOLE_AUDIT
from admin.ports import CampaignDirectory
from ledger.audit_log import ACTION_LABELS, AuditAction, AuditEntry, AuditLog
from ledger.periods import CENTRE

MOST_SHOWN = 100
_FOLIO = re.compile(r"VEN-[0-9]{8}-[0-9]{7}-[0-9]")
_RESULTS = {"done": "Hecho", "refused": "Rechazado", "failed": "Falló"}


class AuditPages:
    """Route `/admin/audit`."""

    def __init__(self, pages: Pages, gate: Gate, log: AuditLog, campaigns: CampaignDirectory) -> None:
        self._pages, self._gate, self._log, self._campaigns = pages, gate, log, campaigns

    def add_to(self, router: APIRouter) -> None:
        """Add the route."""
        may_read = self._gate.visitor(*READ_AUDIT)

        @router.get("/audit")
        def audit(
            request: Request, visitor: Annotated[Visitor, Depends(may_read)], kind: str = "", folio: str = "",
            before: int | None = None,
        ) -> Response:  # fmt: skip
            kind = kind if kind in set(AuditAction) else ""
            folio = folio if _FOLIO.fullmatch(folio) else ""
            reads_all = visitor.has(*READ_WHOLE_AUDIT)
            lines = self._log.entries(
                campaigns=None if reads_all else visitor.account.campaigns, action=kind, folio=folio,
                most=MOST_SHOWN + 1, before=before,
            )  # fmt: skip
            context: dict[str, Any] = {
                "lines": [self._shown(one) for one in lines[:MOST_SHOWN]], "kind": kind, "folio": folio,
                "kinds": [(action.value, label) for action, label in ACTION_LABELS.items()],
                "before": lines[MOST_SHOWN - 1].seq if len(lines) > MOST_SHOWN else None, "reads_all": reads_all,
            }  # fmt: skip
            return self._pages.show(request, visitor, "admin_audit.html", **context)

    def _shown(self, one: AuditEntry) -> dict[str, Any]:
        labels = {str(action): label for action, label in ACTION_LABELS.items()}
        roles = {role.value: role.label for role in Role}
        campaign = self._campaigns.get(one.campaign) if one.campaign else None
        return {
            "seq": one.seq, "at": f"{one.at.astimezone(CENTRE):%d/%m/%Y %H:%M:%S}", "actor": one.actor, "ip": one.ip,
            "roles": ", ".join(roles.get(role, role) for role in one.role.split(",") if role),
            "what": labels.get(one.action, one.action), "object": one.object, "folio": one.folio or "",
            "campaign": campaign.name if campaign else one.campaign or "", "reason": one.reason or "",
            "result": _RESULTS.get(one.result, one.result), "is_bad": one.result != "done",
        }  # fmt: skip
