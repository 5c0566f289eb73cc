import math
from itertools import pairwise, product

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import native, series_of
from feature_platform_tests.parity.comparison import differences

CORRIDORS = ((0.1, 0.9), (0.25, 0.75), (0, 1), (0.3, 0.31), (0.5, 0.5), (0.8, 0.2), (-0.1, 0.5), (0.5, 1.2), (0.5, 1.0))


def test_values_are_tsfreshs_with_any_parameters() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 8, 21, 100, 300)),
        {
            "change_quantiles": [
                {"ql": low, "qh": high, "isabs": isabs, "f_agg": name}
                for (low, high), isabs, name in product(CORRIDORS, (True, False), ("mean", "var", "std", "sum"))
            ]
        },
    )
    assert compared > 9000
    assert found == []


def test_a_corridor_by_hand() -> None:
    # The quartiles are 2 and 6; both neighbours lie between them in 2 -> 6, 6 -> 3 and 4 -> 5.
    x = [1, 2, 6, 3, 9, 4, 5, 8, 0]
    corridor = {"ql": 0.25, "qh": 0.75}
    assert native(x, "change_quantiles", **corridor, isabs=False, f_agg="sum") == pytest.approx(4 - 3 + 1)
    assert native(x, "change_quantiles", **corridor, isabs=True, f_agg="mean") == pytest.approx(8 / 3)
    assert native(x, "change_quantiles", **corridor, isabs=True, f_agg="var") == pytest.approx(np.var([4, 3, 1]))


@pytest.mark.parametrize("extreme", [math.inf, -math.inf, 1.7e308])
def test_values_that_are_infinite_or_nearly_so_lie_beyond_a_corridor(extreme: float) -> None:
    x = [1.0, 2.0, 3.0, 4.0, 5.0, 4.0, extreme, 3.0, 2.0, 1.0, 0.5, 2.5]
    low, high = np.quantile(x, [0.25, 0.75])
    changes = [b - a for a, b in pairwise(x) if low <= min(a, b) and max(a, b) <= high]
    assert native(x, "change_quantiles", ql=0.25, qh=0.75, isabs=False, f_agg="mean") == pytest.approx(np.mean(changes))
    assert native(x, "change_quantiles", ql=0.25, qh=0.75, isabs=True, f_agg="var") == pytest.approx(
        np.var(np.abs(changes))
    )


def test_other_aggregates_of_numpy_are_left_to_tsfresh() -> None:
    beyond = CALCULATORS["change_quantiles"].beyond
    corridor = {"ql": 0.0, "qh": 0.5, "isabs": True}
    assert beyond({**corridor, "f_agg": "median"}) == "no kernel for numpy.median"
    assert beyond({**corridor, "f_agg": "std"}) is None


@pytest.mark.parametrize(("key", "value"), [("ql", "0"), ("qh", None), ("f_agg", "no_such_function"), ("f_agg", 3)])
def test_what_tsfresh_refuses_is_named(key: str, value: object) -> None:
    parameters = {"ql": 0.0, "qh": 0.5, "isabs": True, "f_agg": "mean", key: value}
    with pytest.raises(FeatureError, match=f"change_quantiles: {key} is"):
        native([1, 2, 3], "change_quantiles", **parameters)
