"""The whole plan against the plain pandas computation."""

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings

from feature_platform.preprocessing.api import preprocess
from feature_platform.preprocessing.checks import check_frame
from feature_platform_tests.preprocessing.cases import SENSORS, START, Case, cases
from feature_platform_tests.preprocessing.pandas_reference import expected_cells, expected_frame, expected_grid

SLOW_DRAWS = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(cases())
@settings(max_examples=50, deadline=None, suppress_health_check=SLOW_DRAWS)
def test_every_cell_is_what_pandas_computes(case: Case) -> None:
    result = preprocess(
        case.readings.lazy(), SENSORS, start=START, end=case.end, settings=case.settings, scaling=case.scaling
    )
    expected = expected_frame(case.readings, SENSORS, START, case.end, case.settings)
    if case.scaling:
        for sensor_id, statistics in case.scaling.sensors.items():
            expected[f"{sensor_id}__scaled"] = (expected[sensor_id] - statistics.centre) / statistics.spread
    assert result.frame.columns == ["time", *expected.columns]
    assert result.frame["time"].to_list() == expected.index.to_pydatetime().tolist()
    found = result.frame.drop("time").fill_null(np.nan).to_numpy()
    np.testing.assert_allclose(found, expected.to_numpy(), rtol=1e-12, atol=1e-9)
    assert check_frame(result.frame, SENSORS, START, case.end, case.settings) == []


@given(cases())
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW_DRAWS)
def test_coverage_counts_what_pandas_counts(case: Case) -> None:
    result = preprocess(
        case.readings.lazy(), SENSORS, start=START, end=case.end, settings=case.settings, scaling=case.scaling
    )
    grid = expected_grid(START, case.end, case.settings.step)
    unique = case.readings.unique(["sensor_id", "time"], keep="last", maintain_order=True)
    unique = unique.filter(pl.col("time").is_between(START, case.end, closed="left"))
    assert result.coverage["sensor_id"].to_list() == [sensor.id for sensor in SENSORS]
    for sensor, row in zip(SENSORS, result.coverage.iter_rows(named=True), strict=True):
        values = unique.filter(pl.col("sensor_id") == sensor.id)["value"].fill_null(np.nan).to_numpy()
        finite = np.isfinite(values) & (np.abs(values) < 1e150)
        low, high = sensor.range or (-np.inf, np.inf)
        nulls = result.frame[sensor.id].null_count()
        # The grid's second cell only tells the step; it may lie past the era's end.
        long_grid = grid if len(grid) > 1 else grid.append(grid + case.settings.step)
        known = int(expected_cells(case.readings, sensor, long_grid, case.end, case.settings.step).notna().sum())
        assert row == {
            "sensor_id": sensor.id,
            "readings": len(values),
            "out_of_range": int((finite & ((values < low) | (values > high))).sum()),
            "non_finite": int((~finite).sum()),
            "known": known,
            "interpolated": len(grid) - known - nulls,
            "null": nulls,
            "coverage": (len(grid) - nulls) / len(grid),
        }
