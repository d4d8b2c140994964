"""Any interaction of one's campaigns by its folio: read it masked, open originals with a reason, hear its recording.

Whoever may do what stands in `permissions` (security.md §8); every view, opening and listening is in the audit log
before anything is shown.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from admin.audit_trail import Trail
from admin.byte_ranges import ranged, wanted_range
from admin.evidence import Evidence
from admin.gate import Gate, Submission, Visitor
from admin.interaction import ReviewedInteraction, read_interaction
from admin.pages import CHANNELS, Pages, Problem, check_campaign, moment_words
from admin.permissions import DOWNLOAD, LISTEN, OPEN_INTERACTION, READ_AUDIT, SEE_INTERACTIONS, UNMASK
from admin.ports import CampaignDirectory
from conversation.message import Channel
from conversation.ports import Clock
from ledger.audit_log import AuditAction, Result
from ledger.schema import InteractionRow
from ledger.vault import VaultError
from voice.recording_cipher import SoundDamaged
from voice.recording_index import RecordingEntry, WavSound
from voice.recording_keys import KeyMissing

LEAST_REASON, MOST_REASON = 10, 300
"""Characters of a reason."""
ONE_LISTENING = timedelta(minutes=15)
"""Jumps within a recording belong to the listening that began it, for so long."""
MOST_LISTED = 50
WAV = "audio/wav"
_ADDRESS = "/interactions/{folio}"
_RECORDING = _ADDRESS + "/recordings/{number}"
_FOLIO = re.compile(r"VEN-[0-9]{8}-[0-9]{7}-[0-9]")


class InteractionPages:
    """Routes below `/admin/interactions`."""

    def __init__(
        self, pages: Pages, gate: Gate, trail: Trail, evidence: Evidence, campaigns: CampaignDirectory, clock: Clock
    ) -> None:
        self._pages, self._gate, self._trail, self._evidence = pages, gate, trail, evidence
        self._campaigns, self._clock = campaigns, clock

    def add_to(self, router: APIRouter) -> None:
        """Add the routes."""
        self._add_reading(router)
        self._add_listening(router)

    def _add_reading(self, router: APIRouter) -> None:
        may_see, may_find = self._gate.visitor(*SEE_INTERACTIONS), self._gate.submission(*SEE_INTERACTIONS)
        may_open, may_unmask = self._gate.visitor(*OPEN_INTERACTION), self._gate.submission(*UNMASK)

        @router.get("/interactions")
        def interactions(request: Request, visitor: Annotated[Visitor, Depends(may_see)]) -> Response:
            return self._list(request, visitor)

        @router.post("/interactions")
        def find(request: Request, submission: Annotated[Submission, Depends(may_find)]) -> Response:
            # A form, not an address: what is typed here by mistake may be somebody's NSS.
            folio = submission.text("folio").upper()
            if not _FOLIO.fullmatch(folio):
                text = "Escriba el folio completo, por ejemplo VEN-20261015-0000042-7."
                return self._list(request, submission.visitor, [Problem("folio", text)])
            return RedirectResponse(f"/admin/interactions/{folio}", 303)

        @router.get(_ADDRESS)
        def interaction(request: Request, folio: str, visitor: Annotated[Visitor, Depends(may_open)]) -> Response:
            found = self._open(visitor, folio)
            self._note(request, visitor, AuditAction.INTERACTION_SEEN, found)
            return self._show(request, visitor, found)

        @router.post(_ADDRESS + "/originals")
        def originals(
            request: Request, folio: str, submission: Annotated[Submission, Depends(may_unmask)]
        ) -> Response:  # fmt: skip
            return self._unmask(request, submission, self._open(submission.visitor, folio))

    def _add_listening(self, router: APIRouter) -> None:
        may_listen, may_download = self._gate.visitor(*LISTEN), self._gate.visitor(*DOWNLOAD)

        @router.get(_RECORDING)
        def recording(
            request: Request, folio: str, number: int, visitor: Annotated[Visitor, Depends(may_listen)]
        ) -> Response:
            found = self._open(visitor, folio)
            entry, wav = self._sound(request, visitor, found, number, AuditAction.RECORDING_HEARD)
            part = _part_of(request, wav)
            if part is None or part[0] == 0 or not self._is_listening(visitor, entry):
                self._note(request, visitor, AuditAction.RECORDING_HEARD, found, entry)
            return ranged(wav.read(*(part or (0, None))), wav.length, part, WAV)

        @router.get(_RECORDING + "/file")
        def download(
            request: Request, folio: str, number: int, visitor: Annotated[Visitor, Depends(may_download)]
        ) -> Response:
            found = self._open(visitor, folio)
            entry, wav = self._sound(request, visitor, found, number, AuditAction.RECORDING_DOWNLOADED)
            self._note(request, visitor, AuditAction.RECORDING_DOWNLOADED, found, entry)
            answer = ranged(wav.read(), wav.length, None, WAV)
            answer.headers["Content-Disposition"] = f'attachment; filename="{found.folio}-{number}.wav"'
            return answer

    def recordings_of(self, visitor: Visitor, folio: str) -> dict[str, Any]:
        """What a page shows of the recordings of an interaction that the visitor may open."""
        kept = self._evidence.recordings.of(folio)
        return {
            "may_listen": visitor.has(*LISTEN), "may_download": visitor.has(*DOWNLOAD),
            "kept": [
                {
                    "href": f"/admin/interactions/{folio}/recordings/{number}", "is_whole": one.whole,
                    "length": f"{int(one.seconds) // 60} min {int(one.seconds) % 60} s",
                }
                for number, one in enumerate(kept, start=1)
            ],
        }  # fmt: skip

    def _open(self, visitor: Visitor, folio: str) -> ReviewedInteraction:
        """The interaction, if the visitor may see it: of an own campaign, and for a mere reviewer of a sample.

        Raises:
            HTTPException: 403 or 404.
        """
        found = read_interaction(self._evidence.engine, folio) if _FOLIO.fullmatch(folio) else None
        if found is None:
            raise HTTPException(404, "No hay una interacción con ese folio. Revise que esté completo.")
        check_campaign(visitor, found.campaign)
        samples = self._evidence.reviews.samples(campaign=found.campaign)
        if not visitor.has(*SEE_INTERACTIONS) and not any(folio in sample.folios for sample in samples):
            raise HTTPException(403, "Ese folio no está en una muestra: los evaluadores abren solo las muestras.")
        return found

    def _sound(
        self, request: Request, visitor: Visitor, found: ReviewedInteraction, number: int, action: AuditAction
    ) -> tuple[RecordingEntry, WavSound]:
        """The recording with this number, from 1. Raises HTTPException when there is none that can be heard."""
        kept = self._evidence.recordings.of(found.folio)
        if not 1 <= number <= len(kept):
            raise HTTPException(404, "No hay grabación de esta interacción.")
        entry = kept[number - 1]
        try:
            return entry, self._evidence.recordings.wav(entry)
        except (SoundDamaged, KeyMissing, OSError) as error:
            self._note(request, visitor, action, found, entry, result=Result.FAILED)
            raise HTTPException(
                503, "La grabación no se puede abrir: cambió, está incompleta o su llave ya no existe. Avise al área "
                "técnica."
            ) from error  # fmt: skip

    def _is_listening(self, visitor: Visitor, entry: RecordingEntry) -> bool:
        lines = self._evidence.log.entries(
            folio=entry.folio, action=AuditAction.RECORDING_HEARD, actor=visitor.account.username,
            since=self._clock() - ONE_LISTENING,
        )  # fmt: skip
        return any(line.object == entry.file and line.result == Result.DONE for line in lines)

    def _unmask(self, request: Request, submission: Submission, found: ReviewedInteraction) -> Response:
        visitor, reason = submission.visitor, submission.text("reason")
        if not LEAST_REASON <= len(reason) <= MOST_REASON:
            text = f"Escriba para qué los necesita, de {LEAST_REASON} a {MOST_REASON} caracteres."
            return self._show(request, visitor, found, [Problem("reason", text)], reason)
        self._note(request, visitor, AuditAction.UNMASKED, found, reason=reason)
        try:
            clear = read_interaction(self._evidence.engine, found.folio, self._evidence.vault)
        except VaultError as error:
            raise HTTPException(503, "Un dato no se puede descifrar. Avise al área técnica.") from error
        return self._show(request, visitor, clear or found, clear=True)

    def _note(
        self, request: Request, visitor: Visitor, action: AuditAction, found: ReviewedInteraction,
        entry: RecordingEntry | None = None, *, reason: str | None = None, result: Result = Result.DONE,
    ) -> None:  # fmt: skip
        self._trail.note(
            request, visitor.account, action, object_=entry.file if entry else "", campaign=found.campaign,
            folio=found.folio, reason=reason, after=entry.sha256 if entry else None, result=result,
        )  # fmt: skip

    def _list(self, request: Request, visitor: Visitor, problems: Sequence[Problem] = ()) -> Response:
        campaign = InteractionRow.snapshot["bot_campaign"].as_string()
        own = true() if visitor.account.may_see("*") else campaign.in_(visitor.account.campaigns)
        query = select(InteractionRow).where(own).order_by(InteractionRow.opened_at.desc()).limit(MOST_LISTED)
        with Session(self._evidence.engine) as session:
            rows = [self._row(row) for row in session.scalars(query)]
        return self._pages.show(
            request, visitor, "admin_interactions.html", problems=problems, rows=rows, most=MOST_LISTED
        )

    def _row(self, row: InteractionRow) -> dict[str, str]:
        campaign_id = row.snapshot["bot_campaign"]
        campaign = self._campaigns.get(campaign_id)
        return {
            "folio": row.folio, "campaign": campaign.name if campaign else campaign_id,
            "channel": CHANNELS.get(Channel(row.snapshot["channel"]), row.snapshot["channel"]),
            "at": moment_words(row.opened_at),
        }  # fmt: skip

    def _show(
        self, request: Request, visitor: Visitor, found: ReviewedInteraction, problems: Sequence[Problem] = (),
        reason: str = "", *, clear: bool = False,
    ) -> Response:  # fmt: skip
        context: dict[str, Any] = {
            "interaction": found, "recordings": self.recordings_of(visitor, found.folio), "clear": clear,
            "may_unmask": visitor.has(*UNMASK), "reason": reason, "may_list": visitor.has(*SEE_INTERACTIONS),
            "may_audit": visitor.has(*READ_AUDIT), "erased": found.erased_at and moment_words(found.erased_at),
        }  # fmt: skip
        return self._pages.show(request, visitor, "admin_interaction.html", problems=problems, **context)


def _part_of(request: Request, wav: WavSound) -> tuple[int, int] | None:
    try:
        return wanted_range(request.headers.get("range"), wav.length)
    except HTTPException:
        wav.close()
        raise
