"""Calibration and thresholds, each recomputed here by another way than the code's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_run import build_question, build_result

from evaluation.results import Status
from evaluation.thresholds import (
    Calibration,
    Pair,
    break_even,
    brier_score,
    calibration_error,
    choose,
    pairs_of,
    reliability,
)

PAIRS = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=60)


def test_pairs_are_the_questions_with_confidence_and_verdict() -> None:
    results = [
        build_result(
            questions=(build_question("a", confidence=0.9), build_question("b", "unverified", confidence=0.8))
        ),
        build_result(questions=(build_question("a", "imprecise", confidence=0.4), build_question("b"))),
        build_result(status=Status.INFRASTRUCTURE, questions=(build_question("a", confidence=0.1),)),
    ]
    assert pairs_of(results) == [(0.9, True), (0.4, False)]


def test_the_reliability_table_has_bins_of_equal_width() -> None:
    pairs = [(0.05, False), (0.65, True), (0.6, False), (1.0, True)]
    bins = reliability(pairs)
    assert [one.right.total for one in bins] == [1, 0, 0, 0, 0, 0, 2, 0, 0, 1]
    assert bins[6].confidence == pytest.approx(0.625) and bins[6].right.share == 0.5
    assert bins[1].confidence is None
    assert calibration_error(pairs) == pytest.approx((0.05 + 2 * 0.125 + 0) / 4)
    assert brier_score(pairs) == pytest.approx((0.05**2 + 0.35**2 + 0.6**2 + 0) / 4)


def test_without_answers_nothing_is_made_up() -> None:
    assert calibration_error([]) is None and brier_score([]) is None and choose([]) is None
    assert Calibration([]).probability(0.5) is None


@given(PAIRS)
def test_isotonic_regression_is_the_min_max_formula(pairs: list[Pair]) -> None:
    """The least-squares monotone fit at x is the greatest, over starts up to x, of the least mean to any later end."""
    values = sorted({confidence for confidence, _ in pairs})

    def mean(low: float, high: float) -> float:
        inside = [right for confidence, right in pairs if low <= confidence <= high]
        return sum(inside) / len(inside)

    fitted = Calibration(pairs)
    for x in values:
        expected = max(min(mean(a, b) for b in values if b >= x) for a in values if a <= x)
        assert fitted.probability(x) == pytest.approx(expected)


@given(PAIRS, st.sampled_from([0.0, 0.5, 1.0]))
def test_the_pay_optimal_threshold_lies_where_calibrated_p_passes_break_even(
    pairs: list[Pair], recurring: float
) -> None:
    choice = choose(pairs, recurring=recurring)
    assert choice is not None
    fitted = Calibration(pairs)
    total = 0.0
    for confidence, right in pairs:
        p = fitted.probability(confidence)
        assert p is not None
        total += (1.0 if right else -5 * recurring) if p > break_even(recurring) else 0.3
    assert choice.pay_optimal.pay == pytest.approx(total / len(pairs))


@given(PAIRS, st.sampled_from([0.0, 0.02, 0.2]))
def test_the_citizen_first_threshold_is_the_lowest_that_keeps_its_limit(pairs: list[Pair], limit: float) -> None:
    choice = choose(pairs, wrong_limit=limit)
    assert choice is not None
    tolerable = [
        threshold
        for threshold in sorted({confidence for confidence, _ in pairs})
        if (given := [right for confidence, right in pairs if confidence >= threshold])
        and given.count(False) <= limit * len(given)
    ]
    assert choice.citizen_first.is_never is (not tolerable)
    if tolerable:
        assert choice.citizen_first.threshold == tolerable[0]


@given(PAIRS)
def test_every_point_is_what_happens_at_its_threshold(pairs: list[Pair]) -> None:
    choice = choose(pairs)
    assert choice is not None
    assert choice.curve[-1].is_never and choice.curve[-1].pay == pytest.approx(0.3)
    for point in choice.curve:
        given = [right for confidence, right in pairs if confidence >= point.threshold]
        assert (point.wrong.hits, point.wrong.total) == (given.count(False), len(given))
        assert point.answered == pytest.approx(len(given) / len(pairs))
        assert point.pay == pytest.approx((sum(given) + 0.3 * (len(pairs) - len(given))) / len(pairs))


def test_break_even_is_three_tenths_and_rises_with_recurrence() -> None:
    assert break_even() == 0.3
    for recurring in (0.1, 0.5, 1.0):
        p = break_even(recurring)
        assert p - (1 - p) * 5 * recurring == pytest.approx(0.3)


def test_shares_outside_zero_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="shares"):
        choose([(0.5, True)], wrong_limit=2)
    with pytest.raises(ValueError, match="shares"):
        choose([(0.5, True)], recurring=-1)


def test_one_confidence_leaves_no_threshold_to_choose() -> None:
    flat, open_ = choose([(1.0, True), (1.0, False)]), choose([(1.0, True), (0.4, False)])
    assert flat is not None and flat.is_flat
    assert open_ is not None and not open_.is_flat
