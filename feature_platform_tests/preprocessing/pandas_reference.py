"""What preprocessing must give, said again in plain pandas and numpy, cell by cell, without its layout or its plan."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl

from feature_platform.duration import format_duration
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription

WARM_UP_STEPS = 40
"""More than any setting of the tests reaches back: what the plan leaves out must not matter."""


def expected_frame(
    readings: pl.DataFrame,
    sensors: tuple[SensorDescription, ...],
    start: datetime,
    end: datetime,
    settings: PreprocessingSettings,
) -> pd.DataFrame:
    """The frame's sensor and rolling columns, NaN for null, indexed by time."""
    grid = expected_grid(start, end, settings.step)
    long_grid = expected_grid(start - WARM_UP_STEPS * settings.step, end, settings.step)
    gridded = {sensor.id: expected_sensor(readings, sensor, long_grid, end, settings) for sensor in sensors}
    columns = dict(gridded)
    for sensor in sensors:
        for window in settings.rolling_windows:
            for statistic in settings.rolling_statistics:
                name = f"{sensor.id}__{statistic}_{format_duration(window)}"
                columns[name] = expected_rolling(gridded[sensor.id], statistic, window // settings.step)
    return pd.DataFrame(columns).loc[grid]


def expected_grid(start: datetime, end: datetime, step: timedelta) -> pd.DatetimeIndex:
    times = []
    time = start
    while time < end:
        times.append(time)
        time += step
    return pd.DatetimeIndex(times).as_unit("us")


def expected_cells(
    readings: pl.DataFrame, sensor: SensorDescription, grid: pd.DatetimeIndex, end: datetime, step: timedelta
) -> pd.Series:
    """Known cells: the aggregate of sound readings per cell."""
    rows = readings.filter(pl.col("sensor_id") == sensor.id).to_pandas()
    rows = rows.sort_values("time", kind="stable").drop_duplicates("time", keep="last")
    rows = rows[(rows["time"] >= grid[0]) & (rows["time"] < end)]
    low, high = sensor.range or (-np.inf, np.inf)
    rows = rows[(rows["value"].abs() < 1e150) & (rows["value"] >= low) & (rows["value"] <= high)]
    place = grid.searchsorted(rows["time"], side="right") - 1
    how = {"continuous": "mean", "setpoint": "last", "counter": "last", "binary": "max"}[sensor.kind]
    aggregated = rows["value"].astype("float64").groupby(place).agg(how)
    cells = pd.Series(np.nan, index=grid)
    cells.iloc[aggregated.index] = aggregated.to_numpy()
    assert step == grid[1] - grid[0]
    return cells


def expected_sensor(
    readings: pl.DataFrame,
    sensor: SensorDescription,
    grid: pd.DatetimeIndex,
    end: datetime,
    settings: PreprocessingSettings,
) -> pd.Series:
    cells = expected_cells(readings, sensor, grid, end, settings.step)
    filled = cells.copy()
    known = cells.dropna()
    for (earlier, low), (later, high) in zip(known.iloc[:-1].items(), known.iloc[1:].items(), strict=True):
        if later - earlier > settings.max_gap:
            continue
        for time in grid[grid.searchsorted(earlier) + 1 : grid.searchsorted(later)]:
            share = (time - earlier) / (later - earlier)
            filled[time] = low * (1 - share) + high * share if sensor.kind == "continuous" else low
    return filled


def expected_rolling(values: pd.Series, statistic: str, cells: int) -> pd.Series:
    found = []
    every = values.to_numpy()
    for place in range(len(every)):
        window = every[max(0, place - cells + 1) : place + 1]
        window = window[~np.isnan(window)]
        if len(window) < (2 if statistic == "std" else 1):
            found.append(np.nan)
        else:
            found.append(window.std(ddof=1) if statistic == "std" else getattr(window, statistic)())
    return pd.Series(found, index=values.index)
