"""The draw: repeatable by anyone, whatever the order of the folios."""

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.quality.sampling import draw, second_share

folios = st.lists(st.integers(0, 10**6).map(lambda serial: f"VEN-20261015-{serial:07d}"), max_size=60)


@given(folios, st.integers(1, 80), st.integers(), st.randoms())
def test_a_draw_depends_on_seed_and_folios_alone(found: list[str], size: int, seed: int, shuffler) -> None:
    first = draw(found, size, seed)
    shuffler.shuffle(found)
    assert draw(found + found[:3], size, seed) == first
    assert len(first) == len(set(first)) == min(size, len(set(found)))
    assert set(first) <= set(found)


def test_the_draw_can_be_repeated_with_sha256sum() -> None:
    found = [f"VEN-{serial}" for serial in range(50)]
    by_hand = sorted(found, key=lambda folio: hashlib.sha256(f"7:{folio}".encode()).hexdigest())[:10]
    assert draw(found, 10, 7) == tuple(by_hand)


def test_other_seeds_give_other_samples_and_every_folio_its_chance() -> None:
    found = [f"VEN-{serial}" for serial in range(200)]
    drawn = [draw(found, 20, seed) for seed in range(60)]
    assert len(set(drawn)) == 60
    assert {folio for sample in drawn for folio in sample} == set(found)


@given(folios, st.decimals(0, 1, places=2), st.integers())
def test_the_second_share_is_a_part_of_the_sample_rounded_up(found: list[str], share: Decimal, seed: int) -> None:
    chosen = second_share(found, share, seed)
    exact = share * len(set(found))
    assert chosen <= set(found)
    assert exact <= len(chosen) < exact + 1
    assert chosen == second_share(found[::-1], share, seed)


def test_who_gets_a_second_reviewer_does_not_follow_from_the_order_of_the_draw() -> None:
    sample = draw([f"VEN-{serial}" for serial in range(300)], 100, 4)
    assert second_share(sample, seed=4) != frozenset(sample[:20])
    assert len(second_share(sample, seed=4)) == 20


def test_impossible_sizes_and_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        draw(["VEN-1"], 0, 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        second_share(["VEN-1"], Decimal("1.01"), 1)
