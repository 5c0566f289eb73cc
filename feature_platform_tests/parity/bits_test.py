"""A series' values do not depend on what else is computed, in which order, or by how many threads: not in one bit."""

import numpy as np
import pytest

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE, FEATURE_SETS
from feature_platform.features.native import TimeArray, extract_batch, extract_ragged
from feature_platform.features.tolerance import close, natural_scale, powers_of
from feature_platform_tests.parity.comparison import native_values
from feature_platform_tests.parity.reference import START, tsfresh_values
from feature_platform_tests.parity.series import named_series

TIMEWISE = {"linear_trend_timewise": COMPREHENSIVE["linear_trend_timewise"]}
BESIDE = {"mean": None} | TIMEWISE


@pytest.mark.parametrize("length", [1, 2, 9, 60, 289])
def test_each_calculator_alone_gives_what_all_together_give(length: int) -> None:
    x = np.stack(list(named_series(length, seed=5).values()))
    together, names = native_values(x, COMPREHENSIVE)
    places = {name: position for position, name in enumerate(names)}
    for calculator in CALCULATORS:
        alone, own = native_values(x, {calculator: COMPREHENSIVE[calculator]})
        assert_same_bits(alone, together[:, [places[name] for name in own]], calculator)


def test_each_parameter_alone_gives_what_all_together_give_but_for_rounding() -> None:
    x = np.stack(list(named_series(97, seed=6).values()))
    together, names = native_values(x, COMPREHENSIVE)
    for calculator, parameter_list in COMPREHENSIVE.items():
        if calculator == "partial_autocorrelation":
            continue  # tsfresh too computes it up to the longest lag asked for, and gives lag 0 alone no value
        for parameters in (parameter_list or ({},))[::7]:
            alone, (name,) = native_values(x, {calculator: [dict(parameters)] if parameters else None})
            power, exact = CALCULATORS[calculator].power(parameters), CALCULATORS[calculator].exact
            for row, own, all_at_once in zip(x, alone[:, 0], together[:, names.index(name)], strict=True):
                assert close(own, all_at_once, natural_scale(row, power), exact=exact), name


def test_ragged_series_give_what_each_gives_alone_in_any_order() -> None:
    random = np.random.default_rng(8)
    series = [x for length in (1, 2, 7, 31, 61, 144) for x in named_series(length, seed=8).values()]
    times = [irregular_times(len(x), number) for number, x in enumerate(series)]
    alone = [extract_batch(x[None], COMPREHENSIVE, times=when)[0] for x, when in zip(series, times, strict=True)]
    for order in (random.permutation(len(series)), np.arange(len(series))[::-1]):
        values, _ = extract_ragged([series[i] for i in order], COMPREHENSIVE, times=[times[i] for i in order])
        assert_same_bits(values, np.concatenate([alone[i] for i in order]))


@pytest.mark.parametrize("length", [60, 288])
def test_any_number_of_threads_and_any_batch_give_the_same(length: int) -> None:
    kinds = np.stack(list(named_series(length, seed=9).values()))
    # More than two blocks, the last of them short.
    count = 2 * 2**16 // length + 5
    x = np.resize(kinds, (count, length))
    cheap = FEATURE_SETS["efficient"]
    several = [extract_batch(x, cheap, threads=threads)[0] for threads in (1, 2, 5)]
    first = extract_batch(kinds, cheap)[0]
    for values in several:
        assert_same_bits(values[: len(kinds)], first)
        assert_same_bits(values, several[0])
    assert_same_bits(several[0][len(kinds) : 2 * len(kinds)], first)


def test_irregular_times_are_read_as_tsfresh_reads_them() -> None:
    kinds = ("walk", "counts", "seasonal", "step", "offset", "tiny", "huge", "denormal")
    series = [named_series(length, seed=2)[kind] for length in (2, 9, 60, 288) for kind in kinds]
    times = [irregular_times(len(x), number) for number, x in enumerate(series)]
    values, names = extract_ragged(series, BESIDE, times=times)
    powers = powers_of(BESIDE)
    for x, own, table in zip(series, values.tolist(), tsfresh_values(series, BESIDE, times=times), strict=True):
        for name, value in zip(names, own, strict=True):
            wanted, (power, exact) = table[name], powers[name]
            assert isinstance(wanted, float)
            assert close(value, wanted, natural_scale(x, power), exact=exact), (name, value, wanted, x)


def irregular_times(length: int, seed: int) -> TimeArray:
    steps = np.random.default_rng([seed, length]).integers(1, 5_000_000_000, length)
    times: TimeArray = START + steps.cumsum().astype("timedelta64[us]")
    return times


def assert_same_bits(own: FloatArray, other: FloatArray, message: str = "") -> None:
    np.testing.assert_array_equal(own, other, err_msg=message)
    np.testing.assert_array_equal(np.signbit(own), np.signbit(other), err_msg=message)
