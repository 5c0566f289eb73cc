"""Packing against the best there is, found by trying every way; and what is never packed together."""

from fractions import Fraction
from itertools import product

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_platform.orchestration.packing import Packing, pack

ROWS = st.lists(st.integers(0, 30), min_size=1, max_size=7).map(
    lambda rows: {f"era-{index}": count for index, count in enumerate(rows)}
)


def best_makespan(rows: list[int], bins: int) -> int:
    return min(
        max(sum(count for count, where in zip(rows, placed, strict=True) if where == index) for index in range(bins))
        for placed in product(range(bins), repeat=len(rows))
    )


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(1, 3))
def test_the_fullest_batch_is_within_four_thirds_of_the_best(rows: dict[str, int], bins: int) -> None:
    packed = pack(rows, bins=bins)
    assert sorted(era_id for batch in packed for era_id in batch) == sorted(rows)
    assert len(packed) <= bins
    fullest = max(sum(rows[era_id] for era_id in batch) for batch in packed)
    bound = Fraction(4, 3) - Fraction(1, 3 * bins)
    assert fullest <= bound * best_makespan(list(rows.values()), bins)


@pytest.mark.parametrize(("rows", "bins", "fullest"), [([3, 3, 2, 2, 2], 2, 7), ([5, 5, 4, 4, 3, 3, 3], 3, 11)])
def test_the_longest_goes_first_and_onto_the_emptiest(rows: list[int], bins: int, fullest: int) -> None:
    named = {f"era-{index}": count for index, count in enumerate(rows)}
    assert max(sum(named[era_id] for era_id in batch) for batch in pack(named, bins=bins)) == fullest


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(1, 3), st.integers(1, 4), st.integers(1, 60))
def test_no_batch_holds_more_eras_or_readings_than_it_may(
    rows: dict[str, int], bins: int, most_eras: int, most_rows: int
) -> None:
    packed = pack(rows, bins=bins, most_eras=most_eras, most_rows=most_rows)
    assert sorted(era_id for batch in packed for era_id in batch) == sorted(rows)
    for batch in packed:
        assert len(batch) <= most_eras
        assert len(batch) == 1 or sum(rows[era_id] for era_id in batch) <= most_rows


def test_eras_without_readings_are_spread_too() -> None:
    assert sorted(map(len, pack({f"era-{index}": 0 for index in range(9)}, bins=3))) == [3, 3, 3]


def test_what_would_be_routed_differently_is_never_packed_together() -> None:
    rows = {"small": 10, "large": 101, "smaller": 5, "unknown": None, "larger": 500}
    packing = Packing(threshold=100, slots=1)
    assert packing.batches(rows) == [["larger"], ["large"], ["unknown"], ["small", "smaller"]]
    assert packing.batches(rows, large_alone=False) == [["larger", "large"], ["unknown"], ["small", "smaller"]]


def test_ten_thousand_small_eras_become_some_full_batches() -> None:
    batches = Packing(slots=4).batches({f"era-{index}": 400 for index in range(10_000)})
    assert [len(batch) for batch in batches] == [200] * 50


def test_any_other_queue_has_the_shipped_threshold(instance: dg.DagsterInstance) -> None:
    assert Packing.of(instance).threshold == Packing().threshold
