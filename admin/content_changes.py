"""Changes of content: checked, kept as versions, approved, put into the file when due, taken back (channels.md §10).

The files of `bots/` and `knowledge/` stay the one source of truth, and what runs reads them by itself. Here every
change is first a version in the ledger and a line of the audit log, and only then a file. What somebody edits in a file
by hand is noticed and becomes a version too.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from admin.content_rules import Approvals
from content.editable import ContentFile, content_file, every_file
from content.findings import Finding
from content.merging import merge
from content.replacing import replace_text
from conversation.ports import Clock
from ledger.audit_log import AuditAction, AuditLog, NewAuditEntry, Result
from ledger.content_versions import (
    ContentVersion,
    ContentVersions,
    Decided,
    Decision,
    NewContentVersion,
    Origin,
    sha256_of,
)

ContentCheck = Callable[[Mapping[str, str]], Sequence[Finding]]
"""What would be wrong if files (path below the root -> text) said this: schema, lint and a dry run of the menus."""


@dataclass(frozen=True)
class Who:
    """Who does something, as the audit log has it."""

    name: str
    roles: str = ""
    ip: str = ""


SYSTEM = Who("sistema", "sistema")


@dataclass(frozen=True)
class ContentPlace:
    """Where content is, how it is checked and whose approval it takes."""

    root: Path
    check: ContentCheck
    approvals: Approvals


@dataclass(frozen=True)
class Proposal:
    """A change that somebody wants."""

    file: ContentFile
    base_sha256: str
    """Of the file as the person saw it."""
    text: str
    reason: str
    effective_at: datetime | None
    needs: tuple[str, ...]
    origin: Origin = Origin.PAGE


class ContentRefused(Exception):
    """A change cannot be made; `findings` say where and why. The text is in Spanish."""

    def __init__(self, text: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(text)
        self.findings = findings


class Overtaken(Exception):
    """The file changed since the person saw it: what the other did, what the person did, and both together."""

    def __init__(self, base: str, mine: str, current: str) -> None:
        super().__init__("the file changed in the meantime")
        self.base, self.mine, self.current = base, mine, current
        self.merged = merge(base, mine, current)
        """None: both changed the same lines."""


class ContentChanges:
    """The one way by which pages change content. Safe to call from several threads."""

    def __init__(self, place: ContentPlace, versions: ContentVersions, log: AuditLog, clock: Clock) -> None:
        self.place, self.versions = place, versions
        self._log, self._clock, self._lock = log, clock, threading.Lock()

    def now(self) -> datetime:
        """The moment by the installation's clock."""
        return self._clock()

    def current(self, file: ContentFile) -> ContentVersion:
        """The version that the file is now; what was edited by hand becomes one.

        Raises:
            OSError, UnicodeDecodeError: the file cannot be read.
        """
        with self._lock:
            return self._notice(file)

    def notice_all(self) -> None:
        """Look at every file for what was edited by hand.

        Raises:
            OSError, UnicodeDecodeError: a file cannot be read.
        """
        for file in every_file(self.place.root):
            self.current(file)

    def propose(self, who: Who, wanted: Proposal) -> ContentVersion:
        """Keep a change and publish it when nothing stands before it.

        Raises:
            Overtaken: the file is no longer what the person saw.
            ContentRefused: nothing changed, or the check found errors.
        """
        with self._lock:
            base = self._notice(wanted.file)
            if base.after_sha256 != wanted.base_sha256:
                seen = self.versions.with_text(wanted.file.path, wanted.base_sha256)
                raise Overtaken(seen.text if seen else base.text, wanted.text, base.text)
            if wanted.text == base.text:
                raise ContentRefused("No hay ningún cambio que guardar.")
            self._check(wanted.file, wanted.text)
            kept = self._keep(who, wanted, base)
            return self._apply_if_due(who, kept)

    def approve(self, who: Who, version: ContentVersion, party: str) -> ContentVersion:
        """Approve for a party; publishes when it was the last one missing and the moment has come.

        Raises:
            ContentRefused: the person made the change or approved it already, or it no longer waits.
        """
        with self._lock:
            version = self.versions.get_one(version.number)
            if who.name == version.author:
                raise ContentRefused("Nadie aprueba un cambio propio. Pídalo a otra persona.")
            if who.name in version.approvers or party not in version.missing or not version.is_pending:
                raise ContentRefused("Este cambio ya no espera su aprobación. Recargue la página.")
            self._note(who, AuditAction.APPROVED, version, f"por {party}")
            self.versions.decide(Decision(version.number, self._clock(), who.name, Decided.APPROVED, party))
            return self._apply_if_due(who, self.versions.get_one(version.number))

    def end(self, who: Who, version: ContentVersion, kind: Decided, reason: str) -> ContentVersion:
        """Refuse or withdraw what is not in force yet.

        Raises:
            ContentRefused: it is in force, or ended already.
        """
        with self._lock:
            if not self.versions.get_one(version.number).is_pending:
                raise ContentRefused("Este cambio ya se publicó o ya terminó. Recargue la página.")
            self._end(who, version, kind, reason)
            return self.versions.get_one(version.number)

    def without(self, version: ContentVersion) -> str:
        """What its file would say if this change had not been made, later changes kept.

        Raises:
            ContentRefused: it was the first version, or later changes touch the same lines.
        """
        file, before = self.file_of(version), self.base_of(version)
        if before is None or file is None:
            raise ContentRefused("Es la primera versión conocida del archivo: no hay nada anterior a qué volver.")
        text = merge(version.text, before.text, self.current(file).text)
        if text is None:
            raise ContentRefused(
                "Cambios posteriores tocan los mismos renglones. Retire antes los posteriores, o edite el archivo."
            )
        return text

    def base_of(self, version: ContentVersion) -> ContentVersion | None:
        """The version it was made from; None for the first of a file."""
        return self.versions.get(version.base) if version.base else None

    def file_of(self, version: ContentVersion) -> ContentFile | None:
        """The file of a version; None when this installation no longer has it."""
        return content_file(self.place.root, version.campaign, version.path.rsplit("/", 1)[-1])

    def apply_due(self) -> list[ContentVersion]:
        """Publish what is approved and whose moment has come; called by a job, and safe to call at any time."""
        with self._lock:
            return [self._apply_if_due(SYSTEM, one) for one in self.versions.pending() if self._is_due(one)]

    def _is_due(self, version: ContentVersion) -> bool:
        return not version.missing and (version.effective_at is None or version.effective_at <= self._clock())

    def _notice(self, file: ContentFile) -> ContentVersion:
        text, held = file.read(self.place.root), self.versions.in_force(file.path)
        if held and held.after_sha256 == sha256_of(text):
            return held
        started = [one for one in self.versions.pending() if one.path == file.path and self._is_due(one)]
        for one in started:  # the process ended between the file and its record
            if one.after_sha256 == sha256_of(text):
                self.versions.decide(Decision(one.number, self._clock(), SYSTEM.name, Decided.APPLIED))
                return self.versions.get_one(one.number)
        reason = "Se encontró cambiado en el archivo" if held else "Estado inicial del archivo"
        made = NewContentVersion(
            path=file.path, campaign=file.campaign, at=self._clock(), author="por archivo", origin=Origin.FILE,
            reason=reason, base=held.number if held else None, before_sha256=held.after_sha256 if held else "",
            text=text,
        )  # fmt: skip
        self._note(SYSTEM, AuditAction.CONTENT_NOTICED, made, reason)
        return self.versions.add(made, Decided.APPLIED)

    def _check(self, file: ContentFile, text: str) -> None:
        errors = [one for one in self.place.check({file.path: text}) if one.is_error]
        if errors:
            raise ContentRefused("El contenido tiene errores.", errors)

    def _keep(self, who: Who, wanted: Proposal, base: ContentVersion) -> ContentVersion:
        made = NewContentVersion(
            path=wanted.file.path, campaign=wanted.file.campaign, at=self._clock(), author=who.name,
            origin=wanted.origin, reason=wanted.reason, base=base.number, before_sha256=base.after_sha256,
            text=wanted.text, effective_at=wanted.effective_at, needs=wanted.needs,
        )  # fmt: skip
        self._note(who, AuditAction.CONTENT_PROPOSED, made, wanted.reason)
        return self.versions.add(made)

    def _apply_if_due(self, who: Who, version: ContentVersion) -> ContentVersion:
        file = self.file_of(version)
        if not self._is_due(version) or not version.is_pending:
            return version
        if file is None:
            self._end(who, version, Decided.CONFLICT, "El archivo ya no existe en esta instalación.")
            return self.versions.get_one(version.number)
        now = self._notice(file)
        if now.after_sha256 == version.before_sha256:
            return self._publish(who, file, version)
        return self._publish_merged(who, file, version, now)

    def _publish(self, who: Who, file: ContentFile, version: ContentVersion) -> ContentVersion:
        try:
            self._check(file, version.text)
        except ContentRefused as refused:
            self._end(who, version, Decided.CONFLICT, f"Ya no pasa la revisión: {refused.findings[0]}")
            return self.versions.get_one(version.number)
        self._note(who, AuditAction.CONTENT_PUBLISHED, version, version.reason)
        self._write(file, version.text)
        self.versions.decide(Decision(version.number, self._clock(), who.name, Decided.APPLIED))
        return self.versions.get_one(version.number)

    def _publish_merged(
        self, who: Who, file: ContentFile, version: ContentVersion, now: ContentVersion
    ) -> ContentVersion:
        """The file moved on. What others approved by its SHA-256 is not changed afterwards: it is to be sent again."""
        base = self.base_of(version)
        text = merge(base.text, version.text, now.text) if base and not version.needs else None
        if text is None or text == now.text:
            self._end(who, version, Decided.CONFLICT, f"El archivo cambió antes, en la versión {now.number}.")
            return self.versions.get_one(version.number)
        joined = self.versions.add(
            NewContentVersion(
                path=file.path,
                campaign=file.campaign,
                at=self._clock(),
                author=version.author,
                origin=version.origin,
                reason=f"{version.reason} (versión {version.number}, unida con la {now.number})",
                base=now.number,
                before_sha256=now.after_sha256,
                text=text,
            )  # fmt: skip
        )
        self._end(who, version, Decided.WITHDRAWN, f"Se unió con lo que cambió después: versión {joined.number}.")
        return self._publish(who, file, joined)

    def _write(self, file: ContentFile, text: str) -> None:
        path = self.place.root / file.path
        if not text and file.optional:
            path.unlink(missing_ok=True)
        else:
            replace_text(path, text, path.stat().st_mode & 0o777 if path.exists() else 0o644)

    def _end(self, who: Who, version: ContentVersion, kind: Decided, reason: str) -> None:
        result = Result.FAILED if kind is Decided.CONFLICT else Result.DONE
        self._note(who, AuditAction.CONTENT_ENDED, version, reason, result)
        self.versions.decide(Decision(version.number, self._clock(), who.name, kind, note=reason))

    def _note(
        self, who: Who, action: AuditAction, version: NewContentVersion, reason: str, result: Result = Result.DONE
    ) -> None:
        campaign = None if version.campaign == "shared" else version.campaign
        self._log.append(
            NewAuditEntry(
                at=self._clock(),
                actor=who.name,
                role=who.roles,
                ip=who.ip,
                action=action,
                object=version.path,
                campaign=campaign,
                reason=reason,
                before_sha256=version.before_sha256 or None,
                after_sha256=version.after_sha256,
                result=result,
            )  # fmt: skip
        )
