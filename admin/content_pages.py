"""Content of the campaigns, edited by its administrator: structured forms, and a checked editor for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from admin.content_changes import ContentChanges, ContentRefused, Overtaken, Proposal, Who
from admin.content_forms import OWN_SECTIONS, SHARED_SECTIONS, FormWrong, Section
from admin.content_rules import Approvals, needed
from admin.content_views import difference, finding_problems, lines_of, section_view, version_view
from admin.gate import Gate, Submission, Visitor
from admin.pages import Pages, Problem, check_campaign
from admin.permissions import EDIT_CONTENT, SEE_CONTENT
from admin.ports import CampaignDirectory
from content.editable import SHARED, TRAINED, ContentFile, campaigns_with_files, content_file, content_files
from content.files import ContentError
from ledger.content_versions import ContentVersion
from ledger.periods import CENTRE

PATH = "/admin/content"
MOST_TEXT = 400_000
"""Characters of a file."""
_TRAINED = (
    "«{name}» es parte del modelo del asistente: cambiarlo requiere entrenamiento, pruebas y una entrega, así que no "
    "se edita aquí. Pídalo al equipo técnico (CONTRIBUTING.md)."
)


@dataclass(frozen=True)
class Wish:
    """What a form says beside the content: why, and from when."""

    reason: str
    effective: str
    """As typed."""
    effective_at: datetime | None = None
    problems: tuple[Problem, ...] = ()


class ContentPages:
    """Routes below `/admin/content` that show and change content."""

    def __init__(self, pages: Pages, gate: Gate, changes: ContentChanges, campaigns: CampaignDirectory) -> None:
        self._pages, self._gate, self._changes, self._campaigns = pages, gate, changes, campaigns
        self._root = changes.place.root

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        may_see, may_edit = self._gate.visitor(*SEE_CONTENT), self._gate.submission(*EDIT_CONTENT)

        @router.get("/content")
        def overview(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            return self._overview(request, visitor)

        @router.get("/content/{campaign}")
        def campaign_page(
            request: Request, campaign: str, visitor: Annotated[Visitor, Depends(may_see)], saved: str = ""
        ) -> Response:
            return self._campaign(request, visitor, campaign, saved)

        @router.get("/content/{campaign}/form/{section}")
        def form(
            request: Request, campaign: str, section: str, visitor: Annotated[Visitor, Depends(may_see)]
        ) -> Response:
            chosen, file = self._section(visitor, campaign, section)
            return self._form(request, visitor, chosen, file, self._current(file))

        @router.post("/content/{campaign}/form/{section}")
        def save_form(
            request: Request, campaign: str, section: str, submission: Annotated[Submission, Depends(may_edit)]
        ) -> Response:
            chosen, file = self._section(submission.visitor, campaign, section)
            return self._save_form(request, submission, chosen, file)

        @router.get("/content/{campaign}/files/{name}")
        def text(request: Request, campaign: str, name: str, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            file = self._file(visitor, campaign, name)
            current = self._current(file)
            return self._text(request, visitor, file, current, current.text)

        @router.post("/content/{campaign}/files/{name}")
        def save_text(
            request: Request, campaign: str, name: str, submission: Annotated[Submission, Depends(may_edit)]
        ) -> Response:
            return self._save_text(request, submission, self._file(submission.visitor, campaign, name))

    def _overview(self, request: Request, visitor: Visitor) -> Response:
        ids = [one for one in (*campaigns_with_files(self._root), SHARED) if visitor.account.may_see(one)]
        pending = [one for one in self._changes.versions.pending() if one.campaign in ids]
        context: dict[str, Any] = {
            "campaigns": [{"href": f"{PATH}/{one}", "name": self._name(one)} for one in ids],
            "pending": [version_view(one, None) for one in pending],
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_content.html", **context)

    def _campaign(self, request: Request, visitor: Visitor, campaign: str, saved: str) -> Response:
        files = self._files(visitor, campaign)
        versions = self._changes.versions
        in_force = {file.path: versions.in_force(file.path) for file in files}
        kept = versions.of_campaign(campaign)
        context: dict[str, Any] = {
            "name": self._name(campaign), "campaign": campaign,
            "sections": [
                {"href": f"{PATH}/{campaign}/form/{one.id}", "title": one.title} for one in _sections(campaign)
            ],
            "files": [{"href": f"{PATH}/{campaign}/files/{one.name}", "title": one.title, "name": one.name}
                      for one in files],
            "trained": [name for name in TRAINED if (self._root / "bots" / campaign / name).exists()],
            "versions": [version_view(one, in_force.get(one.path)) for one in kept if not one.is_pending],
            "pending": [version_view(one, None) for one in kept if one.is_pending],
            "saved": saved,
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_content_campaign.html", **context)

    def _form(
        self, request: Request, visitor: Visitor, section: Section, file: ContentFile, seen: ContentVersion,
        fields: Mapping[str, str] | None = None, wish: Wish | None = None, problems: Sequence[Problem] = (),
    ) -> Response:  # fmt: skip
        try:
            values = {**section.values(seen.text), **(fields or {})}
            view = section_view(section, file.campaign, seen.text, values, self._campaigns)
        except ContentError as error:
            text = f"El archivo {file.name} no se puede leer ({error}). Corríjalo en el editor de texto."
            return self._text(request, visitor, file, seen, seen.text, problems=[Problem("text", text)])
        context = {**view, **self._frame(visitor, file, seen, wish), "title": section.title, "values": values}
        context["action"] = f"{PATH}/{file.campaign}/form/{section.id}"
        context["section"] = section.id
        return self._pages.show(request, visitor, "admin_content_form.html", problems=problems, **context)

    def _text(
        self, request: Request, visitor: Visitor, file: ContentFile, seen: ContentVersion, text: str,
        wish: Wish | None = None, problems: Sequence[Problem] = (), overtaken: Overtaken | None = None,
    ) -> Response:  # fmt: skip
        context = {**self._frame(visitor, file, seen, wish), "title": file.title, "text": text}
        context["action"] = f"{PATH}/{file.campaign}/files/{file.name}"
        if overtaken:
            context["theirs"] = difference(overtaken.base, overtaken.current)
            context["mine"] = difference(overtaken.base, overtaken.mine)
            context["is_merged"] = overtaken.merged is not None
        response = self._pages.show(request, visitor, "admin_content_text.html", problems=problems, **context)
        if overtaken:
            response.status_code = 409
        return response

    def _frame(self, visitor: Visitor, file: ContentFile, seen: ContentVersion, wish: Wish | None) -> dict[str, Any]:
        pending = [one for one in self._changes.versions.pending() if one.path == file.path]
        return {
            "campaign": file.campaign, "campaign_name": self._name(file.campaign), "file": file,
            "base_sha256": seen.after_sha256, "may_edit": visitor.has(*EDIT_CONTENT), "wish": wish or Wish("", ""),
            "at_once": self._changes.place.approvals is Approvals.NONE,
            "pending": [version_view(one, None) for one in pending],
        }  # fmt: skip

    def _save_form(self, request: Request, submission: Submission, section: Section, file: ContentFile) -> Response:
        current = self._current(file)
        # The places of rows are those of the text that the person saw.
        seen = self._changes.versions.with_text(file.path, submission.text("base_sha256")) or current
        fields = {name: value for name, value in submission.form.items() if isinstance(value, str)}
        wish = self._wish(submission)
        again = (request, submission.visitor, section, file, seen, fields, wish)
        try:
            text = section.change(seen.text, fields)
        except FormWrong as wrong:
            return self._form(*again, [*wrong.problems, *wish.problems])
        except ContentError as error:
            return self._form(*again, [Problem("", f"El archivo no se puede leer: {error}")])
        if wish.problems:
            return self._form(*again, wish.problems)
        try:
            return self._propose(request, submission, file, seen.after_sha256, text, wish)
        except ContentRefused as refused:
            return self._form(*again, _problems(refused, file, lines_of(section, file, text, seen.text, fields)))

    def _save_text(self, request: Request, submission: Submission, file: ContentFile) -> Response:
        sent = submission.form.get("text", "")
        text = sent.replace("\r\n", "\n") if isinstance(sent, str) else ""
        text = f"{text}\n" if text and not text.endswith("\n") else text
        wish, current = self._wish(submission), self._current(file)
        problems = list(wish.problems)
        if len(text) > MOST_TEXT or (not text.strip() and not file.optional):
            problems.append(Problem("text", f"Escriba el contenido del archivo, de 1 a {MOST_TEXT} caracteres."))
        if not problems:
            try:
                base = submission.text("base_sha256")
                return self._propose(request, submission, file, base, text if text.strip() else "", wish)
            except ContentRefused as refused:
                problems = _problems(refused, file, {0: "text"})
        seen = self._changes.versions.with_text(file.path, submission.text("base_sha256")) or current
        return self._text(request, submission.visitor, file, seen, text, wish, problems)

    def _propose(
        self, request: Request, submission: Submission, file: ContentFile, base: str, text: str, wish: Wish
    ) -> Response:
        visitor, current = submission.visitor, self._current(file)
        needs = needed(self._changes.place.approvals, visitor, current.text, text)
        wanted = Proposal(file, base, text, wish.reason, wish.effective_at, needs)
        try:
            kept = self._changes.propose(who(request, visitor), wanted)
        except Overtaken as overtaken:
            merged = overtaken.merged if overtaken.merged is not None else overtaken.current
            return self._text(request, visitor, file, self._current(file), merged, wish, overtaken=overtaken)
        return RedirectResponse(f"{PATH}/versions/{kept.number}?saved=change", 303)

    def _wish(self, submission: Submission) -> Wish:
        reason, typed = submission.text("reason"), submission.text("effective")
        problems, moment = [], None
        if not 5 <= len(reason) <= 300:
            problems.append(Problem("reason", "Escriba el motivo del cambio, de 5 a 300 caracteres."))
        if typed:
            try:
                moment = datetime.fromisoformat(typed).replace(tzinfo=CENTRE)
            except ValueError:
                problems.append(Problem("effective", "Escriba fecha y hora, o deje vacío para que valga desde luego."))
        if moment and moment <= self._changes.now():
            problems.append(Problem("effective", "Esa hora ya pasó. Elija una posterior, o deje vacío."))
        return Wish(reason, typed, moment, tuple(problems))

    def _section(self, visitor: Visitor, campaign: str, section: str) -> tuple[Section, ContentFile]:
        self._files(visitor, campaign)
        chosen = next((one for one in _sections(campaign) if one.id == section), None)
        file = content_file(self._root, campaign, chosen.file) if chosen else None
        if chosen is None or file is None:
            raise HTTPException(404, "No hay ese formulario. Elíjalo en «Contenido».")
        return chosen, file

    def _files(self, visitor: Visitor, campaign: str) -> list[ContentFile]:
        files = content_files(self._root, campaign)
        if not files:
            raise HTTPException(404, "No hay una campaña con archivos y ese nombre. Elíjala en «Contenido».")
        check_campaign(visitor, campaign)
        return files

    def _file(self, visitor: Visitor, campaign: str, name: str) -> ContentFile:
        file = next((one for one in self._files(visitor, campaign) if one.name == name), None)
        if file is None and name in TRAINED:
            raise HTTPException(403, _TRAINED.format(name=name))
        if file is None:
            raise HTTPException(404, "No hay un archivo con ese nombre que se edite aquí. Elíjalo en «Contenido».")
        return file

    def _current(self, file: ContentFile) -> ContentVersion:
        try:
            return self._changes.current(file)
        except UnicodeDecodeError as error:
            raise HTTPException(503, f"{file.path} no está en UTF-8. Guárdelo como UTF-8.") from error
        except OSError as error:
            raise HTTPException(503, f"{file.path} no se puede leer ({error.strerror}). Avise.") from error

    def _name(self, campaign: str) -> str:
        found = self._campaigns.get(campaign) if campaign != SHARED else None
        return found.name if found else "Todas las campañas"


def who(request: Request, visitor: Visitor) -> Who:
    """The visitor as the audit log has people."""
    roles = ",".join(visitor.account.roles)
    return Who(visitor.account.username, roles, request.client.host if request.client else "")


def _sections(campaign: str) -> tuple[Section, ...]:
    return SHARED_SECTIONS if campaign == SHARED else OWN_SECTIONS


def _problems(refused: ContentRefused, file: ContentFile, field_of: Mapping[int, str]) -> list[Problem]:
    return finding_problems(refused.findings, file, field_of) or [Problem("", str(refused))]
