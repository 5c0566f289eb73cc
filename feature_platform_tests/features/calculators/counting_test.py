import math

import pytest

from feature_platform.errors import FeatureError
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences

INFINITY = math.inf
X = [1.0, 3.0, 3.0, -2.0, 5.0, 5.0, 5.0, -2.0]
"""Its mean is 2.25."""


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 8, 21, 100, 300)),
        {
            "value_count": each("value", 3.7, math.nan, INFINITY, 2, 9.5, 20.1),
            "range_count": [
                {"min": 1, "max": 1},
                {"min": 3, "max": -3},
                {"min": -INFINITY, "max": INFINITY},
                {"min": 19.5, "max": 20.5},
            ],
            "count_above": each("t", 1, -5, 20.3, INFINITY),
            "count_below": each("t", 1, -5, 20.3, -INFINITY),
            "count_above_mean": None,
            "count_below_mean": None,
            "number_crossing_m": each("m", 20, 0.5, 3.7, -50),
            "ratio_beyond_r_sigma": each("r", 0, -1, 0.1, 1, 1.234, 20),
            "longest_strike_above_mean": None,
            "longest_strike_below_mean": None,
        },
    )
    assert compared > 3000
    assert found == []


@pytest.mark.parametrize(
    ("calculator", "parameters", "expected"),
    [
        ("value_count", {"value": 5}, 3),
        ("range_count", {"min": -2, "max": 5}, 5),
        ("count_above", {"t": 3}, 5 / 8),
        ("count_below", {"t": 3}, 5 / 8),
        ("count_above_mean", {}, 5),
        ("count_below_mean", {}, 3),
        ("number_crossing_m", {"m": 3}, 2),
        ("number_crossing_m", {"m": 0}, 3),
        ("longest_strike_above_mean", {}, 3),
        ("longest_strike_below_mean", {}, 1),
    ],
)
def test_counts_by_hand(calculator: str, parameters: dict[str, float], expected: float) -> None:
    assert native(X, calculator, **parameters) == expected


def test_an_infinity_is_counted() -> None:
    x = [1.0, INFINITY, -INFINITY]
    assert native(x, "value_count", value=INFINITY) == 1
    assert native(x, "count_above", t=1) == 2 / 3
    assert native(x, "count_above_mean") == 0


@pytest.mark.parametrize(
    ("calculator", "parameters"),
    [("value_count", {"value": "1"}), ("count_above", {"t": None}), ("ratio_beyond_r_sigma", {"r": [1]})],
)
def test_what_tsfresh_refuses_is_named(calculator: str, parameters: dict[str, object]) -> None:
    (key,) = parameters
    with pytest.raises(FeatureError, match=f"{calculator}: {key} is"):
        native(X, calculator, **parameters)
