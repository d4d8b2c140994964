"""Held-out sentences, what a campaign's model makes of them, and the accuracy of its intents."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

FALLBACK = "nlu_fallback"
"""The intent of a sentence that was not understood: Rasa's FallbackClassifier, or no keyword found."""


class SentencesError(Exception):
    """A file of sentences cannot be used; the text names file and intent, and says what to do."""


class EngineError(Exception):
    """The engine did not answer as it should; the text names its address and says what to do."""


@dataclass(frozen=True)
class Judged:
    """One held-out sentence and what the model made of it."""

    text: str
    expected: str
    predicted: str
    confidence: float
    """Of the likeliest intent, 0 to 1, also when FallbackClassifier put it aside."""
    put_aside: str | None = None
    """The likeliest intent where FallbackClassifier answered in its place."""

    @property
    def is_right(self) -> bool:
        """Whether the intent is the expected one."""
        return self.predicted == self.expected

    @property
    def likeliest(self) -> str | None:
        """The likeliest intent before any threshold; None when the model had none (no keyword was found)."""
        return self.put_aside or (None if self.predicted == FALLBACK else self.predicted)


def held_out(path: Path) -> list[tuple[str, str]]:
    """(sentence, intent) pairs of a Rasa NLU file; synonyms, lookup tables and expressions are passed over.

    Raises:
        SentencesError: the file is missing, not YAML, or an intent in it has no sentences.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SentencesError(f"{path}: no se pudo leer ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SentencesError(f"{path}: no es YAML válido. {error}") from error
    entries = data.get("nlu") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SentencesError(f"{path}: falta la lista «nlu:» con las intenciones y sus oraciones.")
    pairs = [pair for number, entry in enumerate(entries, start=1) for pair in _sentences(path, number, entry)]
    if not pairs:
        raise SentencesError(f"{path}: no hay ninguna oración.")
    return pairs


def _sentences(path: Path, number: int, entry: object) -> list[tuple[str, str]]:
    if isinstance(entry, dict) and entry.keys() & {"synonym", "lookup", "regex"}:
        return []
    intent = entry.get("intent") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(intent, str):
        raise SentencesError(f"{path}: el elemento {number} de «nlu» no dice de qué intención es («intent: …»).")
    examples = entry.get("examples")
    lines = [line.strip() for line in examples.splitlines() if line.strip()] if isinstance(examples, str) else []
    if not lines:
        raise SentencesError(f"{path}: la intención «{intent}» no tiene oraciones; escríbalas bajo «examples: |».")
    for line in lines:
        if not line.startswith("- ") or not line[2:].strip():
            raise SentencesError(f"{path}: en la intención «{intent}», «{line}» no es una oración («- …»).")
    return [(line[2:].strip(), intent) for line in lines]


def judged(text: str, expected: str, answer: Mapping[str, Any]) -> Judged:
    """Hold Rasa's answer to a sentence (`/model/parse`: intent, intent_ranking) against the expected intent.

    FallbackClassifier reports its threshold as the confidence; what the model thought stands second in the ranking.

    Raises:
        KeyError, TypeError: the answer is not Rasa's.
    """
    intent = answer["intent"]
    name, confidence = intent["name"] or FALLBACK, float(intent["confidence"])
    if name != FALLBACK:
        return Judged(text, expected, name, confidence)
    behind = next((one for one in answer.get("intent_ranking") or () if one["name"] not in (FALLBACK, None)), None)
    if behind is None:
        return Judged(text, expected, FALLBACK, 0.0)
    return Judged(text, expected, FALLBACK, float(behind["confidence"]), behind["name"])


def judge_model(
    client: httpx.Client,
    campaign: str,
    sentences: Sequence[tuple[str, str]],
    advance: Callable[[], object] = lambda: None,
) -> list[Judged]:
    """Ask the engine for the intent of every sentence; `advance` is called after each.

    Raises:
        EngineError: no engine at the client's address, it does not serve the campaign, or it failed.
    """
    found = []
    for text, expected in sentences:
        try:
            response = client.post(f"/campaigns/{campaign}/model/parse", json={"text": text})
        except httpx.TransportError as error:
            raise EngineError(
                f"No hay motor en {client.base_url} ({error}). Inícielo con «make run» o indique otra dirección con "
                "--url."
            ) from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise EngineError(
                f"El motor de {client.base_url} no tiene cargada la campaña «{campaign}» (HTTP 404). Entrénela con "
                "«make train» e inicie de nuevo el motor."
            )
        try:
            found.append(judged(text, expected, response.raise_for_status().json()))
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as error:
            raise EngineError(f"{client.base_url} no contestó como el motor de Ventanilla: {error}") from error
        advance()
    return found


def f1_by_intent(judged: Iterable[Judged]) -> dict[str, float]:
    """F1 of each expected intent: harmonic mean of precision and recall."""
    found = list(judged)
    right = Counter(one.expected for one in found if one.is_right)
    expected = Counter(one.expected for one in found)
    predicted = Counter(one.predicted for one in found)
    return {intent: 2 * right[intent] / (expected[intent] + predicted[intent]) for intent in expected}


def macro_f1(judged: Iterable[Judged]) -> float:
    """Mean of the F1 of the expected intents, each counting the same."""
    scores = f1_by_intent(judged)
    return sum(scores.values()) / len(scores)


def accuracy(judged: Sequence[Judged]) -> float:
    """Share of sentences with the right intent."""
    return sum(one.is_right for one in judged) / len(judged)
