import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences


def test_values_are_tsfreshs_for_any_support() -> None:
    supports = each("n", 1, 2, 3, 4, 7, 10, 20, 49, 50, 100, 149, 1000)
    found, compared = differences(series_of((1, 2, 3, 8, 21, 100, 300)), {"number_peaks": supports})
    assert compared > 1000
    assert found == []


@pytest.mark.parametrize(("support", "expected"), [(1, 3), (2, 2), (3, 1), (4, 1), (5, 0)])
def test_peaks_by_hand(support: int, expected: int) -> None:
    # The supports of 4, 9 and 5 are 1, 4 and 2: the ends are as far.
    assert native([0, 4, 1, 2, 9, 3, 1, 5, 4, 1], "number_peaks", n=support) == expected


def test_a_plateau_is_no_peak() -> None:
    assert native([0, 2, 2, 0, 1, 0], "number_peaks", n=1) == 1


def test_the_highest_of_a_long_series_has_the_widest_support() -> None:
    x = -np.abs(np.arange(2001.0) - 1000)
    assert native(x.tolist(), "number_peaks", n=1000) == 1
    assert native(x.tolist(), "number_peaks", n=1001) == 0


@pytest.mark.parametrize("support", [0, -1, 2.0, "3"])
def test_what_tsfresh_refuses_is_named(support: object) -> None:
    with pytest.raises(FeatureError, match="number_peaks: n is"):
        native([1, 2, 1], "number_peaks", n=support)
