"""What counts as consent: every word must say so, because a booking rests on it."""

import pytest

from actions.consent import CANCEL_ORDERS, asks_about_offer, asks_to_wait, read_consent


@pytest.mark.parametrize(
    "said",
    ["sí", "si por favor", "ok", "va", "sale", "sí, está bien", "acepto la cita", "de acuerdo", "uno", "1",
     "sí señorita", "perfecto, muy bien", "si la quiero", "sí quiero esa hora", "claro que sí", "ándale", "así es",
     "sí, seguro", "que sí"],
)  # fmt: skip
def test_yes(said: str) -> None:
    assert read_consent(said) is True


@pytest.mark.parametrize(
    "said",
    ["acepto pero que sea en la tarde", "ok dejeme pensarlo", "esta bien, a que hora dijo?",
     "acepto solo si es con la doctora",
     "sale, aunque preferiria el lunes", "si me queda bien pero mejor a las 5", "si es para mi hijo verdad",
     "si, pero mejor el lunes", "si, pero antes digame si la puedo cambiar de dia", "¿sí?", "mmm", "",
     "que hora me queda", "y que es lo correcto", "con mi seguro", "es con mi seguro"],
)  # fmt: skip
def test_a_yes_with_a_condition_is_none(said: str) -> None:
    assert read_consent(said) is None


@pytest.mark.parametrize("said", ["no", "no gracias", "claro que no", "para nada", "mejor no", "no, el viernes", "2"])
def test_no(said: str) -> None:
    assert read_consent(said) is False


def test_an_order_says_yes_only_where_it_is_asked_for() -> None:
    for said in ("cancélela", "sí, cancélela por favor", "cancelar"):
        assert read_consent(said, CANCEL_ORDERS) is True
        assert read_consent(said) is not True
    assert read_consent("si, pero si cancelo pierdo mi lugar?", CANCEL_ORDERS) is None
    assert read_consent("no la cancele", CANCEL_ORDERS) is False


def test_questions_about_the_offer_and_waiting() -> None:
    for said in ("¿cuál clínica es?", "a que direccion tengo que ir", "¿dónde es?", "a qué hora dijo"):
        assert asks_about_offer(said), said
    assert not asks_about_offer("sí, me queda bien esa clínica")
    assert asks_to_wait("espere, lo voy a buscar") and asks_to_wait("un momento por favor")
    assert not asks_to_wait("espere es 00058500018") and not asks_to_wait("no puedo esperar")
