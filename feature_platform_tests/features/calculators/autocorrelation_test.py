import math
from itertools import product

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.aggregates import FUNCTIONS
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences

TIED = {"saw", "spikes"}
"""Some of their autocorrelations are equal: which of those is the smallest or the largest, rounding decides."""


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        [(name, x) for name, x in series_of((1, 2, 3, 5, 30, 131, 1300)) if name not in TIED],
        {
            "autocorrelation": each("lag", 0, 1, 5, 30, 64, 65, 130, 200),
            "agg_autocorrelation": [
                {"f_agg": name, "maxlag": lags} for name, lags in product(FUNCTIONS, (1, 2, 41, 2000))
            ],
            "partial_autocorrelation": each("lag", 0, 1, 2, 14, 15, 64, 100),
        },
    )
    assert compared > 7_000
    assert found == []


def test_the_largest_partial_lag_asked_for_decides_whether_lag_0_has_a_value() -> None:
    x = [1.0, 3.0, 2.0, 5.0, 4.0, 4.5]
    assert math.isnan(native(x, "partial_autocorrelation", lag=0))
    found, _ = differences([("short", np.array(x))], {"partial_autocorrelation": each("lag", 0)})
    assert found == []


def test_autocorrelations_by_hand() -> None:
    x = [1, -1, 1, -1]
    assert [native(x, "autocorrelation", lag=lag) for lag in range(4)] == [1, -1, 1, -1]
    assert native(x, "agg_autocorrelation", f_agg="median", maxlag=40) == -1
    assert native(x, "agg_autocorrelation", f_agg="ptp", maxlag=2) == 2
    assert native(x, "partial_autocorrelation", lag=1) == -1


def test_series_without_variance() -> None:
    assert math.isnan(native([2, 2, 2], "autocorrelation", lag=1))
    assert native([2, 2, 2], "agg_autocorrelation", f_agg="mean", maxlag=5) == 0
    assert math.isnan(native([2, 2, 2, 2, 2, 2], "partial_autocorrelation", lag=1))
    assert math.isnan(native([1, math.inf, 3, 4, 5, 6], "agg_autocorrelation", f_agg="max", maxlag=5))


def test_odd_parameters_are_left_to_tsfresh() -> None:
    beyond = CALCULATORS["agg_autocorrelation"].beyond
    assert beyond({"f_agg": "mean", "maxlag": 40}) is None
    assert beyond({"f_agg": "nanmean", "maxlag": 40}) == "aggregate nanmean has no kernel of its own"
    assert beyond({"f_agg": "mean", "maxlag": -1}) == "maxlag is no whole number above 0"
    assert CALCULATORS["partial_autocorrelation"].beyond({"lag": -1}) is not None


@pytest.mark.parametrize("lag", [-1, 1.0, "1"])
def test_what_tsfresh_refuses_is_named(lag: object) -> None:
    with pytest.raises(FeatureError, match="autocorrelation: lag is"):
        native([1, 2, 3], "autocorrelation", lag=lag)
    with pytest.raises(FeatureError, match="f_agg is 'middle'"):
        native([1, 2, 3], "agg_autocorrelation", f_agg="middle", maxlag=3)
