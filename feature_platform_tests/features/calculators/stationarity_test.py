import math
from itertools import product

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences

CHANCE = {"ramp", "saw", "spikes", "mostly_zero", "two_valued", "tiny", "offset"}
"""Fits that are perfect, or columns beside which the constant of 1 is huge: there statsmodels' rounding decides."""


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        [(name, x) for name, x in series_of((3, 4, 9, 20, 61, 300)) if name not in CHANCE],
        {
            "augmented_dickey_fuller": [
                {"attr": attr, "autolag": autolag}
                for attr, autolag in product(
                    ("teststat", "pvalue", "usedlag", "anything"), ("AIC", "bic", "t-stat", "t-stats", None)
                )
            ]
        },
    )
    assert compared > 1_000
    assert found == []


def test_a_small_unit_changes_nothing() -> None:
    x = np.random.default_rng(0).standard_normal(100).cumsum()
    for attribute in ("teststat", "pvalue", "usedlag"):
        plain = native(x.tolist(), "augmented_dickey_fuller", attr=attribute)
        assert native((x * 2.0**-30).tolist(), "augmented_dickey_fuller", attr=attribute) == pytest.approx(plain)


def test_columns_that_depend_on_others_count_once() -> None:
    # The last difference is the level itself: by hand with numpy's pseudoinverse.
    x = [0.0] * 7 + [9.5, 0.0]
    found, _ = differences(
        [("spike", np.array(x))],
        {"augmented_dickey_fuller": [{"attr": a, "autolag": None} for a in ("teststat", "pvalue", "usedlag")]},
    )
    assert found == []


@pytest.mark.parametrize("x", [[1, 2, 3], [5] * 50, [1, math.inf, *range(30)], [-math.inf, math.inf, *range(30)]])
def test_what_cannot_be_tested_has_no_value(x: list[float]) -> None:
    assert math.isnan(native(x, "augmented_dickey_fuller", attr="teststat"))


def test_the_column_names_the_default_way_of_choosing_lags() -> None:
    calculator = CALCULATORS["augmented_dickey_fuller"]
    assert calculator.column({"attr": "pvalue"}) == 'augmented_dickey_fuller__attr_"pvalue"__autolag_"AIC"'
    assert calculator.column({"attr": "pvalue", "autolag": None}).endswith('__autolag_"None"')


def test_what_tsfresh_refuses_is_named() -> None:
    with pytest.raises(FeatureError, match="augmented_dickey_fuller: autolag is 3"):
        native([1, 2, 3], "augmented_dickey_fuller", attr="pvalue", autolag=3)
