import math

import numpy as np
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.histograms import write_edges
from feature_platform.features.calculators.lempel_ziv import write_symbols
from feature_platform_tests.features.calculators.single import each, native, series_of
from feature_platform_tests.parity.comparison import differences


def test_values_are_tsfreshs_for_any_number_of_bins() -> None:
    found, compared = differences(
        series_of((1, 2, 3, 8, 21, 100, 300)), {"lempel_ziv_complexity": each("bins", -1, 0, 1, 2, 4, 7, 26, 100, 1000)}
    )
    assert compared > 1000
    assert found == []


@pytest.mark.parametrize("bins", [2, 3, 5, 10, 100])
def test_values_on_edges_get_the_symbols_that_searchsorted_gives(bins: int) -> None:
    for low, high in ((0.1, 0.7), (-3.3, 1e-3), (1e6, 1e6 + 1), (1.0, 1 + 2e-15), (-1e-310, 1e-310)):
        edges = np.linspace(low, high, bins + 1)
        x = np.clip(np.concatenate([edges, np.nextafter(edges, -math.inf), np.nextafter(edges, math.inf)]), low, high)
        own, symbols = np.empty(bins + 1), np.empty(len(x), dtype=np.int64)
        write_edges(low, high, bins, own)
        write_symbols(x, (x - low) / (high - low), own, bins, symbols)
        assert own.tolist() == edges.tolist()
        assert symbols.tolist() == np.searchsorted(edges[1:], x, side="left").tolist()


def test_words_by_hand() -> None:
    # 1|0|00|10|01|000, and a rest that is no new word
    assert native([1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0], "lempel_ziv_complexity", bins=2) == 6 / 13


@pytest.mark.parametrize("x", [[1, math.inf, 2], [1, -math.inf, 2], [-1.5e308, 1.5e308, 1], [5, 5, 5]])
def test_a_range_without_a_finite_width_is_one_bin(x: list[float]) -> None:
    # Its words are 0 and 00.
    assert native(x, "lempel_ziv_complexity", bins=10) == 2 / 3


@pytest.mark.parametrize("bins", [-2, 2.0, "3"])
def test_what_tsfresh_refuses_is_named(bins: object) -> None:
    with pytest.raises(FeatureError, match="lempel_ziv_complexity: bins is"):
        native([1, 2], "lempel_ziv_complexity", bins=bins)
