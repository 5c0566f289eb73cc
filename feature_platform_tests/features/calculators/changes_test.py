import math

import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences

X = [1.0, 4.0, 2.0, 2.0, 7.0]


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 4, 8, 21, 100, 300)),
        {
            "mean_change": None,
            "mean_abs_change": None,
            "absolute_sum_of_changes": None,
            "mean_second_derivative_central": None,
            "cid_ce": [{"normalize": True}, {"normalize": False}, {"normalize": 1}],
            "c3": each("lag", 0, 1, 2, 10, 49, 1000),
            "time_reversal_asymmetry_statistic": each("lag", 0, 1, 2, 10, 49, 1000),
        },
    )
    assert compared > 2000
    assert found == []


@pytest.mark.parametrize(
    ("calculator", "parameters", "expected"),
    [
        ("mean_change", {}, 6 / 4),
        ("mean_abs_change", {}, (3 + 2 + 0 + 5) / 4),
        ("absolute_sum_of_changes", {}, 3 + 2 + 0 + 5),
        ("mean_second_derivative_central", {}, (7 - 2 - 4 + 1) / 6),
        ("cid_ce", {"normalize": False}, math.sqrt(9 + 4 + 0 + 25)),
        ("c3", {"lag": 2}, 1 * 2 * 7),
        ("time_reversal_asymmetry_statistic", {"lag": 2}, 7 * 7 * 2 - 2 * 1 * 1),
        ("c3", {"lag": 3}, 0),
    ],
)
def test_changes_by_hand(calculator: str, parameters: dict[str, object], expected: float) -> None:
    assert native(X, calculator, **parameters) == expected


def test_one_value_has_no_changes() -> None:
    assert native([3], "absolute_sum_of_changes") == 0
    assert math.isnan(native([3], "mean_abs_change"))
    assert math.isnan(native([3], "mean_change"))


def test_a_negative_lag_wraps_around_and_is_left_to_tsfresh() -> None:
    assert CALCULATORS["c3"].beyond({"lag": -1}) == "a negative lag"
    assert CALCULATORS["c3"].beyond({"lag": 1}) is None


@pytest.mark.parametrize("calculator", ["c3", "time_reversal_asymmetry_statistic"])
def test_what_tsfresh_refuses_is_named(calculator: str) -> None:
    with pytest.raises(FeatureError, match=f"{calculator}: lag is 1.5"):
        native(X, calculator, lag=1.5)
