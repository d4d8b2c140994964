"""What happens on these pages goes into the audit log before anything is shown or done: no line, no data."""

from fastapi import Request

from admin.accounts import Account
from conversation.ports import Clock
from ledger.audit_log import AuditAction, AuditLog, NewAuditEntry, Result

NOBODY = "desconocido"
"""Who tried to enter under a name without an account; what was typed may be a password and is not kept."""


class Trail:
    """Writes lines of who did what, with the roles and the address that the person had."""

    def __init__(self, log: AuditLog, clock: Clock) -> None:
        self._log, self._clock = log, clock

    def note(
        self, request: Request, account: Account | None, action: AuditAction, *, object_: str = "",
        campaign: str | None = None, folio: str | None = None, reason: str | None = None,
        before: str | None = None, after: str | None = None, result: Result = Result.DONE, actor: str = NOBODY,
    ) -> None:  # fmt: skip
        """Add a line; `actor` names somebody who has not entered. Raises SQLAlchemyError: then nothing may go on."""
        entry = NewAuditEntry(
            at=self._clock(), actor=account.username if account else actor,
            role=",".join(account.roles) if account else "", ip=request.client.host if request.client else "",
            action=action, object=object_, campaign=campaign, folio=folio, reason=reason, before_sha256=before,
            after_sha256=after, result=result,
        )  # fmt: skip
        self._log.append(entry)
