"""Payment cards in what a caller said: found among other numbers, and where in the sound they are."""

import pytest

from voice.recogniser import Word, transcript_of
from voice.spoken_cards import holds_card_number, is_card_number, numbers_span

CARD = "cuatro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno"
PAIRS = "cuarenta y uno once once once once once once once"


def test_card_numbers_are_known_by_length_and_check_digit() -> None:
    assert is_card_number("4111111111111111")
    assert not is_card_number("4111111111111112")
    assert not is_card_number("00058500018")
    assert not is_card_number("")


@pytest.mark.parametrize(
    "said",
    [
        CARD,
        PAIRS,
        f"mi tarjeta es {CARD}",
        f"es la {PAIRS} vence doce veintiséis y el código es ciento veintitrés",
        "cuarenta y uno once once once luego once once eh once once",
        f"llámenme al cincuenta y cinco doce treinta y cuatro cero cero uno dos la tarjeta es {CARD}",
    ],
)
def test_a_card_is_found_whatever_is_said_beside_it(said: str) -> None:
    assert holds_card_number(said)


@pytest.mark.parametrize(
    "said",
    [
        "", "no la tengo a la mano", f"{CARD} uno", "cero cero cero cinco ocho cinco cero cero cero uno ocho",
        "mi número es cincuenta y cinco doce treinta y cuatro cero cero uno dos",
    ],
)  # fmt: skip
def test_other_numbers_are_no_card(said: str) -> None:
    assert not holds_card_number(said)


def test_the_numbers_of_a_message_are_where_their_words_are() -> None:
    words = ["hola", "soy", "ana", "la", "tarjeta", "es", "cuarenta", "y", "uno", "once", "gracias"]
    heard = transcript_of(tuple(Word(word, 0.9, float(at), at + 0.9) for at, word in enumerate(words)))
    assert numbers_span(heard) == (pytest.approx(5.6), pytest.approx(10.3))
    assert numbers_span(transcript_of((Word("hola", 0.9, 0.0, 0.5),))) == (0.0, 0.0)
