import math

import pytest

from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences

CALCULATORS = (
    "first_location_of_maximum",
    "last_location_of_maximum",
    "first_location_of_minimum",
    "last_location_of_minimum",
)


def test_values_are_tsfreshs() -> None:
    found, compared = differences(series_of((1, 2, 3, 8, 100, 300)), dict.fromkeys(CALCULATORS))
    assert compared > 400
    assert found == []


@pytest.mark.parametrize(("calculator", "expected"), list(zip(CALCULATORS, (1 / 8, 5 / 8, 0, 7 / 8), strict=True)))
def test_first_and_last_of_several_extremes(calculator: str, expected: float) -> None:
    assert native([0, 5, 1, 0, 5, 2, 0, 1], calculator) == expected


def test_an_infinity_is_an_extreme() -> None:
    x = [0.0, math.inf, 1.0, -math.inf]
    assert native(x, "first_location_of_maximum") == 1 / 4
    assert native(x, "last_location_of_minimum") == 1
