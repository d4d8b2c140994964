"""Whatever somebody changes in the record, verification finds it and says where (L1288, L10562-10569)."""

import pytest
from cryptography.fernet import Fernet
from ledger_book import NOW, Book, interaction_of

from conversation.conversation import Conversation, State
from conversation.events import EventKind
from conversation.message import Channel
from conversation.ports import NewEvent
from ledger.reviews import NewReview, ReviewedQuestion, ReviewLedger, Scores, Verdict
from ledger.samples import Sample
from ledger.services import AppointmentState
from ledger.vault import Vault
from ledger.verification import Finding, seal_older, verify

EVENT = "UPDATE events SET {} WHERE position = {} AND folio = (SELECT min(folio) FROM interactions)"
LAST = 8
"""Position of the last event of `Book.rich`."""


@pytest.fixture
def conversation(book: Book) -> Conversation:
    return book.rich()


def reviewed(book: Book, folio: str) -> ReviewLedger:
    """A ledger with a review of the folio, at position 9."""
    ledger = ReviewLedger(book.database, book.vault)
    question = ReviewedQuestion(topic="agendar_cita", verdict=Verdict.INCORRECT, deviation="requisito")
    scores = Scores(informacion=0, procedimientos=100, comprension=100, etiqueta=100)
    ledger.record_review(
        NewReview(folio=folio, reviewer="rosa", role="calidad", scores=scores, questions=(question,)), NOW
    )
    return ledger


def test_what_nobody_touched_is_sound(book: Book, conversation: Conversation) -> None:
    book.closed()
    book.record.open(book.campaign, Channel.WEBCHAT, "", NOW, "hash")
    reviewed(book, conversation.folio)
    found = verify(book.database, book.vault)
    assert found.is_sound and (found.interactions, found.events) == (3, 9 + 3)


def test_an_open_interaction_is_sound_after_every_step(book: Book) -> None:
    conversation = book.record.open(book.campaign, Channel.WEBCHAT, "", NOW, "hash")
    steps = [
        lambda: book.record.write(conversation, [NewEvent(kind=EventKind.OPENED)], NOW),
        lambda: book.services.lookup(interaction_of(conversation), NOW, {"latency": 0.25}),
        lambda: book.services.appointment(interaction_of(conversation), NOW, "CMT", AppointmentState.REQUESTED),
        lambda: book.record.write(conversation, [], NOW),
        lambda: book.services.lookup(interaction_of(conversation), NOW, {"código": "Ñ", "parts": (1, 2), 3: None}),
    ]
    assert book.findings() == []
    for step in steps:
        step()
        assert book.findings() == []


@pytest.mark.parametrize(
    ("change", "position", "kind"),
    [
        ("data = replace(data, 'Listo', 'Lista')", 6, "message"),
        ("secret = x'00'", 2, "message"),
        ("secret = NULL", 2, "message"),
        ("secret = 'texto'", 2, "message"),
        ("data = replace(data, 'false', 'true')", 7, "survey_answered"),
        ("data = replace(data, 'ok', 'no')", 3, "lookup"),
        ("data = '{no es json'", 3, "lookup"),
        ("at = '2026-10-15T15:00:01.000000+00:00'", 1, "opened"),
        ("at = 'ayer'", 1, "opened"),
        ("kind = 'menu'", 8, "menu"),
        ("campaign = 'otra'", 1, "opened"),
        ("channel = 'voice'", 1, "opened"),
        ("level = 'human'", 6, "message"),
        ("agent = 'ana'", 6, "message"),
        ("source_id = 'c9'", 6, "message"),
        ("folio = 'VEN-20261015-0000002-3'", 1, "opened"),
    ],
)
def test_a_changed_column_is_found(
    book: Book, conversation: Conversation, change: str, position: int, kind: str
) -> None:
    book.tamper(EVENT.format(change, position))
    problem = f"cambió el contenido del evento {position} ({kind})"
    assert book.findings() == [Finding(conversation.folio, problem, position)]


@pytest.mark.parametrize(
    "column",
    ["folio_cita", "cita_id", "state", "actor", "agent_kind", "at", "institution_code", "request_id", "detail"],
)
def test_a_changed_appointment_is_found(book: Book, conversation: Conversation, column: str) -> None:
    book.tamper(f"UPDATE appointment_events SET {column} = 'X' WHERE position = 5")
    assert book.findings() == [Finding(conversation.folio, "cambió el contenido del evento 5 (cita)", 5)]


def test_a_changed_verdict_is_found(book: Book, conversation: Conversation) -> None:
    reviewed(book, conversation.folio)
    book.tamper(EVENT.format("data = replace(data, 'incorrect', 'correct')", 9))
    assert book.findings() == [Finding(conversation.folio, "cambió el contenido del evento 9 (reviewed)", 9)]


@pytest.mark.parametrize("position", range(1, LAST + 1))
def test_a_removed_event_is_found(book: Book, conversation: Conversation, position: int) -> None:
    table = "appointment_events" if position in (4, 5) else "events"
    book.tamper(f"DELETE FROM {table} WHERE position = {position}")
    [finding] = book.findings()
    assert finding.folio == conversation.folio and finding.position == position and "falta" in finding.problem


@pytest.mark.parametrize("kept", [0, 3, 6])
def test_a_removed_tail_is_found(book: Book, conversation: Conversation, kept: int) -> None:
    for table in ("events", "appointment_events"):
        with book.behind() as connection:
            connection.execute(f"DELETE FROM {table} WHERE position > {kept}")
    [finding] = book.findings()
    assert finding.position == kept + 1 and "falta el final" in finding.problem


@pytest.mark.parametrize("place", [1, 4, LAST + 1, LAST + 3])
def test_an_inserted_event_is_found(book: Book, conversation: Conversation, place: int) -> None:
    copied = "conversation_id, folio, at, kind, campaign, channel, level, agent, data, secret, previous_hash, hash"
    with book.behind() as connection:
        rows = connection.execute("SELECT seq, position FROM events ORDER BY position DESC").fetchall()
        for row in rows:
            if row["position"] >= place:
                connection.execute("UPDATE events SET position = position + 1 WHERE seq = ?", [row["seq"]])
        connection.execute(
            f"INSERT INTO events ({copied}, position) "
            f"SELECT {copied}, {place} FROM events WHERE kind = 'message' LIMIT 1"
        )
    [finding] = book.findings()
    assert finding.folio == conversation.folio and finding.position is not None and finding.position <= place


def test_a_second_event_at_the_same_place_is_found(book: Book, conversation: Conversation) -> None:
    book.tamper("UPDATE appointment_events SET position = 3 WHERE position = 4")
    assert [(one.folio, one.position) for one in book.findings()] == [(conversation.folio, 3)]


def test_events_that_changed_places_are_found(book: Book, conversation: Conversation) -> None:
    places = [EVENT.format("position = -1", 2), EVENT.format("position = 2", 6), EVENT.format("position = 6", -1)]
    book.tamper(*places)
    [finding] = book.findings()
    assert finding.position == 2


def test_a_transcript_in_another_order_is_found(book: Book, conversation: Conversation) -> None:
    book.tamper(*(EVENT.format(f"seq = {seq}", place) for seq, place in ((-1, 2), (2, 6), (9, 2))))
    [finding] = book.findings()
    assert finding.problem == "el evento 3 cambió de lugar", "the first whose number is lower than the one before"


def test_an_event_moved_to_another_interaction_is_found(book: Book, conversation: Conversation) -> None:
    other = book.closed()
    book.tamper(f"UPDATE events SET conversation_id = '{other.id}', position = 4 WHERE position = 8")
    assert [(one.folio, one.position) for one in book.findings()] == [(conversation.folio, 8), (other.folio, 4)]


@pytest.mark.parametrize(
    "change",
    [
        "snapshot = json_set(snapshot, '$.survey.resolved', json('true'))",
        "snapshot = json_set(snapshot, '$.transferred_to_human', json('true'))",
        "snapshot = json_set(snapshot, '$.end', 'timeout')",
        "snapshot = json_set(snapshot, '$.origin', '198.51.100.9')",
        "snapshot = json_set(snapshot, '$.agent_type', 'basico')",
        "snapshot = json_set(snapshot, '$.bot_campaign', 'pensionados')",
        "snapshot = json_set(snapshot, '$.closed_at', '2026-10-15T10:00:00-06:00')",
        "snapshot = 'nada'",
        "opened_at = '2026-09-30T15:00:00.000000+00:00'",
        "state = 'bot'",
        "campaign = 'otra'",
        "facts = x'00'",
        "person_key = 'x'",
        "token_hash = 'otro'",
        "sealed_length = 7",
        "sealed_length = 'x'",
        "seal = 'ñ'",
    ],
)
def test_a_changed_interaction_is_found(book: Book, conversation: Conversation, change: str) -> None:
    book.tamper(f"UPDATE interactions SET {change}")
    [finding] = book.findings()
    assert finding.folio == conversation.folio and "sello no corresponde" in finding.problem


@pytest.mark.parametrize("change", ["chain_length = 7", "chain_length = 'x'", "chain_head = 'x'"])
def test_a_changed_end_of_the_chain_is_found(book: Book, conversation: Conversation, change: str) -> None:
    book.tamper(f"UPDATE interactions SET {change}")
    assert len(book.findings()) == 1


@pytest.mark.parametrize(
    "attack",
    [
        EVENT.format("data = replace(data, 'Listo', 'Lista')", 6),
        EVENT.format("secret = NULL", 2),
        EVENT.format("data = replace(data, 'ok', 'no')", 3),
        "UPDATE appointment_events SET state = 'CANCELADA' WHERE position = 5",
        "DELETE FROM events WHERE position = 3",
        "DELETE FROM events WHERE position >= 7",
        EVENT.format("data = replace(data, 'incorrect', 'correct')", 9),
        "DELETE FROM events WHERE position = 9",
    ],
)
def test_without_the_key_no_chain_made_anew_passes(book: Book, conversation: Conversation, attack: str) -> None:
    reviewed(book, conversation.folio)
    book.tamper(attack)
    book.forge_chain(conversation)
    [finding] = book.findings()
    assert finding.folio == conversation.folio and "el sello no corresponde" in finding.problem


def test_an_event_added_to_a_well_made_chain_is_found(book: Book, conversation: Conversation) -> None:
    copied = "conversation_id, folio, at, kind, campaign, channel, level, agent, source_id, data, secret"
    book.tamper(
        f"INSERT INTO events ({copied}, position, previous_hash, hash) SELECT {copied}, 9, '', '' FROM events "
        "WHERE position = 7"
    )
    book.forge_chain(conversation)
    assert book.findings() == [Finding(conversation.folio, "el evento 9 no está sellado", 9)]


def test_writing_on_does_not_whitewash(book: Book) -> None:
    conversation = book.record.open(book.campaign, Channel.WEBCHAT, "", NOW, "hash")
    said = [NewEvent(kind=EventKind.OPENED), NewEvent(kind=EventKind.MESSAGE, data={"sender": "user", "text": "hola"})]
    book.record.write(conversation, said, NOW)
    book.services.lookup(interaction_of(conversation), NOW, {})
    book.tamper(EVENT.format("data = replace(data, 'hola', 'adiós')", 2))
    book.forge_chain(conversation)
    conversation.state = State.CLOSED
    book.record.write(conversation, [NewEvent(kind=EventKind.CLOSED)], NOW)
    [finding] = book.findings()
    assert "el sello no corresponde" in finding.problem


def test_a_removed_interaction_is_found(book: Book, conversation: Conversation) -> None:
    kept = book.closed()
    gone = f"= '{conversation.id}'"
    book.tamper(
        f"DELETE FROM events WHERE conversation_id {gone}",
        f"DELETE FROM appointment_events WHERE conversation_id {gone}",
        f"DELETE FROM interactions WHERE id {gone}",
    )
    missing = Finding(conversation.folio, "falta la interacción entera")
    assert book.findings() == [missing] == book.findings(folio=conversation.folio) == book.findings(month="2026-10")
    assert book.findings(folio=kept.folio) == [] == book.findings(month="2026-09")


def test_an_interaction_moved_to_another_month_is_missed_in_its_own(book: Book, conversation: Conversation) -> None:
    book.tamper("UPDATE interactions SET opened_at = '2026-11-15T15:00:00.000000+00:00'")
    for month in ("2026-10", "2026-11"):
        [finding] = book.findings(month=month)
        assert finding.folio == conversation.folio and "sello no corresponde" in finding.problem


def test_events_without_their_interaction_are_found(book: Book, conversation: Conversation) -> None:
    book.tamper("DELETE FROM interactions")
    problems = {one.problem for one in book.findings()}
    assert problems == {"falta la interacción entera", "hay eventos sin su interacción"}


def test_only_what_was_asked_for_is_checked(book: Book, conversation: Conversation) -> None:
    sound = book.closed(opened=NOW.replace(month=11))
    book.tamper(EVENT.format("agent = 'ana'", 1))
    assert book.findings(folio=sound.folio) == [] == book.findings(month="2026-11")
    assert [one.folio for one in book.findings(month="2026-10")] == [conversation.folio]
    assert [one.folio for one in book.findings(folio=conversation.folio)] == [conversation.folio]
    assert verify(book.database, book.vault, month="2026-10").interactions == 1


def test_an_exchanged_sample_is_found(book: Book) -> None:
    ledger = ReviewLedger(book.database, book.vault)
    for channel in (Channel.WEBCHAT, Channel.VOICE):
        ledger.record_sample(
            Sample(
                campaign="cita_medica", channel=channel, month="2026-10", seed=7, size=2, drawn_by="inés", at=NOW,
                folios=("a", "b"),
            )
        )  # fmt: skip
    assert book.findings() == []
    book.tamper("""UPDATE samples SET folios = '["a", "c"]' WHERE channel = 'voice'""")
    [finding] = book.findings()
    assert finding.folio == "cita_medica/voice/2026-10" and "muestra" in finding.problem
    assert book.findings(month="2026-10") == [finding] and book.findings(month="2026-09") == []


def test_another_key_fits_no_seal(book: Book, conversation: Conversation) -> None:
    book.closed()
    found = verify(book.database, Vault(Fernet.generate_key().decode()))
    assert found.bad_seals == found.interactions == 2
    assert {one.folio for one in found.findings} == {*book.folios(), "VEN-20261015", "VEN"}


def test_what_is_older_than_seals_is_sealed_once_and_only_if_whole(book: Book, conversation: Conversation) -> None:
    broken, other = book.closed(), book.closed()
    book.tamper(
        "UPDATE interactions SET seal = NULL, sealed_length = 0",
        f"DELETE FROM events WHERE position = 2 AND conversation_id = '{broken.id}'",
    )
    assert {one.folio for one in book.findings()} == {conversation.folio, broken.folio, other.folio}
    assert seal_older(book.database, book.vault) == (2, (Finding(broken.folio, "falta el evento 2", 2),))
    assert [one.folio for one in book.findings()] == [broken.folio]
    assert seal_older(book.database, book.vault)[0] == 0
