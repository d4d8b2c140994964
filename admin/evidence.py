"""What the administration pages read and write about interactions: the ledger, its audit log, the recordings."""

from dataclasses import dataclass

from sqlalchemy import Engine

from ledger.audit_log import AuditLog
from ledger.reviews import ReviewLedger
from ledger.vault import Vault
from voice.recording_index import Recordings


@dataclass(frozen=True)
class Evidence:
    """One installation's evidence."""

    engine: Engine
    vault: Vault
    """Opens originals, for those who may."""
    log: AuditLog
    reviews: ReviewLedger
    recordings: Recordings
