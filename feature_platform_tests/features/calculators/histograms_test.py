import math

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.histograms import histogram_entropy
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences


def test_values_are_tsfreshs_for_any_number_of_bins() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 8, 21, 100, 300)), {"binned_entropy": each("max_bins", 1, 2, 3, 7, 10, 50, 100, 1000)}
    )
    assert compared > 900
    assert found == []


@pytest.mark.parametrize("bins", [1, 2, 3, 6, 10, 49, 100])
def test_values_on_edges_fall_into_numpys_bins(bins: int) -> None:
    for low, high in ((0.1, 0.7), (-3.3, 1e-3), (1e6, 1e6 + 1), (-1e-310, 1e-310)):
        edges = np.linspace(low, high, bins + 1)
        x = np.concatenate([edges, np.nextafter(edges, -math.inf)[1:], np.nextafter(edges, math.inf)[:-1]])
        expected, _ = np.histogram(x, bins=bins)
        counts = np.empty(bins, dtype=np.int64)
        histogram_entropy(x, len(x), low, high, bins, np.empty(bins + 1), counts)
        assert counts.tolist() == expected.tolist()


def test_entropy_by_hand() -> None:
    assert native([0, 0, 1, 2], "binned_entropy", max_bins=2) == pytest.approx(math.log(2))
    assert native([4, 4, 4], "binned_entropy", max_bins=10) == 0


@pytest.mark.parametrize("x", [[0, math.inf], [-1.5e308, 1.5e308], [1e17, 1e17], [1, 1 + 2e-16]])
def test_what_numpy_cannot_bin_is_nan(x: list[float]) -> None:
    assert math.isnan(native(x, "binned_entropy", max_bins=10))


def test_rules_and_lists_of_edges_are_left_to_tsfresh() -> None:
    beyond = CALCULATORS["binned_entropy"].beyond
    assert (
        beyond({"max_bins": "auto"}) == beyond({"max_bins": [0, 1, 2]}) == "max_bins that names a rule or lists edges"
    )
    assert beyond({"max_bins": 10}) is None


@pytest.mark.parametrize("bins", [0, -3, 10.0, None])
def test_what_tsfresh_refuses_is_named(bins: object) -> None:
    with pytest.raises(FeatureError, match="binned_entropy: max_bins is"):
        native([1, 2], "binned_entropy", max_bins=bins)
