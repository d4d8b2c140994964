"""What judged sentences say of a model: per intent, confusion, out of scope, calibration.

The definitions are those of scikit-learn's `precision_recall_fscore_support` with zero in place of an undefined value,
but for one: macro F1 averages over the *expected* intents. `nlu_fallback` is an answer, never an expected intent, and
averaging its zero in would punish a bot twice for saying that it did not understand.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.intents import FALLBACK, Judged, accuracy, macro_f1
from evaluation.thresholds import Bin, Pair, brier_score, calibration_error, reliability

OUT_OF_SCOPE = "fuera_de_tema"
"""The intent of a sentence that no campaign serves."""


@dataclass(frozen=True)
class IntentScore:
    """How well one expected intent is told apart."""

    intent: str
    precision: float
    recall: float
    f1: float
    support: int
    """Sentences that have this intent."""


@dataclass(frozen=True)
class OutOfScope:
    """Detection of sentences that are out of scope, against all others.

    Found means answered by `fuera_de_tema` or by `nlu_fallback`: in both cases nothing is served.
    """

    support: int
    """Sentences that are out of scope."""
    precision: float | None
    """None, as recall and F1, when no sentence is out of scope."""
    recall: float | None
    f1: float | None
    false_alarms: float | None
    """Share of the other sentences that were taken for out of scope, or not understood; None without others."""
    auroc: float | None
    """How likely an out-of-scope sentence scores higher than another; None when one of both kinds is missing."""


@dataclass(frozen=True)
class Measures:
    """Everything that is measured of one model on one set of sentences."""

    sentences: int
    accuracy: float
    macro_f1: float
    intents: tuple[IntentScore, ...]
    confusion: Counter[tuple[str, str]]
    """(expected, predicted) -> sentences."""
    not_understood: int
    """Sentences answered by `nlu_fallback`: wrong, but nothing wrong is served."""
    out_of_scope: OutOfScope
    reliability: tuple[Bin, ...]
    calibration_error: float | None
    """Expected calibration error; None when the model was confident of nothing."""
    brier: float | None
    misclassified: tuple[Judged, ...]

    def worst_pairs(self, limit: int) -> list[tuple[str, str, int]]:
        """The most frequent (expected, predicted, sentences) that are wrong."""
        wrong = [(*pair, count) for pair, count in self.confusion.items() if pair[0] != pair[1]]
        return sorted(wrong, key=lambda one: (-one[2], one[0], one[1]))[:limit]

    def labels(self) -> list[str]:
        """Every intent expected or predicted, in alphabetical order: rows and columns of the confusion matrix."""
        return sorted({intent for pair in self.confusion for intent in pair})

    def matrix(self) -> list[list[int]]:
        """Confusion matrix: rows are expected intents, columns predicted ones, in the order of `labels`."""
        labels = self.labels()
        return [[self.confusion[expected, predicted] for predicted in labels] for expected in labels]


def measure(judged: Sequence[Judged]) -> Measures:
    """Measure a model by its judged sentences.

    Raises:
        ValueError: there are no sentences.
    """
    if not judged:
        raise ValueError("nothing was judged")
    pairs = confidence_pairs(judged)
    return Measures(
        sentences=len(judged),
        accuracy=accuracy(judged),
        macro_f1=macro_f1(judged),
        intents=intent_scores(judged),
        confusion=Counter((one.expected, one.predicted) for one in judged),
        not_understood=sum(one.predicted == FALLBACK for one in judged),
        out_of_scope=out_of_scope(judged),
        reliability=tuple(reliability(pairs)),
        calibration_error=calibration_error(pairs),
        brier=brier_score(pairs),
        misclassified=tuple(one for one in judged if not one.is_right),
    )


def intent_scores(judged: Sequence[Judged]) -> tuple[IntentScore, ...]:
    """Precision, recall and F1 of every expected intent, the lowest F1 first."""
    right = Counter(one.expected for one in judged if one.is_right)
    expected = Counter(one.expected for one in judged)
    predicted = Counter(one.predicted for one in judged)
    scores = [
        IntentScore(intent, *_precision_recall_f1(right[intent], predicted[intent], support), support)
        for intent, support in expected.items()
    ]
    return tuple(sorted(scores, key=lambda one: (one.f1, one.intent)))


def out_of_scope(judged: Sequence[Judged]) -> OutOfScope:
    """Detection of what is out of scope."""
    actual = [one for one in judged if one.expected == OUT_OF_SCOPE]
    others = [one for one in judged if one.expected != OUT_OF_SCOPE]
    hits, alarms = (sum(one.predicted in (OUT_OF_SCOPE, FALLBACK) for one in group) for group in (actual, others))
    precision, recall, f1 = _precision_recall_f1(hits, hits + alarms, len(actual)) if actual else (None, None, None)
    scores = [[out_of_scope_score(one) for one in group] for group in (actual, others)]
    return OutOfScope(
        support=len(actual),
        precision=precision,
        recall=recall,
        f1=f1,
        false_alarms=alarms / len(others) if others else None,
        auroc=auroc(*scores) if all(scores) else None,
    )


def out_of_scope_score(one: Judged) -> float:
    """How much a sentence looks out of scope, 0 to 1, before any threshold.

    The confidence in `fuera_de_tema` where that is likeliest, what is missing to 1 where another intent is, and 1
    where there is none.
    """
    if one.likeliest is None:
        return 1.0
    return one.confidence if one.likeliest == OUT_OF_SCOPE else 1.0 - one.confidence


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Area under the ROC curve, as the share of pairs in which the positive scores higher; a tie is half a pair."""
    ordered = sorted(negatives)
    won = sum(bisect_left(ordered, score) + bisect_right(ordered, score) for score in positives) / 2
    return won / (len(positives) * len(negatives))


def confidence_pairs(judged: Sequence[Judged]) -> list[Pair]:
    """(confidence, right) of the likeliest intent before any threshold, for calibration.

    Sentences for which the model had no intent at all are left out: it claimed nothing.
    """
    return [(one.confidence, one.likeliest == one.expected) for one in judged if one.likeliest is not None]


def _precision_recall_f1(hits: int, found: int, actual: int) -> tuple[float, float, float]:
    precision = hits / found if found else 0.0
    return precision, hits / actual, 2 * hits / (found + actual)
