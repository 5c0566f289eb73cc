import math

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences

STRIDES_AND_DIMENSIONS = ((1, 2), (2, 3), (3, 3), (1, 8), (1, 10), (2, 10), (1, 16), (5, 5), (100, 3), (7, 7))


def test_values_are_tsfreshs_with_any_parameters() -> None:
    parameters = [{"tau": tau, "dimension": dimension} for tau, dimension in STRIDES_AND_DIMENSIONS]
    found, compared = differences(series_of((1, 2, 3, 8, 21, 100, 300)), {"permutation_entropy": parameters})
    assert compared > 1000
    assert found == []


def test_orders_by_hand() -> None:
    # Two windows of three rise, two are highest in the middle and lowest at the end, one is lowest in the middle.
    x = [4, 7, 9, 10, 6, 11, 3]
    shares = np.array([2, 2, 1]) / 5
    assert native(x, "permutation_entropy", tau=1, dimension=3) == pytest.approx(-(shares * np.log(shares)).sum())


def test_equal_values_keep_their_sequence() -> None:
    assert native([1, 1, 1, 2, 2, 3], "permutation_entropy", tau=1, dimension=3) == 0
    assert native([2, 1, 1, 2], "permutation_entropy", tau=1, dimension=2) == pytest.approx(
        -(1 / 3 * math.log(1 / 3) + 2 / 3 * math.log(2 / 3))
    )


def test_a_series_shorter_than_the_dimension_has_none() -> None:
    assert math.isnan(native([1, 2], "permutation_entropy", tau=1, dimension=3))


def test_dimensions_whose_ties_numpy_does_not_keep_in_sequence_are_left_to_tsfresh() -> None:
    beyond = CALCULATORS["permutation_entropy"].beyond
    assert beyond({"tau": 1, "dimension": 17}) == "a dimension above 16"
    assert beyond({"tau": 1, "dimension": 16}) is None


@pytest.mark.parametrize(("key", "value"), [("tau", 0), ("tau", 1.0), ("dimension", 1), ("dimension", "3")])
def test_what_tsfresh_refuses_is_named(key: str, value: object) -> None:
    parameters = {"tau": 1, "dimension": 3, key: value}
    with pytest.raises(FeatureError, match=f"permutation_entropy: {key} is"):
        native([1, 2, 3], "permutation_entropy", **parameters)
