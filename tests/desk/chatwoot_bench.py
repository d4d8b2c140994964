"""The application and a stand-in of Chatwoot, each on a socket of its own; a citizen and what is asked of them."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from attended_desk import KEY, PASSWORD, ROOT, THURSDAY, csrf_of
from chatwoot_stand_in import ACCOUNT, BOT_TOKEN, INBOX, PERSON_TOKEN, SECRET, ChatwootStandIn, Talk
from live_application import served, until

from conversation.conversation import Conversation
from conversation.message import Reply
from conversation.ports import Answered, NotAnswered, Turn
from desk import accounts, chatwoot_handing, passwords
from ledger import inbox_work
from ledger.chatwoot_inbox import ChatwootInbox
from ledger.database import open_database
from ledger.record import LedgerRecord
from ledger.schema import EventRow
from ledger.vault import Vault
from ledger.verification import verify
from server import application
from server.settings import Settings

DESK_AGENT = "alejandra"


class Engine:
    """Answers what the test wrote, in order; without more, it does not answer, and a person is called."""

    def __init__(self) -> None:
        self.script: deque[Answered] = deque()

    async def ask(self, turn: Turn) -> Answered | NotAnswered:
        return self.script.popleft() if self.script else NotAnswered(reason="engine_unreachable")

    def says(self, text: str, **more: Any) -> None:
        self.script.append(Answered.model_validate({"replies": (Reply(text=text),), **more}))

    async def close(self) -> None:
        """Nothing to close."""


def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits in tenths of a second."""
    monkeypatch.setattr(chatwoot_handing, "FIRST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(chatwoot_handing, "SLOWEST_SECONDS", 0.2)
    monkeypatch.setattr(inbox_work, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(inbox_work, "SWEEP_SECONDS", 0.2)


def settings(folder: Path, url: str, **more: Any) -> Settings:
    given = {
        "chatwoot_url": url, "chatwoot_account": ACCOUNT, "chatwoot_inbox": INBOX, "chatwoot_token": PERSON_TOKEN,
        "chatwoot_webhook_secret": SECRET, "clock_start": THURSDAY, **more,
    }  # fmt: skip
    return Settings(
        root=ROOT, database_url=f"sqlite:///{folder / 'ledger.db'}", engine_url="http://127.0.0.1:9", ledger_key=KEY,
        session_secret="x" * 40, control_token="reloj", desk_agents=folder / "desk_agents.yml", **given,
    )  # fmt: skip


class Citizen:
    """Somebody in the web chat, over HTTP."""

    def __init__(self, web: str) -> None:
        opened = httpx.post(f"{web}/api/v1/campaigns/derechohabiente/conversations", json={}).json()
        self.id, self.folio = opened["conversation_id"], opened["folio"]
        self._url = f"{web}/api/v1/conversations/{self.id}/messages"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}

    def says(self, text: str) -> None:
        self._sends({"text": text})

    def chooses(self, choice: str) -> None:
        self._sends({"choice": choice})

    def _sends(self, body: dict[str, str]) -> None:
        answer = httpx.post(self._url, json=body, headers=self._headers)
        assert answer.status_code == 200, answer.text


class Bench:
    """Both sides."""

    def __init__(self, web: str, chatwoot: ChatwootStandIn, folder: Path, engine: Engine) -> None:
        self.web, self.chatwoot, self.engine = web, chatwoot, engine
        self._database, self._vault = open_database(f"sqlite:///{folder / 'ledger.db'}"), Vault(KEY)
        self.record = LedgerRecord(self._database, self._vault)

    def waiting(self, *texts: str) -> Citizen:
        """A citizen who waits: the engine does not answer, so the first message leads to a person."""
        citizen = Citizen(self.web)
        for text in texts or ("quiero mi vigencia",):
            citizen.says(text)
        return citizen

    def takes_at_the_desk(self, citizen: Citizen) -> None:
        """Somebody at the embedded desk takes it from the list."""
        with httpx.Client(base_url=self.web, follow_redirects=True) as client:
            form = {"username": DESK_AGENT, "password": PASSWORD, "csrf_token": csrf_of(client.get("/desk").text)}
            token = csrf_of(client.post("/desk/login", data=form).text)
            path = f"/desk/api/conversations/{citizen.id}/take"
            taken = client.post(path, headers={"X-CSRF-Token": token})
            assert taken.status_code == 200, taken.text

    def talk(self, citizen: Citizen) -> Talk:
        """The citizen's conversation in Chatwoot, once it is open for its people."""
        return until(lambda: next((one for one in self.chatwoot.talks.values() if _is_open(one, citizen)), None))

    def conversation(self, conversation_id: str) -> Conversation:
        found = self.record.load(conversation_id)
        assert found is not None
        return found

    def reaches(self, conversation_id: str, state: str) -> Conversation:
        until(lambda: self.conversation(conversation_id).state == state)
        return self.conversation(conversation_id)

    def transcript(self, conversation_id: str) -> list[str]:
        return [f"{one.sender}: {one.text}" for one in self.record.messages(conversation_id)]

    def hears(self, conversation_id: str, words: str) -> None:
        until(lambda: any(words in line for line in self.transcript(conversation_id)))

    def events(self, conversation_id: str, kind: str) -> list[EventRow]:
        return [one for one in self.record.events(conversation_id) if one.kind == kind]

    def begun_in(self, talk: Talk) -> str:
        """The last of our conversations that was begun by a message in Chatwoot."""

        def found() -> str | None:
            with self._database.connect() as connection:
                return connection.exec_driver_sql(
                    "select conversation_id from chatwoot_links where chatwoot_id = ? order by begun_at desc",
                    (talk.id,),
                ).scalar()

        return str(until(found))

    def record_is_sound(self) -> bool:
        return verify(self._database, self._vault).is_sound


def left_behind(folder: Path, event: dict[str, Any], key: str) -> None:
    """An event that was acknowledged by a process which was killed before it worked on it."""
    inbox = ChatwootInbox(open_database(f"sqlite:///{folder / 'ledger.db'}"), Vault(KEY))
    assert inbox.keep(key, event["conversation"]["id"], event, timedelta())


def _is_open(talk: Talk, citizen: Citizen) -> bool:
    return talk.about.get("folio") == citizen.folio and talk.status == "open"


@contextmanager
def bench(folder: Path, monkeypatch: pytest.MonkeyPatch, chatwoot: ChatwootStandIn, **more: Any) -> Iterator[Bench]:
    """The application over a stand-in that runs already; again over the same folder, it is a restart."""
    engine = Engine()
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: quick)  # passwords of tests need no protection
    accounts.Accounts(folder / "desk_agents.yml").add(DESK_AGENT, "Alejandra Ríos", PASSWORD)
    monkeypatch.setattr(application, "RasaEngine", lambda url: engine)
    with served(application.create_app(settings(folder, chatwoot.url, **more))) as web:
        chatwoot.webhook = f"{web}/chatwoot/webhook"
        yield Bench(web, chatwoot, folder, engine)


FRONT = {"chatwoot_campaign": "derechohabiente", "chatwoot_token": BOT_TOKEN}
