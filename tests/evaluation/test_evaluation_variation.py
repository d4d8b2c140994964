"""Variations: seeded, and never touching what must stay as it is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.variation import Variation, varied

SENTENCE = "¿Quiero saber, por favor, si estoy vigente? Mi NSS es 00058500018 y nací el 12/03/1985"
OF_WORDS = [variation for variation in Variation if variation.of_words]


@pytest.mark.parametrize("variation", OF_WORDS)
@given(text=st.text(max_size=80), seed=st.integers(0, 9))
def test_the_same_seed_writes_the_same(variation: Variation, text: str, seed: int) -> None:
    assert varied(text, variation, random.Random(seed)) == varied(text, variation, random.Random(seed))


@pytest.mark.parametrize("variation", [Variation.SIN_ACENTOS, Variation.FALTAS, Variation.CHAT])
def test_numbers_are_left_alone(variation: Variation) -> None:
    for seed in range(20):
        said = varied(SENTENCE, variation, random.Random(seed))
        assert "00058500018" in said
        assert "12/03/1985" in said


def test_typos_differ_by_seed_and_hit_some_words() -> None:
    said = {varied(SENTENCE, Variation.FALTAS, random.Random(seed)) for seed in range(10)}
    assert len(said) > 5


def test_without_accents_keeps_the_enye() -> None:
    assert varied("¿Mañana tendrá cita el niño?", Variation.SIN_ACENTOS, random.Random(1)) == (
        "mañana tendra cita el niño?"
    )


def test_shorthand() -> None:
    assert varied("Quiero saber qué necesito, por favor.", Variation.CHAT, random.Random(1)) == (
        "kiero saber q nesecito, x fa"
    )


def test_dictation_has_words_only() -> None:
    assert varied(SENTENCE, Variation.DICTADO, random.Random(1)) == (
        "quiero saber por favor si estoy vigente mi nss es cero cero cero cinco ocho cinco cero cero cero uno ocho "
        "y nací el doce de marzo de mil novecientos ochenta y cinco"
    )


def test_dictation_says_short_numbers_as_numbers_and_impossible_dates_as_they_stand() -> None:
    said = varied("tengo 3 hijos; 12/13/1985", Variation.DICTADO, random.Random(1))
    assert said == "tengo tres hijos doce trece mil novecientos ochenta y cinco"


def test_conduct_changes_no_words() -> None:
    assert varied(SENTENCE, Variation.PIDE_PERSONA, random.Random(1)) == SENTENCE
    assert varied(SENTENCE, None, random.Random(1)) == SENTENCE
