"""Intervals against published values; pass^k against its definition; nothing of the infrastructure in any rate."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_run import build_question, build_result, build_run, synthetic_run

from evaluation.results import Status
from evaluation.statistics import Rate, pass_hat, percent, tallies, tally, wilson

# R. G. Newcombe, «Two-sided confidence intervals for the single proportion», Statistics in Medicine 17 (1998), table I,
# method 3 (Wilson's score without continuity correction).
PUBLISHED = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]


@pytest.mark.parametrize(("hits", "total", "low", "high"), PUBLISHED)
def test_wilson_gives_the_published_values(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_holds_the_share_and_stays_a_probability(counts: tuple[int, int]) -> None:
    hits, total = counts
    low, high = wilson(hits, total)
    assert 0 <= low <= hits / total <= high <= 1
    mirrored = wilson(total - hits, total)
    assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high), abs=1e-9)


def test_nothing_observed_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert str(Rate(0, 0)) == "sin datos" and Rate(0, 0).share is None
    with pytest.raises(ValueError, match="between 0 and 3"):
        wilson(4, 3)


def test_few_are_counted_and_many_are_a_percentage_with_its_interval() -> None:
    assert str(Rate(7, 9)) == "7 de 9"
    assert str(Rate(81, 263)) == "30.8\u00a0% (25.5 a 36.6\u00a0%)"
    assert str(Rate(30, 36, cases=9)) == "30 de 36"


def test_repetitions_do_not_narrow_the_interval() -> None:
    assert Rate(80, 400, cases=100).interval == pytest.approx(wilson(20, 100))


@pytest.mark.parametrize(("share", "text"), [(0, "0"), (1, "100"), (0.9999, ">99.9"), (0.0001, "<0.1"), (0.95, "95.0")])
def test_only_certainty_is_shown_as_such(share: float, text: str) -> None:
    assert percent(share) == f"{text}\u00a0%"


def _case(name: str, outcomes: str) -> list:
    kinds = {"p": Status.PASSED, "f": Status.FAILED, "i": Status.INFRASTRUCTURE}
    return [build_result(case=name, repetition=n, status=kinds[kind]) for n, kind in enumerate(outcomes, start=1)]


def test_pass_hat_counts_the_draws_of_k_that_all_pass() -> None:
    outcomes = {"a": "pppppf", "b": "ppppff", "c": "ffffff", "d": "pppp"}
    results = [one for name, kinds in outcomes.items() for one in _case(name, kinds)]
    expected = 0.0
    for kinds in outcomes.values():
        draws = list(combinations(kinds, 4))
        expected += sum(set(draw) == {"p"} for draw in draws) / len(draws)
    rate = pass_hat(results)
    assert rate is not None and rate.total == 4 and rate.hits == pytest.approx(expected)
    once = pass_hat(results, k=1)
    assert once is not None and once.share == pytest.approx((5 / 6 + 4 / 6 + 0 + 1) / 4)


def test_pass_hat_needs_k_repetitions_that_count() -> None:
    assert pass_hat(_case("a", "pppi")) is None
    rate = pass_hat(_case("a", "pppi") + _case("b", "ppppi"))
    assert rate is not None and (rate.hits, rate.total) == (1, 1)


def test_a_tally_leaves_infrastructure_out_and_counts_it() -> None:
    wrong = build_result(case="c", status=Status.FAILED, questions=(build_question("x", "confusing"),))
    outage = build_result(case="d", status=Status.INFRASTRUCTURE, questions=(build_question("x", "incorrect"),))
    found = tally([*_case("a", "ppp"), *_case("b", "pfi"), wrong, outage])
    assert (found.cases, found.passed.hits, found.passed.total) == (3, 4, 6)
    assert (found.failed, found.wrong.hits, found.wrong.total, found.infrastructure) == (2, 1, 6, 2)
    assert found.always_passed is None


def test_tallies_are_by_campaign_and_channel_and_add_up() -> None:
    run = synthetic_run()
    voice = build_result(channel="voice")
    found = tallies(build_run([*run.results, voice]))
    assert list(found) == [
        ("cita_medica", "webchat"),
        ("derechohabiente", "voice"),
        ("derechohabiente", "webchat"),
        ("recepcion", "webchat"),
    ]
    assert sum(one.passed.total + one.infrastructure for one in found.values()) == len(run.results) + 1
