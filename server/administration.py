"""The administration pages over this installation's ledger, files and evaluation runs."""

from pathlib import Path

from fastapi import APIRouter
from sqlalchemy import Engine

from admin.accounts import AdminAccounts
from admin.content_changes import ContentChanges
from admin.evidence import Evidence
from admin.room import Folders, admin_routes
from content.catalogue import Catalogue
from ledger.agent_states import LedgerAgentLog
from ledger.audit_log import AuditLog
from ledger.board import LedgerBoard
from ledger.reviews import ReviewLedger
from ledger.vault import Vault
from server import pages
from server.clock import InstitutionClock
from server.recordings import open_recordings
from server.run_starter import CommandRunStarter
from server.settings import Settings


def administration(
    settings: Settings, catalogue: Catalogue, database: Engine, vault: Vault, clock: InstitutionClock,
    content: ContentChanges,
) -> APIRouter:  # fmt: skip
    """Every page below `/admin`."""
    folders = Folders(
        runs=_below(settings, settings.runs), statements=_below(settings, settings.statements),
        policy=_below(settings, settings.payment_policy),
    )  # fmt: skip
    starter = CommandRunStarter(
        settings.root.resolve(), folders.runs, _environment(settings), allowed=_talks_to_sandbox(settings)
    )
    evidence = Evidence(
        database, vault, AuditLog(database, vault), ReviewLedger(database, vault),
        open_recordings(_below(settings, settings.recordings), vault),
    )  # fmt: skip
    return admin_routes(
        pages.render, AdminAccounts(_below(settings, settings.admin_accounts)), catalogue, evidence, starter, clock,
        folders, content, LedgerBoard(database, LedgerAgentLog(database, clock), clock),
        is_secure=settings.environment == "productivo",
    )  # fmt: skip


def _below(settings: Settings, path: Path) -> Path:
    return settings.root.resolve() / path


def _talks_to_sandbox(settings: Settings) -> bool:
    return settings.environment == "sandbox" and bool(settings.control_token)


def _environment(settings: Settings) -> dict[str, str]:
    """What the command needs to find this very system."""
    return {
        "VENTANILLA_URL": f"http://127.0.0.1:{settings.port}",
        "VENTANILLA_SERVICES_URL": settings.services_url,
        "VENTANILLA_DATABASE_URL": settings.database_url,
        "VENTANILLA_CONTROL_TOKEN": settings.control_token or "",
    }
