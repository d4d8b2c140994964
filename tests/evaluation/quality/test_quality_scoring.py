"""Scores of a monitoring and of a month."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.quality.scoring import Criterion, month_score, review_score


def marks(*values: int) -> dict[Criterion, int]:
    return dict(zip(Criterion, values, strict=True))


def test_the_four_criteria_are_the_contracts() -> None:
    assert [criterion.label for criterion in Criterion] == [
        "Información correcta y completa", "Procedimientos adecuados", "Análisis y comprensión", "Etiqueta",
    ]  # fmt: skip


def test_the_score_is_the_exact_mean() -> None:
    assert review_score(marks(100, 100, 100, 75)) == Decimal("93.75")
    assert review_score(marks(0, 0, 0, 0)) == 0


@pytest.mark.parametrize("values", [(101, 0, 0, 0), (0, -1, 0, 0)])
def test_marks_outside_the_scale_are_refused(values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        review_score(marks(*values))


def test_a_missing_criterion_is_named() -> None:
    with pytest.raises(ValueError, match="etiqueta"):
        review_score({criterion: 100 for criterion in Criterion if criterion is not Criterion.ETIQUETTE})


def test_the_months_score_is_the_sum_over_one_hundred() -> None:
    assert month_score([Decimal(95)] * 99 + [Decimal("93.75")]) == Decimal("94.99")
    assert month_score([Decimal(100)] * 50) == Decimal(50)
    assert month_score([Decimal(100), Decimal("83.33")], 2) == Decimal("91.67")
    assert month_score([], 0) is None


def test_more_scores_than_monitorings_are_refused() -> None:
    with pytest.raises(ValueError, match="2 scores of 1"):
        month_score([Decimal(1), Decimal(2)], 1)


@given(st.lists(st.lists(st.integers(0, 100), min_size=4, max_size=4), min_size=1, max_size=100))
def test_the_months_score_stays_within_its_scores(reviews: list[list[int]]) -> None:
    scores = [review_score(marks(*review)) for review in reviews]
    found = month_score(scores, len(scores))
    assert found is not None
    assert min(scores) - 1 <= found <= max(scores) + 1
