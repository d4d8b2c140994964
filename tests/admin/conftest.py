"""Accounts are hashed once, content is read once; each test has a ledger and folders of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from admin_room import PASSWORD, PEOPLE, QUICK, ROOT, Browser, LogIn, Room, build, token_of

from admin.accounts import AdminAccounts
from content.catalogue import Catalogue


@pytest.fixture(scope="session")
def accounts_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The accounts' file, hashed once: slow hashes are slow."""
    path = tmp_path_factory.mktemp("accounts") / "admin_accounts.yml"
    accounts = AdminAccounts(path, QUICK)
    for username, (name, roles, campaigns) in PEOPLE.items():
        accounts.add(username, name, PASSWORD, roles, campaigns)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture
def room(tmp_path: Path, accounts_text: str, catalogue: Catalogue) -> Iterator[Room]:
    room = build(tmp_path, accounts_text, catalogue)
    yield room
    room.engine.dispose()


@pytest.fixture
def log_in(room: Room) -> LogIn:
    def enter(username: str) -> Browser:
        client = room.client()
        token = token_of(client.get("/admin/login").text)
        form = {"username": username, "password": PASSWORD, "csrf_token": token}
        assert client.post("/admin/login", data=form).status_code == 303
        return Browser(client)

    return enter
