"""Where every cell lies while the plan runs: one dense, sensor-major stretch of slots, all sensors on one grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import polars as pl

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription, SensorKind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIME = "time"

KIND_ORDER: tuple[SensorKind, ...] = ("continuous", "setpoint", "counter", "binary")
"""Sensors of one treatment lie together, so that a cell's number alone tells its treatment."""

MAXIMUM_CELLS = 2**29
MAXIMUM_SLOT = 2**62


@dataclass(frozen=True)
class Layout:
    """An era's grid `[start, end)`, the warm-up cells before it, and the place of each sensor's cells.

    A sensor's cells are numbered `code * total ... code * total + total - 1`: `lead` warm-up cells, the era's, the
    `trail` beyond them, and `gap` that stay empty. A reading's slot is the same number in microseconds, so
    `cell = slot // step`. Only a piece of an era has a trail: it reads on to `until`, as the whole era would.

    Raises
    ------
    PreprocessingError
        If the era's bounds, the sensors or the size of the grid are unusable.
    """

    sensors: tuple[SensorDescription, ...]
    start: datetime
    end: datetime
    settings: PreprocessingSettings
    until: datetime | None = None

    def __post_init__(self) -> None:
        _refuse_bounds(self.start, self.end)
        _refuse_sensors(self.sensors)
        if len(self.sensors) * self.total > MAXIMUM_CELLS or len(self.sensors) * self.span > MAXIMUM_SLOT:
            raise PreprocessingError(
                f"a grid of {len(self.sensors)} sensors x {self.total} steps of {self.settings.step} (era "
                f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} and its warm-up) is too large, the limit "
                f"is {MAXIMUM_CELLS} cells; take a longer step, a shorter era, shorter rolling windows or a smaller gap"
            )

    @cached_property
    def step(self) -> int:
        """The grid's step in microseconds."""
        return self.settings.step // MICROSECOND

    @cached_property
    def cells(self) -> int:
        """Grid cells of the era; the last one may reach past its end, but holds no reading from there."""
        return -((self.start - self.end) // self.settings.step)

    @cached_property
    def lead(self) -> int:
        """Warm-up cells before the era's start."""
        return self.settings.warm_up // self.settings.step

    @cached_property
    def trail(self) -> int:
        """Cells after the era's that readings fill and no frame has."""
        return 0 if self.until is None else -((self.end - self.until) // self.settings.step)

    @cached_property
    def total(self) -> int:
        """Cells of one sensor: warm-up, era, trail, and `gap` empty ones over which nothing is interpolated."""
        return self.lead + self.cells + self.trail + self.gap

    @cached_property
    def span(self) -> int:
        """Microseconds of one sensor's cells."""
        return self.total * self.step

    @cached_property
    def first(self) -> int:
        """Start of the first warm-up cell, in microseconds since 1970 (UTC)."""
        return (self.start - EPOCH) // MICROSECOND - self.lead * self.step

    @cached_property
    def stop(self) -> int:
        """The end of what is read, in microseconds since the first cell's start."""
        return ((self.until or self.end) - EPOCH) // MICROSECOND - self.first

    @cached_property
    def gap(self) -> int:
        """The largest distance of two known cells that is interpolated, in cells."""
        return self.settings.max_gap // self.settings.step

    @cached_property
    def by_kind(self) -> tuple[SensorDescription, ...]:
        """The sensors in the order of their cells; a sensor's place in it is its code."""
        return tuple(sorted(self.sensors, key=lambda sensor: KIND_ORDER.index(sensor.kind)))

    @cached_property
    def codes(self) -> dict[str, int]:
        """Each sensor's code."""
        return {sensor.id: code for code, sensor in enumerate(self.by_kind)}

    def first_cell(self, sensor: SensorDescription) -> int:
        """The number of a sensor's first warm-up cell."""
        return self.codes[sensor.id] * self.total

    def cells_of(self, *kinds: SensorKind) -> int:
        """How many cells the sensors of these kinds have in all."""
        return self.total * sum(sensor.kind in kinds for sensor in self.sensors)

    def times(self) -> pl.Series:
        """The starts of the era's cells."""
        first = (self.start - EPOCH) // MICROSECOND
        micros = pl.int_range(first, first + self.cells * self.step, self.step, eager=True)
        return micros.cast(pl.Datetime("us", "UTC")).alias(TIME)


def _refuse_bounds(start: datetime, end: datetime) -> None:
    for bound in (start, end):
        if bound.utcoffset() != timedelta(0):
            raise PreprocessingError(f"era bound {bound!r} is not in UTC; give both bounds with the UTC time zone")
    if start >= end:
        raise PreprocessingError(
            f"an era that starts at {start:%Y-%m-%d %H:%M:%S} cannot end at {end:%Y-%m-%d %H:%M:%S}; the end must lie "
            "after the start"
        )


def _refuse_sensors(sensors: Sequence[SensorDescription]) -> None:
    if not sensors:
        raise PreprocessingError("there is no sensor to put on a grid; name at least one in the source's description")
    ids = [sensor.id for sensor in sensors]
    repeated = sorted({sensor_id for sensor_id in ids if ids.count(sensor_id) > 1})
    if repeated:
        raise PreprocessingError(f"sensor ids must be unique; {', '.join(repeated)} stands more than once")
