import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.near_sets import count_near, ones_of, work_needed, write_ranks
from feature_platform.features.plan import make_plan
from feature_platform_tests.features.calculators.single import series_of
from feature_platform_tests.parity.comparison import differences, native_values
from feature_platform_tests.parity.series import named_series

CALCULATORS = {
    "approximate_entropy": [{"m": m, "r": r} for m in (1, 2, 6) for r in (0, 0.05, 0.3, 4.0)],
    "sample_entropy": None,
}


def test_values_are_tsfreshs() -> None:
    found, compared = differences(series_of((1, 2, 3, 7, 61, 62, 63, 130)), CALCULATORS)
    assert found == []
    assert compared == 8 * 13 * len(named_series(2))


def test_infinite_and_huge_values_are_tsfreshs() -> None:
    x = named_series(30)["noise"]
    infinite = x.copy()
    infinite[3] = np.inf
    with np.errstate(all="ignore"):
        assert (
            differences([("huge", 1e200 * x), ("infinite", infinite), ("short", infinite[3:5])], CALCULATORS)[0] == []
        )


def test_a_constant_and_an_alternation_are_fully_regular() -> None:
    x = np.stack([np.full(20, 3.7), np.arange(20) % 2])
    values, _ = native_values(x, {"approximate_entropy": [{"m": 2, "r": 0.1}], "sample_entropy": None})
    np.testing.assert_allclose(values[0], [0, -np.log((18 * 17) / (19 * 18))])
    # Stretches of two: ten begin low and nine high; of three: nine and nine.
    np.testing.assert_allclose(values[1, 1], -np.log((9 * 8 + 9 * 8) / (10 * 9 + 9 * 8)))


@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("tolerance", [0.0, 0.4, 1.0, np.inf, np.nan])
def test_counts_are_those_of_all_pairs(length: int, tolerance: float) -> None:
    x = named_series(130)["counts"] / 3
    n = len(x)
    ranks, counts, longer = (np.empty(n, dtype=np.int64) for _ in range(3))
    work = np.full(work_needed(n, length), -(2**40))
    write_ranks(x, np.sort(x), ranks, counts)
    assert (x[np.argsort(x, kind="stable")] == x[np.argsort(ranks)]).all()
    with np.errstate(over="ignore"):
        count_near(np.sort(x), ranks, tolerance, length, counts, longer, work, np.zeros(1, dtype=np.int64))
    for found, size in ((counts, length), (longer, length + 1)):
        stretches = np.lib.stride_tricks.sliding_window_view(x, size)
        near = (np.abs(stretches[:, None] - stretches[None]) <= tolerance).all(axis=2)
        assert found[: len(stretches)].tolist() == near.sum(axis=1).tolist()


@pytest.mark.parametrize("word", [0, 1, 2**61, 2**62 - 1, 0x2AAAAAAAAAAAAAAA, 0x0123456789ABCDEF])
def test_bits_are_counted(word: int) -> None:
    with np.errstate(over="ignore"):
        assert ones_of(np.int64(word)) == word.bit_count()


@pytest.mark.parametrize(
    "parameters", [{"m": 0, "r": 0.1}, {"m": 1.5, "r": 0.1}, {"m": 2, "r": -0.1}, {"m": 2, "r": "1"}]
)
def test_what_tsfresh_refuses_is_named(parameters: dict[str, object]) -> None:
    with pytest.raises(FeatureError, match=r"calculator approximate_entropy: [mr] is"):
        make_plan({"approximate_entropy": [parameters]}, timewise=True, foreign_columns=lambda *_: ())
