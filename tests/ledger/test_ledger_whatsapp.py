"""People, inbox and outbox of WhatsApp in the ledger's database."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from ledger.database import migrate, open_database
from ledger.vault import Vault
from ledger.whatsapp_inbox import Arrival, WhatsAppInbox
from ledger.whatsapp_outbox import SendState, Status, WhatsAppOutbox
from ledger.whatsapp_users import Address, WhatsAppUsers

NOW = datetime.fromisoformat("2026-10-15T10:00:00-06:00")
NUMBER, USER_ID = "5215500000001", "MX.13491208655302741918"


@pytest.fixture
def vault() -> Vault:
    return Vault(Fernet.generate_key().decode())


@pytest.fixture
def database(tmp_path: Path) -> Engine:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    return open_database(url)


@pytest.fixture
def users(database: Engine, vault: Vault) -> WhatsAppUsers:
    return WhatsAppUsers(database, vault)


def test_number_and_user_id_are_one_person(users: WhatsAppUsers) -> None:
    by_number = users.of(Address(number="525500000001"))
    assert users.of(Address(number=NUMBER)) == by_number, "with the old mobile 1 and without"
    assert users.of(Address(user_id=USER_ID, number=NUMBER)) == by_number
    assert users.of(Address(user_id=USER_ID)) == by_number, "once a user name hides the number"
    assert users.address(by_number) == Address(user_id=USER_ID, number=NUMBER)


def test_a_number_that_passes_to_somebody_else_is_another_person(users: WhatsAppUsers) -> None:
    before = users.of(Address(user_id=USER_ID, number=NUMBER))
    after = users.of(Address(user_id="MX.999", number=NUMBER))
    assert after != before and users.of(Address(number=NUMBER)) == after
    assert users.of(Address(user_id=USER_ID)) == before
    with pytest.raises(ValueError, match="without user id and number"):
        users.of(Address())


def test_neither_number_nor_user_id_can_be_read(users: WhatsAppUsers, tmp_path: Path) -> None:
    users.of(Address(user_id=USER_ID, number=NUMBER))
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert NUMBER.encode() not in written and USER_ID.encode() not in written


def test_the_inbox_takes_each_message_once_from_any_process(database: Engine, vault: Vault) -> None:
    one, other = WhatsAppInbox(database, vault), WhatsAppInbox(open_database(str(database.url)), vault)
    arrival = Arrival("wamid.1", Address(number=NUMBER), {"text": {"body": "hola"}})
    (user,) = one.keep([arrival, arrival], NOW)
    assert other.keep([arrival], NOW) == [] and other.people_waiting() == [user]
    received = other.next(user)
    assert received is not None and received.content == {"text": {"body": "hola"}} and received.at == NOW
    other.done(received)
    assert one.next(user) is None and one.keep([arrival], NOW) == []


@pytest.mark.parametrize(
    ("order", "stands"),
    [
        (("sent", "delivered", "read"), "read"), (("read", "delivered", "sent"), "read"),
        (("delivered", "sent"), "delivered"),
        (("failed", "sent"), "failed"), (("sent", "failed"), "failed"), (("failed", "delivered"), "delivered"),
    ],
)  # fmt: skip
def test_the_furthest_status_stands(
    users: WhatsAppUsers, database: Engine, vault: Vault, order: tuple[str, ...], stands: str
) -> None:
    outbox, user = WhatsAppOutbox(database, vault), users.of(Address(number=NUMBER))
    assert outbox.send_template(user, "una", {"name": "x"}) and not outbox.send_template(user, "una", {"name": "x"})
    outgoing = outbox.next(user)
    assert outgoing is not None
    outbox.claim(outgoing)
    for state in order:
        outbox.apply(Status("wamid.1", SendState(state), outgoing.id, 131026 if state == "failed" else None))
    outbox.accepted(outgoing, "wamid.1")  # Meta's own answer came last
    (row,) = outbox.rows()
    assert (row.state, row.message_id) == (stands, "wamid.1")


def test_a_late_failure_of_an_earlier_attempt_does_not_touch_the_next(
    users: WhatsAppUsers, database: Engine, vault: Vault
) -> None:
    outbox, user = WhatsAppOutbox(database, vault), users.of(Address(number=NUMBER))
    outbox.send_template(user, "una", {"name": "x"})
    outgoing = outbox.next(user)
    assert outgoing is not None
    outbox.claim(outgoing)
    outbox.accepted(outgoing, "wamid.2")
    assert outbox.apply(Status("wamid.1", SendState.FAILED, outgoing.id, 131026)) is None
    assert outbox.rows()[0].state == "sent"


def test_the_window_runs_from_the_last_message(users: WhatsAppUsers) -> None:
    user = users.of(Address(number=NUMBER))
    assert users.heard_at(user) is None
    users.heard(user, NOW)
    users.heard(user, NOW - timedelta(hours=1))  # worked on late, after a newer one
    assert users.heard_at(user) == NOW
