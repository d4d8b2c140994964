"""One version of content: what it changes, who decided what, and what can be done about it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from admin.accounts import AdminAccounts, Role
from admin.content_changes import ContentChanges, ContentRefused, Overtaken, Proposal
from admin.content_pages import PATH, who
from admin.content_rules import PROVIDER, needed, party_for
from admin.content_views import difference, version_view
from admin.gate import Gate, Submission, Visitor
from admin.pages import Pages, Problem, check_campaign
from admin.permissions import APPROVE_FOR_INSTITUTION, APPROVE_FOR_PROVIDER, EDIT_CONTENT, SEE_CONTENT
from admin.tasks import Task
from ledger.content_versions import ContentVersion, Decided, Origin, Standing

_SAVED = {"change": "El cambio quedó guardado.", "decision": "Su decisión quedó registrada."}


class ContentVersionPages:
    """Routes `/admin/content/versions/{number}` and what is decided there."""

    def __init__(self, pages: Pages, gate: Gate, accounts: AdminAccounts, changes: ContentChanges) -> None:
        self._pages, self._gate, self._accounts, self._changes = pages, gate, accounts, changes

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see, may_edit = self._gate.visitor(*SEE_CONTENT), self._gate.submission(*EDIT_CONTENT)
        may_decide = self._gate.submission(*APPROVE_FOR_INSTITUTION, *APPROVE_FOR_PROVIDER)

        @router.get("/content/versions/{number}")
        def version_page(
            request: Request, number: int, visitor: Annotated[Visitor, Depends(may_see)], saved: str = ""
        ) -> Response:
            return self._show(request, visitor, self._find(visitor, number), _SAVED.get(saved, ""))

        @router.post("/content/versions/{number}/approve")
        def approve(request: Request, number: int, submission: Annotated[Submission, Depends(may_decide)]) -> Response:
            version = self._find(submission.visitor, number)
            return self._answer(request, submission, version, self._approve(request, submission, version))

        @router.post("/content/versions/{number}/end")
        def end(request: Request, number: int, submission: Annotated[Submission, Depends(may_decide)]) -> Response:
            version = self._find(submission.visitor, number)
            return self._answer(request, submission, version, self._end(request, submission, version))

        @router.post("/content/versions/{number}/take-back")
        def take_back(request: Request, number: int, submission: Annotated[Submission, Depends(may_edit)]) -> Response:
            version = self._find(submission.visitor, number)
            taken = self._take_back(request, submission, version)
            if isinstance(taken, ContentVersion):
                return RedirectResponse(f"{PATH}/versions/{taken.number}?saved=change", 303)
            return self._answer(request, submission, version, taken)

    def tasks(self, visitor: Visitor) -> Sequence[Task]:
        """Changes that wait for this person's approval, for the start page."""
        return [
            Task(f"{PATH}/versions/{one.number}", "Un cambio de contenido espera aprobación", one.reason)
            for one in self._changes.versions.pending()
            if visitor.account.may_see(one.campaign) and self._party(visitor, one)
        ]

    def _show(
        self, request: Request, visitor: Visitor, version: ContentVersion, saved: str = "",
        problems: Sequence[Problem] = (),
    ) -> Response:  # fmt: skip
        base = self._changes.base_of(version)
        in_force = self._changes.versions.in_force(version.path)
        party = self._party(visitor, version)
        context: dict[str, Any] = {
            "version": version_view(version, in_force), "saved": saved, "is_pending": version.is_pending,
            "changed": difference(base.text if base else "", version.text), "base": base.number if base else None,
            "campaign": version.campaign, "may_approve": party is not None, "is_own": self._is_own(visitor, version),
            "may_take_back": version.standing is Standing.APPLIED and base is not None and visitor.has(*EDIT_CONTENT),
            "overtaken": version.is_pending and in_force is not None
            and in_force.after_sha256 != version.before_sha256,
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_content_version.html", problems=problems, **context)

    def _answer(
        self, request: Request, submission: Submission, version: ContentVersion, problems: list[Problem]
    ) -> Response:
        if problems:
            return self._show(request, submission.visitor, version, problems=problems)
        return RedirectResponse(f"{PATH}/versions/{version.number}?saved=decision", 303)

    def _approve(self, request: Request, submission: Submission, version: ContentVersion) -> list[Problem]:
        visitor, party = submission.visitor, self._party(submission.visitor, version)
        if party is None:
            return [Problem("", "Este cambio no espera su aprobación; nadie aprueba un cambio propio.")]
        if submission.text("after_sha256") != version.after_sha256:
            return [Problem("", "La página es de otro cambio. Recárguela y lea el cambio de nuevo.")]
        # Whoever finds an open session must not be able to approve with it.
        if self._accounts.check(visitor.account.username, submission.text("password")) is None:
            return [Problem("password", "La contraseña no es correcta. Después de cinco intentos espere un minuto.")]
        try:
            self._changes.approve(who(request, visitor), version, party)
        except ContentRefused as refused:
            return [Problem("", str(refused))]
        return []

    def _end(self, request: Request, submission: Submission, version: ContentVersion) -> list[Problem]:
        visitor, reason = submission.visitor, submission.text("reason")
        own = self._is_own(visitor, version)
        if not version.is_pending:
            return [Problem("", "Este cambio ya se publicó o ya terminó. Recargue la página.")]
        if not own and self._party(visitor, version) is None and not visitor.has(Role.CAMPAIGN_ADMINISTRATOR):
            return [Problem("", "Este cambio no espera su decisión.")]
        if not 5 <= len(reason) <= 300:
            return [Problem("reason", "Escriba el motivo, de 5 a 300 caracteres.")]
        try:
            kind = Decided.WITHDRAWN if own else Decided.REFUSED
            self._changes.end(who(request, visitor), version, kind, reason)
        except ContentRefused as refused:
            return [Problem("", str(refused))]
        return []

    def _take_back(
        self, request: Request, submission: Submission, version: ContentVersion
    ) -> ContentVersion | list[Problem]:
        visitor, reason = submission.visitor, submission.text("reason")
        if version.standing is not Standing.APPLIED or version.base is None:
            return [Problem("", "Solo se retira un cambio que se publicó sobre una versión anterior.")]
        if not 5 <= len(reason) <= 300:
            return [Problem("reason", "Escriba el motivo, de 5 a 300 caracteres.")]
        try:
            text = self._changes.without(version)
            file = self._changes.file_of(version)
            if file is None:
                return [Problem("", "El archivo ya no existe en esta instalación.")]
            now = self._changes.current(file)
            wanted = Proposal(
                file, now.after_sha256, text, f"Se retira la versión {version.number}: {reason}", None,
                self._needed_back(visitor, version, now, text), Origin.BACK,
            )  # fmt: skip
            return self._changes.propose(who(request, visitor), wanted)
        except Overtaken:
            return [Problem("", "El archivo cambió en este momento. Recargue la página e inténtelo de nuevo.")]
        except ContentRefused as refused:
            return [Problem("", str(one)) for one in refused.findings] or [Problem("", str(refused))]

    def _needed_back(
        self, visitor: Visitor, version: ContentVersion, now: ContentVersion, text: str
    ) -> tuple[str, ...]:
        """Going back from the version in force to what was in force before is for one person of the institution: the
        earlier text was authorised, and a wrong one must go at once. What two parties guard takes both even then."""
        parties = needed(self._changes.place.approvals, visitor, now.text, text)
        is_step = version.number == now.number and visitor.has(Role.CAMPAIGN_ADMINISTRATOR)
        return () if is_step and PROVIDER not in parties else parties

    def _find(self, visitor: Visitor, number: int) -> ContentVersion:
        version = self._changes.versions.get(number)
        if version is None:
            raise HTTPException(404, "No hay una versión con ese número. Ábrala desde «Contenido».")
        check_campaign(visitor, version.campaign)
        return version

    def _party(self, visitor: Visitor, version: ContentVersion) -> str | None:
        """The party that the visitor can approve for; None: not this change."""
        if not version.is_pending or self._is_own(visitor, version) or visitor.account.username in version.approvers:
            return None
        return party_for(visitor, version.missing)

    @staticmethod
    def _is_own(visitor: Visitor, version: ContentVersion) -> bool:
        return visitor.account.username == version.author
