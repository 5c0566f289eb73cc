import math

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences

CHANCE = {"constant", "saw", "offset", "tiny", "huge"}
"""Where statsmodels' least singular values are rounding errors, or close to what it takes for 0."""


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        [(name, x) for name, x in series_of((1, 2, 3, 5, 9, 21, 60, 300)) if name not in CHANCE],
        {"ar_coefficient": [{"coeff": c, "k": k} for k in (0, 1, 2, 4, 10, 20) for c in {-9, -1, 0, 1, k, k + 1}]},
    )
    assert compared > 2_500
    assert found == []


def test_a_process_without_noise_gives_its_coefficients() -> None:
    x = [1.0, 2.0]
    for _ in range(40):
        x.append(0.5 + 0.6 * x[-1] - 0.3 * x[-2])
    found = [native(x[:14], "ar_coefficient", coeff=coeff, k=2) for coeff in range(4)]
    np.testing.assert_allclose(found[:3], [0.5, 0.6, -0.3], rtol=1e-6)
    assert math.isnan(found[3])


def test_a_constant_shares_its_level_among_all_columns() -> None:
    # The smallest of the solutions of 2 = c + 2a + 2b.
    np.testing.assert_allclose(
        [native([2] * 9, "ar_coefficient", coeff=coeff, k=2) for coeff in range(3)], [2 / 9, 4 / 9, 4 / 9]
    )


def test_a_series_too_short_has_no_coefficient_but_0_for_the_last() -> None:
    x = list(range(20))
    assert math.isnan(native(x, "ar_coefficient", coeff=9, k=10))
    assert native(x, "ar_coefficient", coeff=10, k=10) == 0


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_extreme_values_come_to_an_end(unit: float) -> None:
    x = (unit * np.random.default_rng(0).standard_normal(50)).tolist()
    native(x, "ar_coefficient", coeff=1, k=3)
    assert math.isnan(native([*x, math.inf], "ar_coefficient", coeff=1, k=3))


@pytest.mark.parametrize(("key", "value"), [("k", -1), ("k", 1.5), ("coeff", "1")])
def test_what_tsfresh_refuses_is_named(key: str, value: object) -> None:
    with pytest.raises(FeatureError, match=f"ar_coefficient: {key} is"):
        native([1, 2, 3], "ar_coefficient", **{"coeff": 1, "k": 1, key: value})
