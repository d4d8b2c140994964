"""What tells an emergency and what does not, as people type it; how the words are written, and what reading takes.

The sentences are ours, written to measure `bots/shared/emergency.yml`; every emergency must be found.
"""

import sys
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from content.catalogue import Catalogue
from conversation.emergency import EmergencyWords, sounded

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ROOT / "tests" / "data" / "emergency"
TOLERATED_FALSE_ALARMS = 0.04
"""Share of ordinary messages: 2 of 50."""
MOST_STEPS = 5000
"""Functions called while one message is read; 1,742 were, at the most, when this was written."""


def sentences(name: str) -> list[str]:
    """The sentences of a file, without its headings."""
    lines = (SENTENCES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


EMERGENCIES, ORDINARY = sentences("emergencies.txt"), sentences("ordinary.txt")


@pytest.mark.parametrize("text", EMERGENCIES)
def test_every_emergency_is_found(catalogue: Catalogue, text: str) -> None:
    assert catalogue.emergency().found_in(text)


def test_few_ordinary_messages_raise_a_false_alarm(catalogue: Catalogue) -> None:
    alarms = {text: told for text in ORDINARY if (told := catalogue.emergency().told_by(text))}
    assert len(alarms) <= TOLERATED_FALSE_ALARMS * len(ORDINARY), alarms


def test_the_sets_are_large_enough() -> None:
    assert len(set(EMERGENCIES)) >= 70
    assert len(set(ORDINARY)) >= 50


def steps_of_reading(words: EmergencyWords, text: str) -> int:
    """Functions that are called while a message is read: the work it takes, the same on every machine."""
    steps = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        words.found_in(text)
    finally:
        sys.setprofile(None)
    return steps


def test_reading_a_message_is_little_work_and_grows_with_its_length_only(catalogue: Catalogue) -> None:
    words = catalogue.emergency()
    words.found_in("hola")  # what is made once, at the first message, is made now
    assert max(steps_of_reading(words, text) for text in ORDINARY) < MOST_STEPS
    long = " ".join(" ".join(ORDINARY).split()[:60])  # as many words as are also checked for slips
    assert steps_of_reading(words, f"{long} {long}") < 2.5 * steps_of_reading(words, long)


@pytest.mark.parametrize(
    ("one", "other"),
    [("pecho", "pexo"), ("convulsion", "combulcion"), ("hijo", "ijo"), ("ahogando", "aogando"), ("desmayo", "desmallo"),
     ("respira", "rrespira"), ("hemorragia", "emorrajia"), ("quiero", "kiero")],
)  # fmt: skip
def test_words_that_sound_alike_are_one(one: str, other: str) -> None:
    assert sounded(one) == sounded(other)


def words_of(**fields: object) -> EmergencyWords:
    return EmergencyWords.model_validate({"prompt": "911", "words": ["no respira"], **fields})


def test_a_sign_counts_in_either_order_and_only_near() -> None:
    sign = {"name": "ojo", "any": ["duele"], "near": ["@partes"], "within": 2}
    words = words_of(signs=[sign], lists={"partes": ["ojo", "oid*"]})
    assert words.told_by("me duele mucho un ojo") == "ojo"
    assert words.found_in("el ojo me duele")
    assert words.found_in("duelle los oídos")
    stem = words_of(signs=[{"name": "brazo", "any": ["adormec*"], "near": ["brazo"]}])
    assert stem.found_in("se me adormeció un brazo")
    assert stem.found_in("brazo adormecado")
    assert not words.found_in("duele la muela y también un ojo")


def test_a_weak_sign_gives_way_and_a_strong_one_does_not() -> None:
    fields = {"unless": ["incapacidad"], "weak": ["parto"]}
    weak = words_of(signs=[{"name": "ojo", "any": ["duele"], "near": ["ojo"], "weak": True}], **fields)
    assert weak.found_in("me duele el ojo")
    assert not weak.found_in("incapacidad porque me duele el ojo")
    assert weak.found_in("parto")
    assert not weak.found_in("incapacidad por parto")
    assert weak.found_in("incapacidad y mi mamá no respira")


def test_harmless_expressions_hide_only_themselves() -> None:
    words = words_of(words=["me muero"], harmless=["me muero de ganas"])
    assert not words.found_in("me muero de ganas")
    assert words.found_in("me muero de ganas, y ahora sí me muero")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"words": ["No respira"]}, "small letters"),
        ({"words": ["corazón"]}, "small letters"),
        ({"words": ["so*"]}, "too many words"),
        ({"words": ["a*a"]}, "small letters"),
        ({"words": [""]}, "small letters"),
        ({"harmless": ["no respira"]}, "harmless"),
        ({"signs": [{"name": "a", "any": ["@nadie"], "near": ["b"]}]}, "nadie"),
        ({"signs": [{"name": "a", "any": ["b"], "near": []}]}, "near"),
        ({"signs": [{"name": "a", "any": ["b"], "near": ["c"], "within": 40}]}, "within"),
        ({"signs": [{"name": "a", "any": ["b"], "near": ["c"]}] * 2}, "named"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_file_is_refused_when_read(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        words_of(**fields)


def test_the_file_has_no_term_twice_in_a_group() -> None:
    data = yaml.safe_load((ROOT / "bots" / "shared" / "emergency.yml").read_text(encoding="utf-8"))
    groups = {key: data[key] for key in ("words", "weak", "unless", "harmless")} | data["lists"]
    assert {name: {one for one in terms if terms.count(one) > 1} for name, terms in groups.items()} == {
        name: set() for name in groups
    }
