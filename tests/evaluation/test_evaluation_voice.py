"""Cases held by telephone: they can be said, with words that the test model knows, and dictation repeats by seed."""

import random
import re
from pathlib import Path

import pytest

from evaluation.suite import Case, SuiteError, find_suites, read_suite
from evaluation.voice_citizen import sayable, spoken_data
from voice.expectation import Expectation
from voice.spoken_numbers import normalise

ROOT = Path(__file__).resolve().parents[2]
WORDS = ROOT / "tests" / "data" / "vosk-model-es-sintetico" / "graph" / "words.txt"
LUCIA = {"nss": "00058500018", "fecha_nacimiento": "1985-03-12"}
CASES = [case for path in find_suites([ROOT / "evaluation" / "suites-voice"]) for case in read_suite(path).cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_is_said_can_be_heard_by_the_test_model(case: Case) -> None:
    sayable(case)
    known = {line.split()[0] for line in WORDS.read_text(encoding="utf-8").splitlines()}
    data = spoken_data(LUCIA, random.Random(1))
    said = " ".join(step.say.format_map(data) for step in case.steps if step.say)
    assert set(re.findall(r"\w+", said)) <= known


@pytest.mark.parametrize("seed", range(6))
def test_what_is_dictated_is_what_would_have_been_typed(seed: int) -> None:
    dictated = spoken_data(LUCIA, random.Random(seed))
    assert dictated == spoken_data(LUCIA, random.Random(seed))
    assert normalise(dictated["nss"], Expectation("nss")) == LUCIA["nss"]
    assert normalise(dictated["fecha"], Expectation("date")) == "12/03/1985"


def test_buttons_cannot_be_pressed_by_telephone() -> None:
    case = {"id": "x", "title": "x", "steps": [{"choose": "offer:accept"}], "expect": {"outcome": "resolved"}}
    with pytest.raises(SuiteError, match="x: una llamada se lleva"):
        sayable(Case.model_validate(case))
