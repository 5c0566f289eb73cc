"""Counts by blocks and levels: where they decide, they decide as a look at every value does."""

import numpy as np
import pytest

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.noise_floor import is_signal, is_surely_signal, window_length
from feature_platform.features.calculators.window_counts import BLOCK, LEVELS, counts_needed, useful_reach, write_counts
from feature_platform_tests.parity.comparison import differences

LENGTH = 5200


def series() -> dict[str, FloatArray]:
    random = np.random.default_rng(3)
    noise = random.standard_normal(LENGTH)
    time = np.arange(LENGTH)
    outlier = noise.copy()
    outlier[[0, 700, -1]] = -50, 1e9, 80
    return {
        "noise": noise,
        "seasonal": 20 * np.sin(time / 40) + noise,
        "rounded": np.round(noise * 3),
        "negative": -np.abs(noise) - 1,
        "outlier": outlier,
        "ends": np.concatenate([[300.0], noise[1:-1], [-300.0]]),
        "growing": noise * time**2,
    }


def places_of_maxima(x: FloatArray) -> list[int]:
    return (np.flatnonzero((x[1:-1] > x[:-2]) & (x[1:-1] > x[2:])) + 1).tolist()


@pytest.mark.parametrize("kind", sorted(series()))
def test_what_is_sure_is_true(kind: str) -> None:
    x = series()[kind]
    counts = np.empty(counts_needed(LENGTH), dtype=np.int64)
    reach = useful_reach(x)
    assert write_counts(x, reach, counts)
    assert counts[LEVELS * (LENGTH // BLOCK) + LEVELS - 1] == LENGTH // BLOCK * BLOCK
    places = [*places_of_maxima(x)[::12], 0, LENGTH - 1]
    work = np.empty(window_length(LENGTH))
    sure = {place: is_surely_signal(float(x[place]), x, place, reach, counts) for place in places}
    decided = {place: said for place, said in sure.items() if said >= 0}
    assert decided == {place: int(is_signal(float(x[place]), x, place, work)) for place in decided}
    if kind != "outlier":
        assert len(decided) > len(places) / 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308])
def test_values_without_a_mean_size_leave_it_to_the_look_at_every_value(bad: float) -> None:
    x = series()["noise"]
    x[LENGTH // 2] = bad
    x[LENGTH // 3] = bad
    with np.errstate(over="ignore"):
        assert not write_counts(x, useful_reach(x), np.empty(counts_needed(LENGTH), dtype=np.int64))
    assert not write_counts(np.zeros(LENGTH), 0.0, np.empty(counts_needed(LENGTH), dtype=np.int64))


def test_peaks_of_long_series_are_tsfreshs() -> None:
    found, compared = differences(list(series().items()), {"number_cwt_peaks": [{"n": 1}, {"n": 5}]})
    assert (found, compared) == ([], 2 * len(series()))
