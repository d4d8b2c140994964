"""The administration room: every page over its ports, as one router."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter

from admin.accounts import AdminAccounts
from admin.audit_pages import AuditPages
from admin.audit_trail import Trail
from admin.board_pages import BoardPages
from admin.content_changes import ContentChanges
from admin.content_pages import ContentPages
from admin.content_version_pages import ContentVersionPages
from admin.entrance import PATH, Entrance
from admin.evidence import Evidence
from admin.gate import Gate, Render, admin_route
from admin.interaction_pages import InteractionPages
from admin.pages import Pages
from admin.policy_pages import PolicyPages
from admin.ports import Board, CampaignDirectory, RunStarter
from admin.quality_pages import QualityPages
from admin.review_pages import ReviewPages
from admin.run_pages import RunPages
from admin.sample_pages import SamplePages
from admin.sessions import Sessions
from admin.statement_pages import StatementPages
from admin.tasks import Tasks
from conversation.ports import Clock


@dataclass(frozen=True)
class Folders:
    """Where files are kept."""

    runs: Path
    """One folder per evaluation run, named by its id."""
    statements: Path
    """Kept versions of statements."""
    policy: Path
    """The payment policy, one YAML file."""


def admin_routes(
    render: Render, accounts: AdminAccounts, campaigns: CampaignDirectory, evidence: Evidence, runs: RunStarter,
    clock: Clock, folders: Folders, content: ContentChanges, board: Board, *, is_secure: bool,
) -> APIRouter:  # fmt: skip
    """Pages below `/admin`; `is_secure` marks their cookies for HTTPS only."""
    sessions = Sessions()
    gate, pages, trail = Gate(accounts, sessions), Pages(render), Trail(evidence.log, clock)
    ledger, engine = evidence.reviews, evidence.engine
    policy = PolicyPages(pages, gate, trail, accounts, clock, folders.policy)
    interactions = InteractionPages(pages, gate, trail, evidence, campaigns, clock)
    versions = ContentVersionPages(pages, gate, accounts, content)
    tasks = Tasks(ledger, engine, campaigns, runs, (policy.tasks, versions.tasks))
    router = APIRouter(prefix=PATH, include_in_schema=False, route_class=admin_route(render))
    Entrance(render, pages, gate, accounts, sessions, trail, tasks, is_secure).add_to(router)
    SamplePages(pages, gate, trail, ledger, engine, campaigns, clock).add_to(router)
    ReviewPages(pages, gate, trail, evidence, campaigns, clock, interactions.recordings_of).add_to(router)
    interactions.add_to(router)
    QualityPages(pages, gate, ledger, engine, campaigns).add_to(router)
    RunPages(pages, gate, runs, campaigns, folders.runs).add_to(router)
    StatementPages(pages, gate, trail, campaigns, folders.statements).add_to(router)
    policy.add_to(router)
    ContentPages(pages, gate, content, campaigns).add_to(router)
    versions.add_to(router)
    BoardPages(render, pages, gate, board, campaigns).add_to(router)
    AuditPages(pages, gate, evidence.log, campaigns).add_to(router)
    return router
