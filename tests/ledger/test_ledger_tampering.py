"""What leaves every chain whole and is found all the same: two readings of one text, counters, samples drawn again."""

from hashlib import sha256

import pytest
from ledger_book import NOW, Book

from conversation.conversation import Conversation
from conversation.message import Channel
from ledger.audit_log import AuditAction, AuditLog, NewAuditEntry
from ledger.reviews import ReviewLedger
from ledger.samples import Sample
from ledger.verification import Finding, seal_older

SECOND_EVENT = "UPDATE events SET {} WHERE position = 2"


@pytest.fixture
def conversation(book: Book) -> Conversation:
    return book.rich()


@pytest.mark.parametrize(
    "change",
    [
        """snapshot = '{"request_only": true,' || substr(snapshot, 2)""",
        """snapshot = '{"bot_campaign": "otra",' || substr(snapshot, 2)""",
        "snapshot = replace(hex(zeroblob(50000)), '00', '[')",
    ],
)
def test_what_one_reader_takes_otherwise_than_another_is_found(
    book: Book, conversation: Conversation, change: str
) -> None:
    """Of two values of one name SQLite takes the first, so the settlement would pass it over; Python the last."""
    book.tamper(f"UPDATE interactions SET {change}")
    [finding] = book.findings()
    assert finding.folio == conversation.folio and "sello no corresponde" in finding.problem


def test_an_original_replaced_by_its_hash_is_found(book: Book, conversation: Conversation) -> None:
    with book.behind() as connection:
        [original] = connection.execute("SELECT secret FROM events WHERE position = 2").fetchone()
        [facts] = connection.execute("SELECT facts FROM interactions").fetchone()
    book.tamper(SECOND_EVENT.format(f"secret = '{sha256(original).hexdigest()}'"))
    assert [one.position for one in book.findings()] == [2]
    book.tamper(
        SECOND_EVENT.format(f"secret = x'{original.hex()}'"),
        f"UPDATE interactions SET facts = '{sha256(facts).hexdigest()}'",
    )
    assert ["sello no corresponde" in one.problem for one in book.findings()] == [True]


def remove(book: Book, conversation: Conversation) -> None:
    """Take an interaction out of the record, events and all."""
    gone = f"= '{conversation.id}'"
    with book.behind() as connection:
        for table, column in (("events", "conversation_id"), ("appointment_events", "conversation_id"),
                              ("interactions", "id")):  # fmt: skip
            connection.execute(f"DELETE FROM {table} WHERE {column} {gone}")


@pytest.mark.parametrize("seal", ["seal", "NULL", "'otro'"])
def test_the_last_interaction_removed_with_its_number_is_found(
    book: Book, conversation: Conversation, seal: str
) -> None:
    remove(book, book.closed())
    book.tamper(f"UPDATE folio_serials SET last = 1, seal = {seal} WHERE series = 'VEN'")
    for which in ({}, {"month": "2026-10"}, {"folio": conversation.folio}):
        [finding] = book.findings(**which)
        assert finding.folio == "VEN-20261015" and "contador de folios" in finding.problem
    assert book.findings(month="2026-09") == []
    book.closed()
    [finding] = book.findings()
    assert "contador" in finding.problem, "counting on does not whitewash"


@pytest.mark.parametrize("in_all", ["DELETE FROM folio_serials WHERE series = 'SUM'", "SELECT 1"])
def test_a_day_that_was_removed_is_found(book: Book, conversation: Conversation, in_all: str) -> None:
    remove(book, book.closed(opened=NOW.replace(day=16)))
    with book.behind() as connection:
        connection.execute("DELETE FROM folio_serials WHERE day = '2026-10-16'")
        connection.execute(in_all)
    for _ in range(2):
        [finding] = book.findings()
        assert finding.folio == "VEN" and "se quitó un día o se atrasó un contador" in finding.problem
        book.closed(opened=NOW.replace(day=16))


@pytest.mark.parametrize(("day", "last"), [("2026-10-15", 10**15), ("2026-10-15", "'x'"), ("2026-99-99", 1), ("", 1)])
def test_a_counter_that_makes_no_sense_is_found(book: Book, conversation: Conversation, day: str, last: object) -> None:
    book.tamper(f"UPDATE folio_serials SET day = '{day}', last = {last} WHERE series = 'VEN'")
    assert any("cambió el contador" in one.problem for one in book.findings())


def test_a_sample_drawn_again_until_it_pleases_is_found(book: Book) -> None:
    ledger, log = ReviewLedger(book.database, book.vault), AuditLog(book.database, book.vault)
    sample = Sample(
        campaign="cita_medica", channel=Channel.WEBCHAT, month="2026-10", seed=7, size=2, drawn_by="inés", at=NOW,
        folios=("a", "b"),
    )  # fmt: skip
    drawn = NewAuditEntry(
        at=NOW, actor="inés", role="x", action=AuditAction.SAMPLE_DRAWN, object="cita_medica/webchat/2026-10"
    )
    ledger.record_sample(sample)
    log.append(drawn)
    assert book.findings() == []
    book.tamper("DELETE FROM samples")
    [finding] = book.findings()
    assert finding.folio == "cita_medica/webchat/2026-10" and "falta la muestra" in finding.problem
    ledger.record_sample(sample.model_copy(update={"seed": 8, "folios": ("a", "c")}))
    log.append(drawn)
    [finding] = book.findings(month="2026-10")
    assert "se sorteó 2 veces" in finding.problem and book.findings(month="2026-09") == []


def test_older_counters_are_sealed_unless_an_interaction_is_missing(book: Book, conversation: Conversation) -> None:
    lost = book.closed()
    book.tamper("UPDATE folio_serials SET seal = NULL")
    assert {one.folio: "no tiene sello" in one.problem for one in book.findings()} == {
        "VEN-20261015": True,
        "VEN": True,
    }
    remove(book, lost)
    assert seal_older(book.database, book.vault) == (0, (Finding(lost.folio, "falta la interacción entera"),))
    book.tamper("UPDATE folio_serials SET last = 1")
    assert seal_older(book.database, book.vault) == (0, ()) and book.findings() == []
    book.closed(opened=NOW.replace(day=16))
    assert book.findings() == []
