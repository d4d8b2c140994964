"""Data as citizens write them, and words that say yes, no, «I was wrong» and worse."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reading import (
    is_angry,
    is_correction,
    is_rude,
    last_meant,
    looks_like_nss,
    read_agregado,
    read_birth_date,
    read_curp,
    read_nss,
    read_preference,
    read_yes_no,
)
from conversation.masking import luhn, mask

TODAY = date(2026, 10, 15)
NSS, CURP, BIRTH = "00058500018", "EAML850312MDFNSC09", date(1985, 3, 12)
numbers = st.text("0123456789", min_size=10, max_size=10).map(
    lambda body: next(body + digit for digit in "0123456789" if luhn(body + digit))
)

# ---------------------------------------------------------------------------------------- NSS

NSS_FORMS = [
    NSS,
    "mi nss es 00058500018",
    "NSS: 00058500018.",
    "000 585 000 18",
    "0005-8500-018",
    "00-05-85-0001-8",
    "0 0 0 5 8 5 0 0 0 1 8",
    "cero cero cero cinco ocho cinco cero cero cero uno ocho",
    "cero, cero, cero, cinco, ocho, cinco, cero, cero, cero, uno, ocho",
    "es el cero cero cero cinco ochenta y cinco cero cero cero dieciocho",
]


@pytest.mark.parametrize("text", NSS_FORMS)
def test_an_nss_is_read_in_every_form(text: str) -> None:
    assert read_nss(text) == NSS


@pytest.mark.parametrize(
    "text",
    [
        "00058500018 y nací el 12 de marzo del 85",
        "00058500018 12/03/1985",
        "00058500018, 12 de marzo de 1985",
        "mi teléfono es 5500001234 y mi nss 00058500018",
        "soy 1F1985OR, nss 00058500018",
    ],
)
def test_an_nss_is_read_beside_other_data(text: str) -> None:
    assert read_nss(text) == NSS


def test_an_nss_and_a_date_in_digits_are_both_read() -> None:
    text = "00058500018 12031985"
    assert (read_nss(text), read_birth_date(text, TODAY)) == (NSS, BIRTH)


@pytest.mark.parametrize(
    "text", ["00058500019", "0005850001", "000585000180", "mi nss no lo sé", "", "¿cuál?", "5500001234"]
)
def test_what_is_no_nss_is_none(text: str) -> None:
    assert read_nss(text) is None


@given(numbers, st.integers(0, 10), st.integers(1, 9))
def test_a_mistyped_digit_is_found(nss: str, place: int, change: int) -> None:
    wrong = nss[:place] + str((int(nss[place]) + change) % 10) + nss[place + 1 :]
    assert read_nss(nss) == nss and read_nss(wrong) is None


@pytest.mark.parametrize(
    ("text", "candidate"),
    [("0005850001", "0005850001"), ("00058500019", "00058500019"), ("123456", None), ("hola", None)],
)
def test_a_wrong_nss_can_be_told_from_none(text: str, candidate: str | None) -> None:
    assert looks_like_nss(text) == candidate


@pytest.mark.parametrize("text", NSS_FORMS)
def test_an_nss_that_the_bot_reads_is_masked_in_the_transcript(text: str) -> None:
    assert read_nss(mask(text)) is None


# ---------------------------------------------------------------------------------------- birth date


@pytest.mark.parametrize(
    "text",
    [
        "12031985", "12/03/1985", "12-03-1985", "12.03.1985", "12 03 1985", "12/3/1985", "12/3/85", "1985-03-12",
        "12 de marzo de 1985", "12 de Marzo de 1985", "12 DE MARZO DE 1985", "12 de marzo del 85", "12 marzo 1985",
        "12 de marzo del año 1985", "nací el 12 de marzo de 1985", "marzo 12 de 1985", "12 de marso de 1985",
        "el día 12 de marzo de 1985", "doce de marzo de mil novecientos ochenta y cinco",
        "doce de marzo del ochenta y cinco", "12/mar/1985", "12-mar-1985", "12 mar 85",
    ],
)  # fmt: skip
def test_a_birth_date_is_read_in_every_form(text: str) -> None:
    assert read_birth_date(text, TODAY) == BIRTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29/02/2000", date(2000, 2, 29)),
        ("29022000", date(2000, 2, 29)),
        ("primero de enero de 2000", date(2000, 1, 1)),
        ("1ro de enero de 2000", date(2000, 1, 1)),
        ("uno de enero de dos mil", date(2000, 1, 1)),
        ("5 de mayo del dos mil cinco", date(2005, 5, 5)),
        ("veintiuno de septiembre de mil novecientos noventa y dos", date(1992, 9, 21)),
        ("12 de setiembre de 1985", date(1985, 9, 12)),
        ("12/03/30", date(1930, 3, 12)),  # a two-digit year is in the past
        ("12/03/26", date(2026, 3, 12)),
        ("15/10/2026", TODAY),  # a baby may be born today
        ("15/10/1906", date(1906, 10, 15)),
    ],
)
def test_other_dates(text: str, expected: date) -> None:
    assert read_birth_date(text, TODAY) == expected


@pytest.mark.parametrize(
    "text",
    [
        "31/02/1990", "31021990", "30 de febrero de 1990", "29/02/2001", "29022001", "13/13/1990", "00/00/0000",
        "16/10/2026", "16102026", "16 de octubre de 2026", "01/01/2030", "01/01/1890", "01011890",
        "12 de marzo", "marzo de 1985", "1985", "mañana", "hoy", "tengo 40 años", "no me acuerdo", "", "5500001234",
    ],
)  # fmt: skip
def test_impossible_future_and_partial_dates_are_none(text: str) -> None:
    assert read_birth_date(text, TODAY) is None


@given(st.dates(date(1906, 10, 15), TODAY), st.sampled_from(["%d%m%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]))
def test_every_day_is_read_as_it_was_written(day: date, form: str) -> None:
    assert read_birth_date(day.strftime(form), TODAY) == day


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    for found in (read_nss(text), read_curp(text), read_agregado(text), read_yes_no(text), read_preference(text)):
        assert found is None or found != ""
    day = read_birth_date(text, TODAY)
    assert day is None or day <= TODAY


# ---------------------------------------------------------------------------------------- CURP, agregado


@pytest.mark.parametrize("curp", [CURP, "FIMR791102HJCCDL00", "EOPI010418HYNSLVA4", "XEXX010101HNEXXXA4"])
def test_a_curp_is_read(curp: str) -> None:
    assert read_curp(f"mi curp es {curp.lower()}, gracias") == curp


@pytest.mark.parametrize("text", ["EAML850312MDFNSC08", "EAML851312MDFNSC09", "EAML850312MDFNSC0", "CURP", ""])
def test_a_wrong_curp_is_none(text: str) -> None:
    assert read_curp(text) is None


@pytest.mark.parametrize("text", [CURP, "EAML 850312 MDFNSC 09", "EAML-850312-MDFNSC09", CURP.lower()])
def test_a_curp_that_the_bot_reads_is_masked_in_the_transcript(text: str) -> None:
    assert read_curp(text) == CURP
    assert read_curp(mask(text)) is None


@pytest.mark.parametrize("text", ["1F1985OR", "1f1985or", "1 F 1985 OR", "es el 1F1985OR."])
def test_an_agregado_is_read(text: str) -> None:
    assert read_agregado(text) == "1F1985OR"


@pytest.mark.parametrize("text", ["1X1985OR", "F1985OR", "11F1985OR", "1F85OR"])
def test_a_wrong_agregado_is_none(text: str) -> None:
    assert read_agregado(text) is None


# ---------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    "text",
    ["sí", "Si", "SÍ, por favor", "claro", "claro que sí", "ok", "va", "sale", "acepto", "simón", "1", "de acuerdo"],
)
def test_yes(text: str) -> None:
    assert read_yes_no(text) is True


@pytest.mark.parametrize("text", ["no", "No.", "no, gracias", "nel", "2", "para nada", "mejor no", "no la acepto"])
def test_no(text: str) -> None:
    assert read_yes_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "claro que no",
        "por supuesto que no",
        "me parece mal",
        "me parece que no",
        "va a ser que no",
        "sí, pero otro día",
    ],
)
def test_a_refusal_is_never_read_as_consent(text: str) -> None:
    assert read_yes_no(text) is not True


@pytest.mark.parametrize(
    "text", ["1 momento", "2 de marzo", "12/03/1985", "a lo mejor", "quizá", "", "siempre", "nosotros"]
)
def test_what_is_neither_yes_nor_no_is_none(text: str) -> None:
    assert read_yes_no(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "no, perdón, es 00058500018",
        "perdón, me equivoqué",
        "digo 12/03/1985",
        "está mal mi NSS",
        "quise decir el 13",
        "corrijo: 1985",
    ],
)
def test_corrections(text: str) -> None:
    assert is_correction(text)


@pytest.mark.parametrize("text", ["no sé", "no tengo mi NSS", "no recuerdo", "gracias", "00058500018", "es correcto"])
def test_what_is_no_correction(text: str) -> None:
    assert not is_correction(text)


def test_the_last_word_counts() -> None:
    assert read_birth_date(last_meant("12/04/1985, no perdón, 12/03/1985"), TODAY) == BIRTH
    assert last_meant("12/03/1985, perdón por la demora") == "12/03/1985, perdón por la demora"


@pytest.mark.parametrize("text", ["eres un pendejo", "PINCHE bot", "no mames", "son unos inútiles", "¡estúpido!"])
def test_insults(text: str) -> None:
    assert is_rude(text)


@pytest.mark.parametrize(
    "text", ["la computadora", "disputa de semanas", "me da pena", "mi apellido es Cabrera", "gracias"]
)
def test_what_is_no_insult(text: str) -> None:
    assert not is_rude(text)


def test_anger_is_told_from_insult() -> None:
    assert is_angry("ya estoy harta") and not is_rude("ya estoy harta")
    assert is_angry("¡qué mal servicio!") and not is_angry("qué buen servicio")


@pytest.mark.parametrize(
    ("text", "wish"), [("mejor el jueves en la tarde", "jueves en la tarde"), ("otro día", "otro dia"), ("sí", None)]
)
def test_wishes_are_kept_for_the_person(text: str, wish: str | None) -> None:
    assert read_preference(text) == wish
