"""Kappa against values computed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.quality.agreement import cohen_kappa, compare

verdicts = st.sampled_from(["correct", "incorrect", "imprecise", "off_topic", "confusing"])


def pairs(table: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    return [pair for pair, count in table.items() for _ in range(count)]


def test_the_textbook_table() -> None:
    # p_o = 35/50 = 0.70; p_e = 25/50 * 30/50 + 25/50 * 20/50 = 0.50; kappa = 0.20 / 0.50
    found = cohen_kappa(pairs({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}))
    assert found == pytest.approx(0.4)


def test_three_verdicts() -> None:
    # N = 10, agreed 7; firsts 6/2/2, seconds 5/3/2: p_e = (30 + 6 + 4) / 100 = 0.40; kappa = (0.7 - 0.4) / 0.6
    table = {("correct", "correct"): 5, ("correct", "incorrect"): 1, ("incorrect", "incorrect"): 1,
             ("incorrect", "confusing"): 1, ("confusing", "confusing"): 1, ("confusing", "incorrect"): 1}  # fmt: skip
    assert cohen_kappa(pairs(table)) == pytest.approx(0.5)


def test_worse_than_chance_is_negative() -> None:
    assert cohen_kappa([("a", "b"), ("b", "a")]) == pytest.approx(-1.0)


def test_undefined_is_none_and_not_perfect() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([("correct", "correct")] * 20) is None


def test_one_constant_reviewer_has_no_agreement_beyond_chance() -> None:
    assert cohen_kappa([("correct", "correct"), ("correct", "incorrect")]) == 0


@given(st.lists(st.tuples(verdicts, verdicts), max_size=40))
def test_kappa_is_symmetric_and_bounded(found: list[tuple[str, str]]) -> None:
    kappa = cohen_kappa(found)
    assert kappa == cohen_kappa([(second, first) for first, second in found])
    if kappa is not None:
        assert -1 <= kappa <= 1
        assert (kappa == 1) == all(first == second for first, second in found)


def test_questions_of_one_reviewer_alone_are_counted_apart() -> None:
    found = compare(
        [
            ({"vigencia": "correct", "semanas": "incorrect"}, {"vigencia": "correct"}),
            ({"vigencia": "imprecise"}, {"vigencia": "incorrect", "citas": "incorrect"}),
        ]
    )
    assert (found.judged_by_both, found.agreed, found.judged_by_one) == (2, 1, 2)
    assert found.kappa == pytest.approx(1 / 3)  # p_o = 1/2; p_e = 1/2 * 1/2 + 1/2 * 0 + 1/2 * 0 = 1/4
    assert found.words == "acuerdo bajo"
