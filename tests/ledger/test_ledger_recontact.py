"""Recontact: who comes back, of whom it can be known, and that the NSS itself is nowhere."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_book import NOW, Book

from conversation.conversation import State
from conversation.survey import Survey
from ledger import recontact
from ledger.periods import month_bounds
from ledger.recontact import Recontact, recontacts

NSS, OTHER_NSS = "00058500018", "00058500026"
MINUTES = timedelta(minutes=4)
"""How long the book's interactions last."""


def october(book: Book, campaign: str | None = None) -> dict[tuple[str, str | None], Recontact]:
    """Counts of October by campaign and topic."""
    found = recontacts(book.database, *month_bounds("2026-10"), campaign)
    assert [(one.campaign, one.topic or "") for one in found] == sorted(
        (one.campaign, one.topic or "") for one in found
    )
    return {(one.campaign, one.topic): one for one in found}


def of_topic(book: Book) -> Recontact:
    return october(book)["derechohabiente", "vigencia_derechos"]


def known(nss: str) -> dict[str, object]:
    """Facts of somebody whose NSS the institution knows."""
    return {"nss": nss, "nss_found": True}


@pytest.mark.parametrize(
    ("later", "day", "week"),
    [
        (timedelta(hours=1), 1, 1),
        (timedelta(minutes=2), 1, 1),
        (MINUTES + timedelta(hours=24), 1, 1),
        (MINUTES + timedelta(hours=24, seconds=1), 0, 1),
        (MINUTES + timedelta(days=7), 0, 1),
        (MINUTES + timedelta(days=7, seconds=1), 0, 0),
    ],
)
def test_time_is_counted_from_close_to_opening(book: Book, later: timedelta, day: int, week: int) -> None:
    book.closed()
    book.closed(opened=NOW + later)
    found = of_topic(book)
    assert (found.closed, found.within_day, found.within_week) == (2, day, week)
    assert found.week_rate == week / 2 and found.day_rate == day / 2 and found.resolution_rate == 1


def test_same_nss_from_elsewhere_is_the_same_person(book: Book) -> None:
    book.closed(facts=known(NSS))
    book.closed(facts=known(NSS), origin="198.51.100.1", opened=NOW + timedelta(hours=2))
    book.closed(facts=known(OTHER_NSS), origin="198.51.100.2", opened=NOW + timedelta(hours=3))
    assert of_topic(book).within_day == 1


def test_an_nss_counts_once_the_institution_knows_it(book: Book) -> None:
    book.closed(facts={"nss": NSS})
    book.closed(facts={"nss": NSS}, origin="198.51.100.1", opened=NOW + timedelta(hours=1))
    assert of_topic(book).within_day == 0
    book.closed(facts={"nss": NSS, "patient": {"vigente": True}}, origin="198.51.100.2")
    book.closed(facts=known(NSS), origin="198.51.100.3", opened=NOW + timedelta(hours=1))
    assert of_topic(book).within_day == 1


def test_who_cannot_be_recognised_is_counted_apart(book: Book) -> None:
    for hours in (0, 1):
        book.closed(origin="", opened=NOW + timedelta(hours=hours))
    found = of_topic(book)
    assert (found.closed, found.unknown, found.within_week) == (2, 2, 0)


def test_another_topic_is_another_matter(book: Book) -> None:
    book.closed(topics=["vigencia_derechos", "semanas_cotizadas"])
    book.closed(topics=["semanas_cotizadas", "agendar_cita"], opened=NOW + timedelta(hours=1))
    found = october(book)
    assert [found["derechohabiente", topic].within_day for topic in ("vigencia_derechos", "semanas_cotizadas")] == [
        0,
        1,
    ]
    whole = found["derechohabiente", None]
    assert (whole.closed, whole.within_day) == (2, 1), "each interaction once"


def test_surveys_stand_beside(book: Book) -> None:
    for survey in (Survey(resolved=True), Survey(resolved=False), Survey()):
        book.closed(survey=survey)
    found = of_topic(book)
    assert (found.closed, found.answered, found.resolved) == (3, 2, 1)


def test_the_period_and_the_campaign_are_the_ones_asked_for(book: Book) -> None:
    start, end = month_bounds("2026-10")
    own = {"bot_campaign": "cita_medica"}
    book.closed(opened=start - timedelta(hours=1))
    last = book.closed(opened=end - timedelta(hours=1), **own)
    book.closed(opened=end + timedelta(days=2), state=State.BOT, closed_at=None)
    book.closed(opened=NOW, state=State.SURVEY)
    assert last.bot_campaign == "cita_medica"
    found = october(book)
    assert set(found) == {("cita_medica", None), ("cita_medica", "vigencia_derechos")}
    one = found["cita_medica", None]
    assert (one.closed, one.within_day, one.within_week) == (1, 0, 1), "the follower is of November, and still open"
    assert october(book, "derechohabiente") == {} and october(book, "cita_medica") == found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 25 * 24), st.sampled_from("abc")), max_size=12))
def test_counts_are_those_of_the_definition(
    book: Book, monkeypatch: pytest.MonkeyPatch, contacts: list[tuple[int, str]]
) -> None:
    monkeypatch.setattr(recontact, "FORGET_EVERY", 2)
    with book.behind() as connection:
        connection.executescript("DELETE FROM events; DELETE FROM interactions;")
    start, _ = month_bounds("2026-10")
    moments: list[tuple[datetime, str]] = [(start + timedelta(hours=hours), origin) for hours, origin in contacts]
    for opened, origin in moments:
        book.closed(opened=opened, origin=origin)
    expected = 0
    for place, (opened, origin) in enumerate(moments):
        later = [
            other - opened - MINUTES
            for at, (other, whose) in enumerate(moments)
            if whose == origin and (other > opened or (other == opened and at > place))
        ]
        expected += bool(later) and min(later) <= timedelta(days=7)
    found = october(book)
    assert (found["derechohabiente", None].within_week if found else 0) == expected


def test_the_number_itself_is_nowhere(book: Book) -> None:
    conversation = book.closed(facts=known(NSS))
    with book.behind() as connection:
        [key] = connection.execute("SELECT person_key FROM interactions").fetchone()
        assert NSS not in "\n".join(connection.iterdump())
    assert len(key) == 64 and key == book.vault.mac("person", NSS)
    conversation.facts = {}
    book.record.write(conversation, [], NOW)
    with book.behind() as connection:
        assert connection.execute("SELECT person_key FROM interactions").fetchone()[0] is None, "a datum taken back"
