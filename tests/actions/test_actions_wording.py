"""Dates, hours and appointments in words."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading import read_birth_date
from actions.wording import (
    appointment_in_words,
    at_hour,
    date_in_words,
    day_in_words,
    hour_in_words,
    service_in_words,
)

START = datetime(2026, 10, 16, 8, 45)


def test_one_o_clock_is_singular() -> None:
    one = datetime(2026, 10, 16, 13, 15)
    assert at_hour(one) == "a la 1:15 de la tarde" and at_hour(START) == "a las 8:45 de la mañana"
    assert " a la 1:15 de la tarde" in appointment_in_words("MEDICINA_FAMILIAR", one, "07", "UMF 901")


def test_days() -> None:
    assert date_in_words(date(1985, 3, 12)) == "12 de marzo de 1985"
    assert day_in_words(date(2026, 10, 16)) == "viernes 16 de octubre de 2026"
    assert day_in_words(date(2026, 10, 18)).startswith("domingo 18 de octubre")


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (8, 45, "8:45 de la mañana"),
        (11, 59, "11:59 de la mañana"),
        (12, 0, "12:00 del día"),
        (12, 45, "12:45 del día"),
        (13, 5, "1:05 de la tarde"),
        (18, 59, "6:59 de la tarde"),
        (19, 0, "7:00 de la noche"),
        (0, 30, "12:30 de la mañana"),
    ],
)
def test_hours(hour: int, minute: int, words: str) -> None:
    assert hour_in_words(datetime(2026, 10, 16, hour, minute)) == words


def test_services_and_appointments() -> None:
    assert service_in_words("ESTOMATOLOGIA") == "Estomatología"
    assert service_in_words("SALUD_BUCAL") == "Salud bucal", "a service nobody named is still readable"
    told = appointment_in_words("MEDICINA_FAMILIAR", START, "07", "UMF 901")
    assert (
        told == "Medicina Familiar, el viernes 16 de octubre de 2026 a las 8:45 de la mañana, consultorio 07, UMF 901"
    )
    assert "consultorio" not in appointment_in_words("MEDICINA_FAMILIAR", START, None, "UMF 901")


@given(st.dates(date(1910, 1, 1), date(2026, 10, 15)))
def test_what_the_bot_says_the_bot_can_read(day: date) -> None:
    assert read_birth_date(date_in_words(day), date(2026, 10, 15)) == day
