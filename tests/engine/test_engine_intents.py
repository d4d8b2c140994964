"""Intent accuracy on the held-out sentences, through the engine that serves citizens."""

from collections import Counter
from pathlib import Path

import httpx
import pytest

from evaluation.intents import held_out, judge_model, macro_f1

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST_SENTENCES = 12


def sentences(campaign: str) -> list[tuple[str, str]]:
    return held_out(ROOT / "nlu_data" / campaign / "test.yml")


@pytest.mark.parametrize(
    ("campaign", "least"),
    [
        ("derechohabiente", 0.95),
        # Keywords without learning (basico, L11383): what they do not find goes to the menu or to a person.
        ("cita_medica", 0.70),
        ("recepcion", 0.80),
    ],
)
def test_macro_f1_on_held_out_sentences(system, campaign: str, least: float) -> None:
    with httpx.Client(base_url=system.engine, timeout=60.0) as client:
        judged = judge_model(client, campaign, sentences(campaign))
    wrong = [f"{one.expected} -> {one.predicted}: {one.text}" for one in judged if one.expected != one.predicted]
    assert macro_f1(judged) >= least, "\n".join(wrong)


@pytest.mark.parametrize("campaign", ["derechohabiente", "cita_medica", "recepcion"])
def test_held_out_sentences_are_many_and_not_in_the_training_data(campaign: str) -> None:
    pairs = sentences(campaign)
    counts = Counter(intent for _, intent in pairs)
    assert min(counts.values()) >= LEAST_SENTENCES
    files = [ROOT / "nlu_data" / campaign / "train.yml", ROOT / "nlu_data" / "shared" / "train.yml"]
    trained = {text.lower() for path in files for text, _ in held_out(path)}
    long_ones = [text for text, _ in pairs if len(text.split()) > 3]
    assert [text for text in long_ones if text.lower() in trained] == []
