"""Folios (services.md §8): the vectors, letter by letter, and serials that are never given twice."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from conversation.campaign import Campaign
from conversation.message import Channel
from ledger.database import open_database
from ledger.folio import appointment_folio, interaction_folio
from ledger.record import LedgerRecord
from ledger.serials import next_serial
from ledger.services import ServiceLedger

DAY = date(2026, 10, 15)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("day", "serial", "folio"),
    [
        (DAY, 42, "VEN-20261015-0000042-7"),
        (DAY, 1, "VEN-20261015-0000001-5"),
        (date(2026, 1, 1), 1, "VEN-20260101-0000001-7"),
        (date(2026, 12, 31), 9999999, "VEN-20261231-9999999-8"),
    ],
)
def test_interaction_folios(day: date, serial: int, folio: str) -> None:
    assert interaction_folio(day, serial) == folio


@pytest.mark.parametrize(
    ("day", "serial", "folio"),
    [
        (DAY, 1, "CMT-261015-00001-7"),
        (DAY, 17, "CMT-261015-00017-2"),
        (date(2026, 11, 27), 123, "CMT-261127-00123-5"),
    ],
)
def test_appointment_folios(day: date, serial: int, folio: str) -> None:
    assert appointment_folio(day, serial) == folio


def check_digit(digits: str) -> int:
    """MOD 11,10 as services.md §8 words it."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10


@given(days, st.integers(1, 9_999_999))
def test_the_check_digit_is_the_printed_rule(day: date, serial: int) -> None:
    folio = interaction_folio(day, serial)
    digits = re.sub(r"\D", "", folio)
    assert re.fullmatch(r"VEN-\d{8}-\d{7}-\d", folio) and int(digits[-1]) == check_digit(digits[:-1])


@given(days, st.integers(1, 99_999), st.integers(0, 10), st.integers(1, 9))
def test_a_mistyped_digit_never_passes(day: date, serial: int, place: int, change: int) -> None:
    digits = re.sub(r"\D", "", appointment_folio(day, serial))
    assert len(digits) == 12, "twelve digits on a keypad"
    wrong = str((int(digits[place]) + change) % 10)
    assert check_digit(digits[:place] + wrong + digits[place + 1 : -1]) != int(digits[-1])


def test_serials_are_never_given_twice(url: str) -> None:
    engines = [open_database(url) for _ in range(2)]  # as two processes would

    def take(number: int) -> int:
        with Session(engines[number % 2]) as session, session.begin():
            return next_serial(session, "VEN", DAY)

    with ThreadPoolExecutor(8) as pool:
        serials = list(pool.map(take, range(80)))
    assert sorted(serials) == list(range(1, 81))


def test_each_series_and_day_counts_for_itself(database: Engine) -> None:
    with Session(database) as session, session.begin():
        taken = [
            next_serial(session, series, day)
            for series, day in (("VEN", DAY), ("VEN", DAY), ("CMT", DAY), ("VEN", date(2026, 10, 16)))
        ]
    assert taken == [1, 2, 1, 1]


def test_a_serial_of_an_interaction_that_failed_is_not_used(database: Engine) -> None:
    with pytest.raises(RuntimeError), Session(database) as session, session.begin():
        next_serial(session, "VEN", DAY)
        raise RuntimeError("the disk is full")
    with Session(database) as session, session.begin():
        assert next_serial(session, "VEN", DAY) == 1


def test_the_day_of_a_folio_is_the_centres(record: LedgerRecord, campaign: Campaign, database: Engine) -> None:
    late = datetime(2026, 10, 16, 5, 59, tzinfo=UTC)  # 23:59 of the 15th in the centre
    assert record.open(campaign, Channel.WEBCHAT, "", late, "h").folio == "VEN-20261015-0000001-5"
    after_midnight = datetime(2026, 10, 16, 6, 0, tzinfo=UTC)
    assert record.open(campaign, Channel.WEBCHAT, "", after_midnight, "h").folio.startswith("VEN-20261016-0000001-")
    assert ServiceLedger(database).next_appointment_folio(DAY) == "CMT-261015-00001-7"
