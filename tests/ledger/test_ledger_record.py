"""The ledger: its shape, what it keeps secret, what it refuses, and that events are only added."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from ledger_book import interaction_of
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, StatementError

from conversation.campaign import Campaign
from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.handoff import Handoff, HandoffReason
from conversation.message import Channel, Choice, Sender
from conversation.ports import NewEvent
from ledger.audit import audit
from ledger.database import migrate, open_database
from ledger.record import LedgerRecord
from ledger.services import AppointmentState, ServiceLedger
from ledger.tables import METADATA
from ledger.vault import Vault, VaultError

NOW = datetime(2026, 10, 15, 9, 0, tzinfo=ZoneInfo("America/Mexico_City"))
NSS, CURP = "00058500018", "EAML850312MDFNSC09"


def message(text: str, sender: Sender = Sender.USER, **more: object) -> NewEvent:
    """A message as the conversation writes it."""
    data = {"sender": sender, "text": text, **more.pop("data", {})}  # type: ignore[dict-item]
    return NewEvent.model_validate({"kind": EventKind.MESSAGE, "data": data, **more})


@pytest.fixture
def conversation(record: LedgerRecord, campaign: Campaign) -> Conversation:
    return record.open(campaign, Channel.WEBCHAT, "203.0.113.7", NOW, "hash")


def test_migrations_lead_exactly_to_the_schema(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(url: str, record: LedgerRecord, conversation: Conversation) -> None:
    migrate(url)
    assert record.load(conversation.id) == conversation


def test_a_new_folder_is_made_for_the_database(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'var' / 'deep' / 'ledger.db'}")
    assert (tmp_path / "var" / "deep" / "ledger.db").exists()


def test_a_conversation_comes_back_as_it_was_written(record: LedgerRecord, conversation: Conversation) -> None:
    conversation.facts = {"nss": NSS, "patient": {"vigente": True}, "work": {"offers": 1}}
    conversation.state, conversation.topics, conversation.path = State.QUEUED, ["vigencia_derechos"], ["menu:7"]
    conversation.offered = (Choice(id="offer:accept", title="Aceptar", key="1"),)
    conversation.handoff = Handoff(reason=HandoffReason.USER_REQUEST, note="Prefiere: jueves", since=NOW)
    record.write(conversation, [], NOW)
    assert record.load(conversation.id) == conversation


def test_what_is_unknown_is_none(record: LedgerRecord, conversation: Conversation, database: Engine) -> None:
    assert record.load("otra") is None and record.token_hash("otra") is None and audit(database, "otra") is None
    assert record.find_source(conversation.id, "c1") is None
    assert record.token_hash(conversation.id) == "hash"
    with pytest.raises(LookupError):
        record.write(conversation.model_copy(update={"id": "otra"}), [], NOW)


def test_no_personal_datum_can_be_read_in_the_files(
    record: LedgerRecord, conversation: Conversation, tmp_path: Path, database: Engine
) -> None:
    conversation.facts = {"nss": NSS, "curp": CURP, "fecha_nacimiento": "1985-03-12"}
    said = f"mi nss es {NSS} y mi curp {CURP}"
    record.write(conversation, [message("mi nss es *******0018 y mi curp ****************09", secret=said)], NOW)
    database.dispose()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert conversation.folio.encode() in written and b"*******0018" in written, "the right files were read"
    for datum in (NSS, CURP, "1985-03-12"):
        assert datum.encode() not in written


def test_the_original_can_be_opened_with_the_key(database: Engine, campaign: Campaign) -> None:
    vault = Vault(Fernet.generate_key().decode())
    record = LedgerRecord(database, vault)
    conversation = record.open(campaign, Channel.WEBCHAT, "", NOW, "hash")
    record.write(conversation, [message("*******0018", secret=NSS), message("hola")], NOW)
    masked, plain = record.events(conversation.id, EventKind.MESSAGE)
    assert vault.open(masked.secret or b"") == NSS and plain.secret is None


def test_another_key_opens_nothing(url: str, database: Engine, campaign: Campaign) -> None:
    one, other = (LedgerRecord(open_database(url), Vault(Fernet.generate_key().decode())) for _ in range(2))
    conversation = one.open(campaign, Channel.WEBCHAT, "", NOW, "hash")
    with pytest.raises(VaultError, match="another key"):
        other.load(conversation.id)


def test_changed_ciphertext_is_refused() -> None:
    vault = Vault(Fernet.generate_key().decode())
    locked = bytearray(vault.lock({"nss": NSS}))
    locked[30] ^= 1
    with pytest.raises(VaultError):
        vault.open(bytes(locked))


@pytest.mark.parametrize("key", ["", "clave", "a" * 44, "ñ" * 32])
def test_a_malformed_key_says_what_to_do(key: str) -> None:
    with pytest.raises(VaultError, match="VENTANILLA_LEDGER_KEY"):
        Vault(key)


def test_moments_without_zone_are_refused(
    record: LedgerRecord, campaign: Campaign, conversation: Conversation, database: Engine
) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises((ValueError, StatementError), match="time zone"):
        record.open(campaign, Channel.WEBCHAT, "", naive, "hash")
    with pytest.raises((ValueError, StatementError), match="time zone"):
        record.write(conversation, [message("hola")], naive)
    with pytest.raises((ValueError, StatementError), match="time zone"):
        ServiceLedger(database).lookup(interaction_of(conversation), naive, {})
    assert record.messages(conversation.id) == [], "nothing of it was written"


def test_moments_are_compared_across_zones(record: LedgerRecord, conversation: Conversation) -> None:
    assert record.idle_since(NOW.astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(seconds=1)) == [conversation]
    assert record.idle_since(NOW.astimezone(ZoneInfo("UTC"))) == []


def test_messages_are_told_in_order_and_after_a_point(record: LedgerRecord, conversation: Conversation) -> None:
    first, second = record.write(
        conversation,
        [message("hola", source_id="c1"), NewEvent(kind=EventKind.TOPIC), message("buenas", Sender.BOT)],
        NOW,
    )
    assert int(first.id) < int(second.id)
    assert record.messages(conversation.id) == [first, second]
    assert record.messages(conversation.id, first.id) == [second]
    assert record.messages(conversation.id, second.id) == []
    assert record.find_source(conversation.id, "c1") == first
    assert [event.kind for event in record.events(conversation.id)] == ["message", "topic_served", "message"]


def test_answers_are_found_by_what_they_answer(record: LedgerRecord, conversation: Conversation) -> None:
    [question] = record.write(conversation, [message("hola")], NOW)
    answer = message("buenas", Sender.BOT, data={"in_reply_to": question.id})
    [written] = record.write(conversation, [answer], NOW)
    record.write(conversation, [message("otra cosa", Sender.BOT)], NOW)
    assert record.replies_to(conversation.id, question.id) == [written]


def test_a_source_is_recorded_once_or_nothing_is(record: LedgerRecord, conversation: Conversation) -> None:
    record.write(conversation, [message("hola", source_id="c1")], NOW)
    conversation.topic = "vigencia_derechos"
    with pytest.raises(IntegrityError):
        record.write(conversation, [message("otra"), message("hola", source_id="c1")], NOW)
    assert [one.text for one in record.messages(conversation.id)] == ["hola"], "all or nothing"
    loaded = record.load(conversation.id)
    assert loaded is not None and loaded.topic is None


def test_lookups_and_appointments_are_audited(
    record: LedgerRecord, conversation: Conversation, database: Engine
) -> None:
    ledger, interaction = ServiceLedger(database), interaction_of(conversation)
    ledger.lookup(interaction, NOW, {"service": "cita_medica", "result": "ok"})
    folio = ledger.next_appointment_folio(NOW.date())
    for state in (AppointmentState.REQUESTED, AppointmentState.IN_DOUBT, AppointmentState.BOOKED):
        ledger.appointment(interaction, NOW, folio, state, cita_id="c-1", request_id="r-1")
    record.write(conversation, [message("hola")], NOW)
    found = audit(database, conversation.id)
    assert found is not None and found.conversation.facts == {}
    assert found.kinds == ("lookup", "message") and found.texts == ("hola",)
    assert found.lookups == ({"service": "cita_medica", "result": "ok"},)
    assert found.appointment_states == ("SOLICITADA", "EN_DUDA", "AGENDADA")
    events = ledger.appointment_events(conversation.folio)
    assert {(event.folio_cita, event.agent_kind, event.request_id) for event in events} == {(folio, "no_humano", "r-1")}


def test_a_lookup_needs_its_interaction(database: Engine, conversation: Conversation) -> None:
    stray = interaction_of(conversation).model_copy(update={"conversation_id": "otra"})
    with pytest.raises(LookupError):
        ServiceLedger(database).lookup(stray, NOW, {})
    with pytest.raises(LookupError):
        ServiceLedger(database).appointment(stray, NOW, "CMT-261015-00001-7", AppointmentState.REQUESTED)


def test_who_has_what(record: LedgerRecord, campaign: Campaign) -> None:
    def one(state: State, agent: str | None = None, since: int = 0, priority: bool = False) -> str:
        conversation = record.open(campaign, Channel.WEBCHAT, "", NOW, "hash")
        conversation.state, conversation.agent = state, agent
        since_ = NOW + timedelta(minutes=since)
        conversation.handoff = Handoff(reason=HandoffReason.USER_REQUEST, since=since_, priority=priority)
        record.write(conversation, [], NOW)
        return conversation.id

    late, early, urgent = (
        one(State.QUEUED, since=5),
        one(State.QUEUED, since=1),
        one(State.QUEUED, since=9, priority=True),
    )
    anas = one(State.HUMAN, "ana")
    one(State.HUMAN, "luis")
    one(State.CLOSED, "ana")
    assert [found.id for found in record.waiting()] == [urgent, early, late]
    assert [found.id for found in record.attended_by("ana")] == [anas]
    assert len(record.idle_since(NOW + timedelta(hours=1))) == 5, "all but the closed one"
