"""Every picture of simulated data says so, and no other does."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from feature_platform.plots.coverage import coverage_plot
from feature_platform.plots.features import feature_heatmap
from feature_platform.plots.palette import VERMILLION
from feature_platform.plots.selection import correlation_heatmap, dropped_by_reason_bar
from feature_platform_tests.plots.pictures import pixels, share_of

Draw = Callable[[bool], bytes]
COVERAGE = pl.DataFrame({"sensor_id": ["a"], "coverage": [1.0]})
FEATURES = pl.DataFrame({"a__mean": [1.0, 2.0, 4.0], "b__mean": [2.0, 1.0, 0.0]})


@pytest.mark.parametrize(
    "draw",
    [
        lambda simulated: feature_heatmap(FEATURES, FEATURES.columns, title="demo", simulated=simulated),
        lambda simulated: feature_heatmap(FEATURES.clear(), FEATURES.columns, title="demo", simulated=simulated),
        lambda simulated: correlation_heatmap(np.full((4, 4), np.nan), list("abcd"), simulated=simulated),
        lambda simulated: correlation_heatmap(np.empty((0, 0)), [], simulated=simulated),
        lambda simulated: dropped_by_reason_bar({"missing": 0}, simulated=simulated),
        lambda simulated: coverage_plot(COVERAGE, simulated=simulated),
    ],
    ids=["features", "no features", "correlation", "no correlation", "dropped", "coverage"],
)
def test_only_simulated_data_is_called_so(draw: Draw) -> None:
    marked, plain = (share_of(pixels(draw(simulated)), VERMILLION) for simulated in (True, False))
    assert marked > plain
