import math

import numpy as np
import pytest

from feature_platform.features.calculators.benford import DECADES, write_digit_shares
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences


def test_values_are_tsfreshs() -> None:
    found, compared = differences(series_of((1, 2, 3, 8, 21, 100, 300)), {"benford_correlation": None})
    assert compared > 100
    assert found == []


def test_first_digits_are_those_of_the_shortest_decimal() -> None:
    random = np.random.default_rng(0)
    whole = [float(f"{d}e{e}") for d in range(1, 10) for e in range(-323, 309) if d == 1 or e < 308]
    numbers = np.array(
        [
            *whole,
            *np.nextafter(whole, 0),
            *np.nextafter(whole, math.inf),
            *(5e-324 * np.arange(1, 300)),
            *10 ** random.uniform(-300, 300, 2000),
        ]
    )
    numbers = numbers[numbers < math.inf]
    table = CALCULATORS["benford_correlation"].kernel.encode(()).table
    assert len(table) == DECADES + 1
    for number in numbers:
        shares = np.empty(9)
        write_digit_shares(np.array([-number]), table, shares)
        expected = int(np.format_float_scientific(number)[0]) - 1 if number > 0 else None
        assert np.flatnonzero(shares).tolist() == ([] if expected is None else [expected]), number


def test_an_infinity_begins_with_1_as_the_largest_number_does() -> None:
    assert native([math.inf, 2, 30], "benford_correlation") == native([1, 2, 30], "benford_correlation")


def test_perfect_accordance_and_none() -> None:
    counts = np.round(1000 * np.log10(1 + 1 / np.arange(1, 10))).astype(int)
    assert native(np.repeat(np.arange(1.0, 10), counts).tolist(), "benford_correlation") == pytest.approx(1, abs=1e-4)
    assert math.isnan(native([0, 0], "benford_correlation"))
