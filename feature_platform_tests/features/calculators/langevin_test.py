import math

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.langevin import quantile_levels
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.calculators.roots import largest_real_part
from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences

PERFECT = {"ramp", "saw"}
"""Their drift is constant: the highest coefficients are rounding errors, and so are the roots."""
UNLABELLED = {"denormal"}
"""pandas cannot label the bins of such values, and tsfresh fails."""

MODELS = ((1, 30), (1, 3), (2, 1), (2, 7), (3, 2), (3, 30), (3, 100), (4, 20))


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        [(name, x) for name, x in series_of((2, 5, 40, 200)) if name not in PERFECT | UNLABELLED],
        {
            "friedrich_coefficients": [{"coeff": c, "m": m, "r": r} for m, r in MODELS for c in range(m + 2)],
            "max_langevin_fixed_point": [{"m": m, "r": r} for m, r in MODELS],
        },
    )
    assert compared > 2_000
    assert found == []


def test_a_drift_by_hand() -> None:
    # Between two quantiles at a time: means of the values, and of the steps towards the fixed point 10.
    x = [0.0]
    for _ in range(30):
        x.append(x[-1] + 0.25 * (10 - x[-1]))
    assert native(x, "friedrich_coefficients", coeff=0, m=1, r=10) == pytest.approx(-0.25)
    assert native(x, "friedrich_coefficients", coeff=1, m=1, r=10) == pytest.approx(2.5)
    assert native(x, "max_langevin_fixed_point", m=1, r=10) == pytest.approx(10)


@pytest.mark.parametrize("x", [[1.0], [1, 1, 1, 2, 2, 3], [1, math.inf, 3, 4, 5], [1e200, -1e200, 3e200, 5e199, 0]])
def test_what_cannot_be_fitted_has_no_value(x: list[float]) -> None:
    assert math.isnan(native(x, "friedrich_coefficients", coeff=0, m=3, r=3))
    assert math.isnan(native(x, "max_langevin_fixed_point", m=3, r=3))


def test_levels_are_rounded_up() -> None:
    levels = quantile_levels(30)
    assert len(levels) == 31
    assert (30 * levels >= np.arange(31)).all()


@pytest.mark.parametrize(
    ("coefficients", "largest"),
    [
        ([1, -6, 11, -6], 3),
        ([2, -8], 4),
        ([1, 0, 1], 0),
        ([1, 2, 5], -1),
        ([0, 0, 1, -7], 7),
        ([1, 3, 2, 0, 0], 0),
        ([1, -4, 4], 2),
        ([1e-30, -3e-30, 2e-30], 2),
        ([5, 0, 0], 0),
        ([0, 0, 5], math.nan),
        ([0, 0], math.nan),
        ([math.nan, 1], math.nan),
    ],
)
def test_the_largest_root(coefficients: list[float], largest: float) -> None:
    found = largest_real_part(np.array(coefficients, dtype=float), len(coefficients), np.empty(3 * len(coefficients)))
    assert found == pytest.approx(largest, rel=1e-7, abs=1e-9, nan_ok=True)


def test_roots_are_numpys() -> None:
    random = np.random.default_rng(0)
    for degree in range(1, 12):
        for _ in range(20):
            coefficients = random.standard_normal(degree + 1) * 10 ** random.uniform(-3, 3, degree + 1)
            found = largest_real_part(coefficients, degree + 1, np.empty(3 * degree + 3))
            assert found == pytest.approx(np.roots(coefficients).real.max(), rel=1e-6)


def test_bins_that_are_not_counted_are_left_to_tsfresh() -> None:
    beyond = CALCULATORS["max_langevin_fixed_point"].beyond
    assert beyond({"m": 3, "r": 30}) is None
    assert beyond({"m": 3, "r": 30.5}) == "r is no whole number above 0"


@pytest.mark.parametrize(("key", "value"), [("m", 0), ("m", 2.5), ("coeff", -1)])
def test_what_tsfresh_refuses_is_named(key: str, value: object) -> None:
    with pytest.raises(FeatureError, match=f"friedrich_coefficients: {key} is"):
        native([1, 2, 3], "friedrich_coefficients", **{"coeff": 0, "m": 3, "r": 30, key: value})
