"""What may never be read in a transcript, and what must stay readable (security.md §2-§4)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.catalogue import Catalogue
from conversation.masking import luhn, mask, mask_nss, mask_origin

NSS, CURP, CARD = "00058500018", "EAML850312MDFNSC09", "4111111111111111"
CURPS = (CURP, "FIMR791102HJCCDL00", "EOPI010418HYNSLVA4", "XEXX010101HNEXXXA4")
FOLIOS = ("VEN-20261015-0000042-7", "VEN-20261231-9999999-8", "CMT-261015-00001-7", "CMT-261127-00123-5")


def with_check_digit(body: str) -> str:
    """The digits with the last one that makes them pass Luhn."""
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


nss_numbers = st.text("0123456789", min_size=10, max_size=10).map(with_check_digit)
cards = (
    st.integers(12, 18).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size)).map(with_check_digit)
)
# A digit that touches the number would make it another, longer number; anything else may surround it.
before = st.text(max_size=30).filter(lambda text: not text[-1:].isdigit())
after = st.text(max_size=30).filter(lambda text: not text[:1].isdigit())
either_side = st.booleans()


def spaced(digits: str, separator: str) -> str:
    """Digits in groups of four, as cards and numbers are written."""
    return separator.join(digits[start : start + 4] for start in range(0, len(digits), 4))


@given(before, nss_numbers, after, either_side)
def test_no_nss_survives_whatever_surrounds_it(prefix: str, nss: str, suffix: str, own_words: bool) -> None:
    assert nss not in mask(f"{prefix}{nss}{suffix}", own_words=own_words)


@given(before, cards, after, either_side)
def test_no_card_survives_whatever_surrounds_it(prefix: str, card: str, suffix: str, own_words: bool) -> None:
    assert card not in mask(f"{prefix}{card}{suffix}", own_words=own_words)


@given(before, st.sampled_from(CURPS), after, either_side, st.booleans())
def test_no_curp_survives_whatever_surrounds_it(
    prefix: str, curp: str, suffix: str, own_words: bool, lower: bool
) -> None:
    written = curp.lower() if lower else curp
    assert written not in mask(f"{prefix} {written}, {suffix}", own_words=own_words)


@pytest.mark.parametrize("written", ["curpEAML850312MDFNSC09", "CURP_EAML850312MDFNSC09", "EAML850312MDFNSC09gracias"])
def test_a_curp_glued_to_a_word_is_masked(written: str) -> None:
    assert CURP not in mask(written)


@pytest.mark.parametrize("own_words", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        f"mi nss es {NSS} y nací el 12 de marzo de 1985",
        f"nss {NSS} 12 de marzo de 1985",
        f"{NSS} 12031985",
        f"{NSS} 12/03/1985",
        f"son 2 {NSS}",
        f"NSS{NSS}",
        f"nss:{NSS}",
        f"{NSS}/85",
        f"1. {NSS}",
        f"{NSS}\n5500001234",
    ],
)
def test_an_nss_is_masked_beside_other_data(text: str, own_words: bool) -> None:
    assert NSS not in mask(text, own_words=own_words)


@pytest.mark.parametrize("separator", [" ", "-", "."])
@pytest.mark.parametrize("digits", [NSS, CARD])
def test_groups_of_digits_are_masked_too(digits: str, separator: str) -> None:
    masked = mask(f"anote {spaced(digits, separator)} por favor")
    assert digits not in re.sub(r"\D", "", masked)


@pytest.mark.parametrize("text", [f"{CARD} 123", f"{CARD} 12 28", f"tarjeta {CARD} vence 12/28 cvv 123"])
def test_a_card_is_masked_beside_its_code_and_date(text: str) -> None:
    assert CARD not in mask(text)


def test_a_card_leaves_no_digit() -> None:
    assert mask(f"pago con {spaced(CARD, ' ')} hoy") == "pago con [TARJETA] hoy"


@pytest.mark.parametrize("own_words", [True, False])
@pytest.mark.parametrize("prefix", ["VEN-", "CMT-"])
def test_an_nss_cannot_pass_as_a_folio(prefix: str, own_words: bool) -> None:
    assert NSS not in mask(f"{prefix}{NSS}", own_words=own_words)


@given(st.text("0123456789 \x00VEN-", max_size=40), either_side)
def test_every_text_can_be_masked(text: str, own_words: bool) -> None:
    assert isinstance(mask(text, own_words=own_words), str)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"mi nss es {NSS}.", "mi nss es *******0018."),
        ("mi teléfono es 5500001234", "mi teléfono es ******1234"),
        ("mi teléfono es 55 0000 1234", "mi teléfono es ******1234"),
        ("nací el 12031985", "nací el ****1985"),
        ("mi agregado es 1F1985OR", "mi agregado es *F****OR"),
        ("mi correo es lucia.e@dominio.gob.mx", "mi correo es l***@d***.mx"),
        ("mi RFC es EAML850312AB1", "mi RFC es *********2AB1"),
        (f"mi curp es {CURP}", "mi curp es ****************09"),
    ],
)
def test_masked_forms_of_the_inventory(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(
    st.sampled_from(FOLIOS),
    st.sampled_from(["", "Su folio es ", "folio: ", "("]),
    st.sampled_from(["", ".", ", anótelo", ")"]),
)
def test_folios_stay_readable_whoever_writes_them(folio: str, prefix: str, suffix: str) -> None:
    assert mask(f"{prefix}{folio}{suffix}") == f"{prefix}{folio}{suffix}"
    assert mask(f"{prefix}{folio}{suffix}", own_words=False) == f"{prefix}{folio}{suffix}"


def test_institutional_phones_and_texts_stay_readable_in_the_bots_words(catalogue: Catalogue) -> None:
    ids = ("recepcion", "derechohabiente", "cita_medica", "velatorios", "guarderias", "orientacion_medica")
    phones = [phone for campaign_id in ids if (found := catalogue.get(campaign_id)) for phone in found.phones]
    assert phones
    for phone in phones:
        text = f"Llame al {phone} o escriba a contacto@imss.gob.mx, de 08:00 a 20:00 horas."
        assert mask(text, own_words=False) == text


def test_appointments_stay_readable_in_the_bots_words() -> None:
    text = "Su cita: viernes 16 de octubre de 2026 a las 8:45 de la mañana, consultorio 07, UMF 901. CMT-261015-00001-7"
    assert mask(text, own_words=False) == text


@pytest.mark.parametrize("text", ["tengo 3 hijos", "el 15/10/2026 a las 08:45", "número 123456", "UMF 901, piso 2"])
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert mask(text) == text


def test_masks_of_single_values() -> None:
    assert mask_nss(NSS) == "*******0018"
    assert mask_origin("203.0.113.7") == "203.0.113.*"
    assert mask_origin("5500001234") == "******1234"
    assert "7348" not in mask_origin("2001:db8::ff00:42:7348")


@pytest.mark.parametrize(
    "written", ["+52 55 0000 1234", "+525500001234", "044 55 0000 1234", "521 5500001234", "5500001234"]
)
def test_telephones_with_their_prefixes(written: str) -> None:
    assert mask(f"mi cel es {written}").endswith("1234")
    assert "5500" not in mask(f"mi cel es {written}").replace(" ", "")


@pytest.mark.parametrize(
    "said", ["mi contraseña es gatito123", "la clave del portal: Abc.123", "mi password gato77", "mi nip es 4821"]
)
def test_secrets_nobody_asked_for(said: str) -> None:
    masked = mask(said)
    assert "[SECRETO]" in masked
    for secret in ("gatito", "Abc", "gato77", "4821"):
        assert secret not in masked


def test_speaking_of_a_password_is_no_secret() -> None:
    said = "olvidé mi contraseña del portal y no sé la clave de mi clínica"
    assert mask(said) == said
