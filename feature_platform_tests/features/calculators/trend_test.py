import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.aggregates import METHODS
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences

ATTRIBUTES = ("slope", "intercept", "rvalue", "pvalue", "stderr", "intercept_stderr")
PERFECT = {"ramp", "saw"}
"""On a perfect line the standard error is the rounding of 1 - r²."""


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        [(name, x) for name, x in series_of((1, 2, 7, 131)) if name not in PERFECT],
        {
            "linear_trend": each("attr", *ATTRIBUTES),
            "linear_trend_timewise": each("attr", *ATTRIBUTES),
            "agg_linear_trend": [
                {"attr": attr, "chunk_len": length, "f_agg": name}
                for attr, length, name in product(ATTRIBUTES, (1, 3, 26, 130), METHODS)
            ],
        },
    )
    assert compared > 15_000
    assert found == []


def test_a_line_by_hand() -> None:
    x = [1.0, 3.0, 2.0, 5.0]
    expected = stats.linregress(range(4), x)
    for attribute in ATTRIBUTES:
        assert native(x, "linear_trend", attr=attribute) == pytest.approx(getattr(expected, attribute), rel=1e-12)
    # Five minutes are a twelfth of an hour.
    assert native(x, "linear_trend_timewise", attr="slope") == pytest.approx(12 * expected.slope)


def test_two_points_and_one() -> None:
    assert [native([1, 4], "linear_trend", attr=name) for name in ATTRIBUTES] == [3, 1, 1, 0, 0, 0]
    assert native([4, 4], "linear_trend", attr="pvalue") == 1
    assert all(math.isnan(native([4], "linear_trend", attr=name)) for name in ATTRIBUTES)


def test_two_chunks_have_no_error_and_one_has_no_line() -> None:
    x = [1, 2, 3, 9]
    assert native(x, "agg_linear_trend", attr="stderr", chunk_len=2, f_agg="max") == 0
    assert native(x, "agg_linear_trend", attr="slope", chunk_len=2, f_agg="mean") == 4.5
    assert math.isnan(native(x, "agg_linear_trend", attr="slope", chunk_len=4, f_agg="mean"))


def test_infinite_values_have_no_line() -> None:
    assert math.isnan(native([1, math.inf, 2, 3], "linear_trend", attr="slope"))


@pytest.mark.parametrize(("key", "value"), [("attr", "r2"), ("chunk_len", 0), ("chunk_len", 2.5), ("f_agg", "median")])
def test_what_tsfresh_refuses_is_named(key: str, value: object) -> None:
    parameters = {"attr": "slope", "chunk_len": 5, "f_agg": "mean", key: value}
    with pytest.raises(FeatureError, match=f"agg_linear_trend: {key} is"):
        native(np.arange(9).tolist(), "agg_linear_trend", **parameters)
