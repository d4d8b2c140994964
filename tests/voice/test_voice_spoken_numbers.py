"""What callers dictate becomes what they would have typed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading import read_birth_date, read_nss
from voice.expectation import ANYTIME, MONTHS, Expectation, Kind, in_words
from voice.spoken_numbers import normalise

NSS, DIGITS, DATE, FREE = Expectation("nss"), Expectation("digits"), Expectation("date"), Expectation()
TODAY = date(2026, 10, 15)
KINDS: tuple[Kind, ...] = ("free", "digits", "date", "yes_no", "choice", "nss")


def dictated(group: str) -> str:
    """«05» as «cero cinco», «85» as «ochenta y cinco»."""
    zeros = len(group) - len(group.lstrip("0"))
    rest = [in_words(int(group))] if zeros < len(group) else []
    return " ".join(["cero"] * zeros + rest)


@pytest.mark.parametrize(
    ("said", "expected", "typed"),
    [
        ("cero uno, veintitrés", DIGITS, "0123"),
        ("cinco cinco treinta y dos, doble cero siete", DIGITS, "5532007"),
        ("triple siete tres ceros", DIGITS, "777000"),
        ("uno", DIGITS, "1"),
        ("cero cero, cero cinco, ochenta y cinco, cero cero cero, dieciocho", NSS, "00058500018"),
        ("cero cero cero cinco ochenta cinco cero cero cero dieciocho", NSS, "00058500018"),
        ("mi número es cero cero eh cero cinco ochenta y cinco y cero cero cero luego dieciocho gracias", NSS,
         "mi número es 00058500018 gracias"),
        ("cero cero cinco no perdón cero cero cuatro", NSS, "005 no perdón 004"),
        ("no lo tengo a la mano", NSS, "no lo tengo a la mano"),
        ("ochenta cinco", Expectation("digits", max_digits=2), "85"),
        ("ochenta cinco", Expectation("digits", max_digits=3), "805"),
        ("dos", Expectation("choice"), "2"),
        ("la uno", Expectation("choice"), "la 1"),
        ("quiero uno", FREE, "quiero uno"),
        ("mil gracias", FREE, "mil gracias"),
        ("tengo mil semanas", FREE, "tengo 1000 semanas"),
        ("son tres mil novecientos pesos", FREE, "son 3900 pesos"),
        ("una cita de el dentista", FREE, "una cita del dentista"),
        ("[unk] sí [unk]", Expectation("yes_no"), "sí"),
        ("[unk]", FREE, ""),
    ],
)  # fmt: skip
def test_numbers(said: str, expected: Expectation, typed: str) -> None:
    assert normalise(said, expected) == typed


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("doce de marzo de mil novecientos ochenta y cinco", "12/03/1985"),
        ("doce del tres del ochenta y cinco", "12/03/1985"),
        ("doce de el tres de el ochenta y cinco", "12/03/1985"),
        ("doce tres ochenta y cinco", "12/03/1985"),
        ("doce cero tres mil novecientos ochenta y cinco", "12/03/1985"),
        ("doce tres diecinueve ochenta y cinco", "12/03/1985"),
        ("uno dos cero tres uno nueve ocho cinco", "12/03/1985"),
        ("doce de marzo novecientos ochenta y cinco", "12/03/1985"),
        ("uno de enero del dos mil cinco", "01/01/2005"),
        ("primero de enero del dos mil cinco", "01/01/2005"),
        ("nací el treinta y uno de diciembre del noventa y nueve", "nací el 31/12/1999"),
        ("doce de marzo del cero cinco", "12/03/05"),  # 1905 or 2005: whoever knows today decides
        ("treinta y uno de febrero de mil novecientos noventa", "31 de febrero de 1990"),
        ("doce de marzo", "12 de marzo"),
        ("no me acuerdo", "no me acuerdo"),
    ],
)
def test_dates(said: str, typed: str) -> None:
    assert normalise(said, DATE) == typed


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("ocho y cuarto de la mañana", "8:15"),
        ("el jueves a las tres y media de la tarde", "el jueves a las 15:30"),
        ("a las tres treinta", "a las 3:30"),
        ("a la una y veinte", "a la 1:20"),
        ("a las doce del día", "a las 12:00"),
        ("a las doce de la noche", "a las 0:00"),
        ("a las ocho en punto", "a las 8:00"),
        ("un cuarto para las ocho de la noche", "las 19:45"),
        ("diez para las ocho", "las 7:50"),
        ("a las ocho", "a las 8"),
        ("en la tarde", "en la tarde"),
        ("quiero una en la mañana", "quiero una en la mañana"),
        ("tres treinta", "3 30"),
    ],
)
def test_hours(said: str, typed: str) -> None:
    assert normalise(said, FREE) == typed


@given(st.lists(st.from_regex(r"\A[0-9]{1,3}\Z"), min_size=1, max_size=8))
def test_groups_with_pauses_between_are_the_digits_dictated(groups: list[str]) -> None:
    assert normalise(", ".join(map(dictated, groups)), DIGITS) == "".join(groups)


@given(st.from_regex(r"\A[0-9]{11}\Z"), st.lists(st.integers(1, 2), min_size=11, max_size=11))
def test_an_nss_in_single_digits_and_pairs_needs_no_pauses(nss: str, sizes: list[int]) -> None:
    groups, left = [], nss
    for size in sizes:
        groups, left = [*groups, left[:size]], left[size:]
    said = " ".join(dictated(group) for group in groups if group)
    assert normalise(said, NSS) == nss
    assert read_nss(normalise(said, NSS)) == read_nss(nss)  # and the conversation reads it as if it were typed


@given(st.dates(date(1930, 1, 1), date(2025, 12, 31)))
def test_every_date_is_read_in_each_way_of_saying_it(day: date) -> None:
    number, month, year = in_words(day.day), MONTHS[day.month - 1], in_words(day.year)
    for said in (
        f"{number} de {month} de {year}", f"el {number} del mes de {month} del año {year}",
        f"{number} del {in_words(day.month)} de {year}", f"{number} {month} {year}",
        dictated(f"{day:%d}") + " " + dictated(f"{day:%m}") + " " + year,
    ):  # fmt: skip
        typed = normalise(said, DATE)
        assert typed.endswith(f"{day:%d/%m/%Y}")
        assert read_birth_date(typed, TODAY) == day


@given(st.dates(date(1930, 1, 1), date(1999, 12, 31)))
def test_two_digits_of_a_year_from_30_on_are_of_the_last_century(day: date) -> None:
    said = f"{in_words(day.day)} del {in_words(day.month)} del {in_words(day.year % 100)}"
    assert normalise(said, DATE) == f"{day:%d/%m/%Y}"


@given(st.integers(2, 999_999))
def test_a_number_in_a_sentence_becomes_digits(number: int) -> None:
    assert normalise(f"tengo {in_words(number)} semanas", FREE) == f"tengo {number} semanas"


@given(st.integers(1, 12), st.integers(0, 59).filter(lambda minute: minute != 1))
def test_an_hour_of_the_afternoon_is_of_24_hours(hour: int, minute: int) -> None:
    the_hour = "la una" if hour == 1 else f"las {in_words(hour)}"
    said = f"a {the_hour} {f'y {in_words(minute)} ' if minute else ''}de la tarde"
    assert normalise(said, FREE) == f"a {the_hour.split()[0]} {hour % 12 + 12}:{minute:02}"


@given(st.sampled_from(KINDS), st.text(alphabet="abcdeilmnorsuvzáéíñ |[]0123456789.,:/") | st.text())
def test_nothing_that_is_heard_raises(kind: Kind, heard: str) -> None:
    normalise(heard, Expectation(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_words_that_are_no_numbers_stay(kind: Kind) -> None:
    for phrase in (*ANYTIME, "quiero una cita con mi médico familiar", "me duele un poco la cabeza"):
        assert normalise(phrase, Expectation(kind)) == phrase


@pytest.mark.parametrize("kind", KINDS)
def test_expected_phrases_are_what_normalise_understands(kind: Kind) -> None:
    phrases = Expectation(kind, ("¿Cita  médica?", "15/10")).spoken_phrases()
    assert (kind == "free") == (phrases == ())
    assert len(set(phrases)) == len(phrases)
    assert kind == "free" or "cita médica" in phrases
    if kind in ("digits", "nss"):
        assert all(normalise(phrase, DIGITS).isdigit() for phrase in phrases if phrase != "cita médica")
