"""Hourly signals of a source's sensors: what change points are looked for in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_platform.eras.tables import EPOCH
from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import ReadingsStore

HOUR = timedelta(hours=1)
MICROSECONDS = HOUR // timedelta(microseconds=1)
CLIP = 4.0
"""Robust standard deviations; what lies further out is as far as it need be, and must not outweigh the rest."""

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class HourlySignals:
    """Hourly means, float64 of (hours, sensors), NaN where a sensor has no reading in an hour."""

    start: datetime
    sensors: tuple[str, ...]
    values: Floats

    @property
    def known(self) -> Booleans:
        """Where `values` has a value, bool of (hours, sensors)."""
        known: Booleans = np.isfinite(self.values)
        return known

    def time(self, hour: int) -> datetime:
        """When an hour begins."""
        return self.start + hour * HOUR


def hourly_signals(
    store: ReadingsStore,
    source: str,
    *,
    first: datetime,
    last: datetime,
    zone: str,
    sensors: Sequence[SensorDescription],
) -> HourlySignals:
    """Means of full local hours from the one of `first` to that of `last`, in the memory of one month.

    Readings outside a sensor's physical range do not count; a counter gives its hourly gain.
    """
    # Zones lie whole hours or parts of one from UTC; a summer time of a part of an hour is not worth more.
    offset = first.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    start = first - (first - EPOCH + offset) % HOUR
    hours = (last - start) // HOUR + 1
    sums, counts = np.zeros((len(sensors), hours)), np.zeros((len(sensors), hours))
    position = {sensor.id: index for index, sensor in enumerate(sensors)}
    for _, scan in store.scan_months(source):
        readings = store.collect(source, _within_ranges(scan, sensors))
        if readings.is_empty():
            continue
        sensor = readings["sensor_id"].replace_strict(position, return_dtype=pl.Int64).to_numpy()
        hour = ((readings["time"] - start).dt.total_microseconds() // MICROSECONDS).to_numpy()
        begin, width = hour.min(), np.ptp(hour) + 1
        cell, shape = sensor * width + hour - begin, (len(sensors), width)
        # bincount adds in the order of the rows, so that the same readings give the same sums to the last bit.
        month_sums = np.bincount(cell, readings["value"].to_numpy(), len(sensors) * width)
        sums[:, begin : begin + width] += month_sums.reshape(shape)
        counts[:, begin : begin + width] += np.bincount(cell, minlength=len(sensors) * width).reshape(shape)
    with np.errstate(invalid="ignore"):
        values = sums / np.where(counts == 0, math.nan, counts)
    for row, described in enumerate(sensors):
        if described.kind == "counter":
            values[row] = np.diff(values[row], prepend=math.nan)
    return HourlySignals(start.astimezone(UTC), tuple(sensor.id for sensor in sensors), values.T)


def robustly_scaled(signals: HourlySignals, columns: Sequence[int]) -> Floats:
    """Columns less their median over their robust deviation, gaps bridged, clipped; constants are left out."""
    scaled = [_scaled(signals.values[:, column]) for column in columns]
    kept = [column for column in scaled if column is not None]
    return np.column_stack(kept) if kept else np.empty((len(signals.values), 0))


def _within_ranges(scan: pl.LazyFrame, sensors: Sequence[SensorDescription]) -> pl.LazyFrame:
    ranges = pl.LazyFrame(
        {
            "sensor_id": [sensor.id for sensor in sensors],
            "low": [sensor.range[0] if sensor.range else -math.inf for sensor in sensors],
            "high": [sensor.range[1] if sensor.range else math.inf for sensor in sensors],
        },
        schema={"sensor_id": pl.String(), "low": pl.Float64(), "high": pl.Float64()},
    )
    return scan.join(ranges, on="sensor_id", how="inner", maintain_order="left").filter(
        pl.col("value").is_finite(), pl.col("value").is_between("low", "high")
    )


def _scaled(column: Floats) -> Floats | None:
    known = np.isfinite(column)
    low, median, high = np.quantile(column[known], (0.25, 0.5, 0.75))
    # A switch that is off most of the time has no spread between its quartiles, but its work is worth seeing.
    spread = (high - low) / 1.349 or column[known].std()
    if not spread > 0:
        return None
    hours = np.arange(len(column))
    bridged = np.interp(hours, hours[known], (column[known] - median) / spread)
    clipped: Floats = np.clip(bridged, -CLIP, CLIP)
    return clipped
