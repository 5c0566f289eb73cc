"""The simulated year: every instant in UTC, and what the clock on the wall shows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from feature_platform.demo.sun import Floats

ZONE = "Europe/Copenhagen"
YEAR = 2024
STEP = timedelta(minutes=5)
SPIN_UP = timedelta(days=4)
"""Simulated before the year begins and thrown away, so that no start value shows."""


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """A wall-clock time in the greenhouse's zone."""
    return datetime(year, month, day, hour, tzinfo=ZoneInfo(ZONE))


@dataclass(frozen=True)
class Clock:
    """Instants `[start, end)` every `STEP`, UTC."""

    start: datetime
    end: datetime

    @cached_property
    def utc(self) -> pl.Series:
        """(n_time,) datetime[us, UTC]."""
        return pl.datetime_range(self.start, self.end, STEP, closed="left", time_zone="UTC", eager=True).alias("time")

    @cached_property
    def seconds(self) -> Floats:
        """(n_time,) since the epoch."""
        return self.utc.dt.epoch("s").cast(pl.Float64).to_numpy()

    @cached_property
    def day_of_year(self) -> Floats:
        """(n_time,) UTC, 1 on the first of January."""
        return self.utc.dt.ordinal_day().cast(pl.Float64).to_numpy()

    @cached_property
    def wall(self) -> pl.Series:
        """(n_time,) the same instants in the greenhouse's zone."""
        return self.utc.dt.convert_time_zone(ZONE)

    @cached_property
    def wall_hour(self) -> Floats:
        """(n_time,) hours since local midnight as the wall clock shows them."""
        hour = self.wall.dt.hour().cast(pl.Float64) + self.wall.dt.minute().cast(pl.Float64) / 60
        return hour.to_numpy()

    @cached_property
    def wall_day(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """(n_time,) a number that grows by one at every local midnight."""
        return self.wall.dt.date().cast(pl.Int32).cast(pl.Int64).to_numpy()

    def index(self, instant: datetime) -> int:
        """Position of the first step at or after an instant, within 0 and the number of steps."""
        steps = -((self.start - instant.astimezone(UTC)) // STEP)
        return min(max(steps, 0), len(self.utc))


def simulated_year() -> Clock:
    """The local calendar year, with the spin-up before it."""
    return Clock(local(YEAR, 1, 1).astimezone(UTC) - SPIN_UP, local(YEAR + 1, 1, 1).astimezone(UTC))
