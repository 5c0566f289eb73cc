import math

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences

INFINITY = math.inf


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 8, 21, 100, 300)),
        {
            "median": None,
            "quantile": each("q", 0, 1, 0.0, 1.0, 0.5, 0.25, 0.333, 0.9999, 1e-9),
            "symmetry_looking": each("r", -1, 0, 0.01, 0.15000000000000002, 1, 2.5),
            "large_standard_deviation": each("r", -1, 0, 0.01, 0.29, 1, math.nan),
            "mean_n_absolute_max": each("number_of_maxima", 1, 2, 3, 8, 99, 1000),
            "has_duplicate": None,
            "has_duplicate_max": None,
            "has_duplicate_min": None,
            "percentage_of_reoccurring_values_to_all_values": None,
            "percentage_of_reoccurring_datapoints_to_all_datapoints": None,
            "ratio_value_number_to_time_series_length": None,
            "sum_of_reoccurring_values": None,
            "sum_of_reoccurring_data_points": None,
        },
    )
    assert compared > 4000
    assert found == []


@pytest.mark.parametrize(
    ("calculator", "expected"),
    [
        ("has_duplicate", 1),
        ("has_duplicate_max", 0),
        ("has_duplicate_min", 1),
        ("percentage_of_reoccurring_values_to_all_values", 2 / 4),
        ("percentage_of_reoccurring_datapoints_to_all_datapoints", 5 / 7),
        ("ratio_value_number_to_time_series_length", 4 / 7),
        ("sum_of_reoccurring_values", -3 + 2),
        ("sum_of_reoccurring_data_points", 2 * -3 + 3 * 2),
        ("median", 2),
    ],
)
def test_ties_by_hand(calculator: str, expected: float) -> None:
    assert native([2, -3, 7, 2, -3, 2, 1], calculator) == expected


def test_the_largest_absolute_values_may_lie_on_either_side() -> None:
    assert native([1, -9, 4, 5, -2], "mean_n_absolute_max", number_of_maxima=3) == (9 + 5 + 4) / 3
    assert math.isnan(native([1, -9, 4], "mean_n_absolute_max", number_of_maxima=3))


def test_zeros_of_both_signs_are_the_same_value() -> None:
    assert native([0.0, -0.0, 1.0], "has_duplicate_min") == 1
    assert native([0.0, -0.0, 1.0], "ratio_value_number_to_time_series_length") == 2 / 3


def test_interpolation_makes_nan_of_an_infinity_and_a_whole_q_does_not() -> None:
    x = [1.0, INFINITY]
    assert math.isnan(native(x, "quantile", q=1.0))
    assert native(x, "quantile", q=1) == INFINITY
    assert native(x, "quantile", q=0) == 1


def test_quantile_on_the_edge_of_a_count_is_numpys_to_the_last_bit() -> None:
    x = np.random.default_rng(0).standard_normal(101)
    for q in np.linspace(0, 1, 57).tolist():
        assert native(x.tolist(), "quantile", q=q) == np.quantile(x, q)


@pytest.mark.parametrize(
    ("calculator", "parameters"),
    [
        ("quantile", {"q": 1.5}),
        ("quantile", {"q": math.nan}),
        ("quantile", {"q": "0.5"}),
        ("mean_n_absolute_max", {"number_of_maxima": 0}),
        ("mean_n_absolute_max", {"number_of_maxima": 2.0}),
        ("symmetry_looking", {"r": None}),
    ],
)
def test_what_tsfresh_refuses_is_named(calculator: str, parameters: dict[str, object]) -> None:
    (key,) = parameters
    with pytest.raises(FeatureError, match=f"{calculator}: {key} is"):
        native([1, 2, 3], calculator, **parameters)
