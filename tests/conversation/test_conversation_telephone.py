"""Telephone numbers as citizens write and dictate them; an NSS is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.telephone import mask_all_but_contact, mask_telephone, telephones

NUMBER = "5512345678"


@pytest.mark.parametrize(
    "text",
    [
        "5512345678", "mi tel es 55 1234 5678.", "llámenme al 55-1234-5678", "(55) 1234-5678", "55.1234.5678",
        "+52 55 1234 5678", "+525512345678", "+52 1 55 1234 5678", "044 55 1234 5678", "01 (55) 1234 5678",
        "55 12 34 56 78 por las tardes", "Necesito una cita; 5512345678, gracias",
        "cincuenta y cinco doce treinta y cuatro cincuenta y seis setenta y ocho",
        "cinco cinco uno dos tres cuatro cinco seis siete ocho",
        "es cincuenta y cinco 12 34 56 setenta y ocho, por favor",
        "00058500018 5512345678", "mi nss es 00058500018 y mi celular 55 1234 5678",
        "nací el 12/03/1985, tel. 5512345678",
    ],
)  # fmt: skip
def test_ten_digits_are_found_however_they_are_written(text: str) -> None:
    assert telephones(text) == (NUMBER,)


@pytest.mark.parametrize(
    "text",
    [
        "", "00058500018", "mi NSS es 00 05 85 0001 8", "50058500018", "nací el 12/03/1985", "12-03-1985", "1234567",
        "VEN-20261015-0000001-7", "CMT-202610-00012-3", "4111 1111 1111 1111",
        "llamé al 800 623 23 23 y nadie contesta",
        "25/03/1985 12 horas", "tengo dos citas y tres recetas", "0012345678", "LOMA850312MDFPRR09",
        "cinco cinco uno dos tres cuatro cinco seis siete ocho nueve",
    ],
)  # fmt: skip
def test_what_is_no_telephone_is_not_taken_for_one(text: str) -> None:
    assert telephones(text) == ()


def test_several_are_kept_in_order_and_once() -> None:
    assert telephones("5512345678 o 33 1234 5678; el 55 1234 5678 es mejor") == (NUMBER, "3312345678")


@given(
    st.from_regex(r"[2-7][0-9]{9}", fullmatch=True),
    st.lists(st.sampled_from(["", " ", "-", "."]), min_size=9, max_size=9),
)
def test_separators_do_not_matter(number: str, separators: list[str]) -> None:
    written = "".join(digit + gap for digit, gap in zip(number, [*separators, ""], strict=True))
    assert telephones(f"mi número: {written}") == (number,)


@given(st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_eleven_digits_are_never_a_telephone(nss: str) -> None:
    assert telephones(f"mi NSS es {nss}") == ()


@given(st.text())
def test_any_text_can_be_read_and_masked(text: str) -> None:
    telephones(text)
    mask_all_but_contact(text)


def test_only_the_contact_stays_readable() -> None:
    text = "Soy de NSS 00058500018, nací el 12/03/1985; 55 1234 5678 o ana@correo.mx"
    assert mask_all_but_contact(text) == "Soy de NSS *******0018, nací el **/**/1985; 55 1234 5678 o ana@correo.mx"
    assert mask_telephone(NUMBER) == "******5678"
