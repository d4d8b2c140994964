"""The administration pages by themselves: real routes, templates, accounts and ledger; no engine."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from synthetic_months import AFTERWARDS

from admin.accounts import AdminAccounts, Role
from admin.content_changes import ContentChanges, ContentPlace
from admin.content_rules import Approvals
from admin.evidence import Evidence
from admin.ports import RunOptions, RunProgress, RunRefused, RunState
from admin.room import Folders, admin_routes
from content.catalogue import Catalogue
from ledger.agent_states import LedgerAgentLog
from ledger.audit_log import AuditLog
from ledger.board import LedgerBoard
from ledger.content_versions import ContentVersions
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.reviews import ReviewLedger
from ledger.vault import Vault
from server.content_check import check_change
from voice.recording_index import Recordings
from voice.recording_keys import RecordingKeys
from web import STATIC, TEMPLATES

ROOT = Path(__file__).resolve().parents[2]
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Passwords of tests need no protection."""
PASSWORD = "una-clave-larga-de-prueba"
OWN = ("derechohabiente",)
PEOPLE = {
    "eva": ("Eva Luna", (Role.REVIEWER,), OWN),
    "elias": ("Elías Mora", (Role.REVIEWER,), OWN),
    "enzo": ("Enzo Paz", (Role.REVIEWER,), ("cita_medica",)),
    "carla": ("Carla Ruiz", (Role.CAMPAIGN_ADMINISTRATOR,), OWN),
    "tomas": ("Tomás Vega", (Role.TECHNICAL_AREA,), ("*",)),
    "irene": ("Irene Solís", (Role.INSTITUTION_APPROVER,), ("*",)),
    "pablo": ("Pablo Rey", (Role.PROVIDER_APPROVER,), ("*",)),
    "sara": ("Sara Gil", (Role.SUPERVISOR,), OWN),
    "oscar": ("Óscar Paz", (Role.PROVIDER_OPERATIONS,), ("*",)),
    "cuca": ("Refugio Soto", (Role.CUSTODIAN,), ("*",)),
    "aura": ("Aura León", (Role.AUDITOR,), ("*",)),
    "ciro": ("Ciro Mar", (Role.CAMPAIGN_ADMINISTRATOR,), ("cita_medica",)),
}
POLICY = "# La política de prueba.\nuser_hangup: 0\napprovals: []\n"


@dataclass
class RunsInMemory:
    """Runs that go on only when a test says so."""

    runs: dict[str, RunProgress] = field(default_factory=dict)
    started: list[RunOptions] = field(default_factory=list)

    def campaigns(self) -> Sequence[str]:
        return ["cita_medica", "derechohabiente"]

    def start(self, options: RunOptions) -> str:
        if any(one.state is RunState.RUNNING for one in self.runs.values()):
            raise RunRefused("Ya hay una evaluación en curso. Espere a que termine.")
        self.started.append(options)
        run_id = f"run-{len(self.started)}"
        self.runs[run_id] = RunProgress(run_id=run_id, state=RunState.RUNNING, done=0, planned=12)
        return run_id

    def progress(self, run_id: str) -> RunProgress | None:
        return self.runs.get(run_id)

    def list(self) -> Sequence[RunProgress]:
        return [*self.runs.values()][::-1]


@dataclass
class Room:
    """The application under test and what stands behind it."""

    app: FastAPI
    router: APIRouter
    accounts: AdminAccounts
    engine: Engine
    record: LedgerRecord
    ledger: ReviewLedger
    log: AuditLog
    recordings: Recordings
    runs: RunsInMemory
    folders: Folders
    now: list[datetime]
    content: ContentChanges
    agents: LedgerAgentLog

    def client(self) -> TestClient:
        """A browser without a session."""
        return TestClient(self.app, base_url="https://testserver", follow_redirects=False)


LogIn = Callable[[str], "Browser"]


class Browser:
    """Somebody who logged in, with the CSRF token of the pages."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.csrf = token_of(client.get("/admin").text)

    def get(self, path: str, **options):
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None):
        return self.client.post(path, data={"csrf_token": self.csrf, **(data or {})})


def token_of(page: str) -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def build(
    folder: Path, accounts_text: str, catalogue: Catalogue, *, is_secure: bool = True, site: Path = ROOT,
    approvals: Approvals = Approvals.NONE,
) -> Room:  # fmt: skip
    """The pages over a ledger and folders of their own; `site` holds the content that they change."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    engine, vault = open_database(url), Vault(Fernet.generate_key().decode())
    (folder / "admin_accounts.yml").write_text(accounts_text, encoding="utf-8")
    folders = Folders(folder / "runs", folder / "statements", folder / "policy.yml")
    recordings = Recordings(folder / "recordings", RecordingKeys(folder / "keys", bytes(32)))
    folders.policy.write_text(POLICY, encoding="utf-8")
    accounts, ledger, runs = (
        AdminAccounts(folder / "admin_accounts.yml", QUICK),
        ReviewLedger(engine, vault),
        RunsInMemory(),
    )
    evidence = Evidence(engine, vault, AuditLog(engine, vault), ledger, recordings)
    now = [AFTERWARDS]
    place = ContentPlace(site, partial(check_change, site), approvals)
    content = ContentChanges(place, ContentVersions(engine), evidence.log, lambda: now[0])
    agents = LedgerAgentLog(engine, lambda: now[0])
    board = LedgerBoard(engine, agents, lambda: now[0])
    templates = Jinja2Templates(directory=TEMPLATES)
    app = FastAPI()
    app.mount("/static", StaticFiles(directory=STATIC))
    router = admin_routes(
        templates.TemplateResponse, accounts, catalogue, evidence, runs, lambda: now[0], folders, content,
        board, is_secure=is_secure,
    )  # fmt: skip
    app.include_router(router)
    return Room(
        app, router, accounts, engine, LedgerRecord(engine, vault), ledger, evidence.log, recordings, runs, folders,
        now, content, agents,
    )  # fmt: skip
