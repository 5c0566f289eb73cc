"""Rows in any order -> the parts of one import: one UTC month each, sorted by sensor and time, in bounded memory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from feature_platform.errors import StorageError
from feature_platform.sources.rows import SENSOR, VALUE
from feature_platform.storage.readings import READINGS_SCHEMA, Part, ReadingsStore

# A month is turned from rows into sorted readings about this many at a time.
PART_READINGS = 2_000_000


@dataclass
class MonthSpill:
    """Rows put aside by month in a scratch folder: float64 columns by sensor id (wide), or `@sensor` and `@value`."""

    folder: Path
    _files: defaultdict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))
    _rows: Counter[str] = field(default_factory=Counter)

    @property
    def months(self) -> list[str]:
        """UTC months that hold rows, ascending."""
        return sorted(self._files)

    def add(self, frame: pl.DataFrame) -> None:
        """Put rows with a UTC `time` aside, after those that came before."""
        if frame.is_empty():
            return
        first, last = frame.select(pl.col("time").min().alias("first"), pl.col("time").max().alias("last")).row(0)
        if (first.year, first.month) == (last.year, last.month):
            self._write(f"{first:%Y-%m}", frame)
            return
        month = pl.col("time").dt.year().cast(pl.Int32) * 12 + pl.col("time").dt.month()
        for (number,), rows in frame.with_columns(month.alias("@month")).group_by("@month", maintain_order=True):
            year, index = divmod(int(number) - 1, 12)
            self._write(f"{year:04d}-{index + 1:02d}", rows.drop("@month"))

    def rows(self, month: str) -> int:
        """How many rows the month has."""
        return self._rows[month]

    def scan(self, month: str) -> pl.LazyFrame:
        """The month's rows in the order in which they came."""
        return pl.scan_ipc(self._files[month])

    def _write(self, month: str, rows: pl.DataFrame) -> None:
        path = self.folder / f"{month}-{len(self._files[month]):06d}.arrow"
        try:
            with path.open("wb") as file:
                rows.write_ipc(file)
        except OSError as error:
            # Polars raises what the system says without its number.
            reason = error.strerror or str(error).partition(" (os error")[0]
            raise StorageError(
                f"{path}: cannot be written ({reason}); free space there or point TMPDIR to a folder "
                "with more, then run again: what was stored before is untouched"
            ) from error
        self._files[month].append(path)
        self._rows[month] += rows.height


@dataclass(frozen=True)
class Piece:
    """Some sensors' readings of one month, sorted by sensor and time, and the times that they stand at."""

    readings: pl.DataFrame
    counts: dict[str, int]
    times: pl.Series


@dataclass
class Written:
    """What was written. `blank_times` are times that had a row but no reading, ascending."""

    parts: list[Part] = field(default_factory=list)
    per_sensor: Counter[str] = field(default_factory=Counter)
    times: int = 0
    first: datetime | None = None
    last: datetime | None = None
    blank_times: list[pl.Series] = field(default_factory=list)

    @property
    def readings(self) -> int:
        """Readings in all parts."""
        return self.per_sensor.total()

    def take(self, piece: Piece, part: Part) -> None:
        """Count one part."""
        self.parts.append(part)
        self.per_sensor.update(piece.counts)
        first, last = piece.times.to_frame("time").select(pl.col("time").min().alias("a"), pl.max("time")).row(0)
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)


def write_parts(
    spill: MonthSpill,
    store: ReadingsStore,
    source: str,
    sensors: Sequence[str],
    progress: Callable[[float], None],
) -> Written:
    """Store all months, none committed yet; of equal sensor and time the last row with a value counts.

    No two parts hold the same sensor and time. `progress` is told the share of months done.
    """
    written = Written()
    months = spill.months
    for done, month in enumerate(months, start=1):
        wide = SENSOR not in spill.scan(month).collect_schema()
        pieces = _wide(spill, month, sorted(sensors)) if wide else _long(spill, month, sorted(sensors))
        blank = times = spill.scan(month).select(pl.col("time").unique().sort()).collect()["time"]
        for piece in pieces:
            written.take(piece, store.write_part(source, month, piece.readings))
            blank = blank.filter(~blank.is_in(piece.times.implode()))
        written.times += len(times)
        written.blank_times.append(blank)
        progress(done / len(months))
    return written


def _wide(spill: MonthSpill, month: str, sensors: list[str]) -> Iterator[Piece]:
    together = max(1, PART_READINGS // spill.rows(month))
    for start in range(0, len(sensors), together):
        group = sensors[start : start + together]
        rows = spill.scan(month).select("time", *group).collect()
        ascending = bool((rows["time"].to_physical().diff() > 0).all())
        if not ascending:
            rows = rows.sort("time", maintain_order=True)
        readings = rows.unpivot(group, index="time", variable_name="sensor_id").drop_nulls("value")
        if not ascending:
            readings = readings.unique(["sensor_id", "time"], keep="last", maintain_order=True)
        if not readings.is_empty():
            counts = rows.select(pl.col(group).count()).row(0, named=True) if ascending else _count(readings)
            times = rows.filter(pl.any_horizontal(pl.col(group).is_not_null()))["time"]
            yield Piece(readings.select(READINGS_SCHEMA.names()), counts, times)


def _long(spill: MonthSpill, month: str, sensors: list[str]) -> Iterator[Piece]:
    rows = spill.scan(month).drop_nulls(VALUE)
    for group in _groups(sensors, dict(rows.group_by(SENSOR).len().collect().iter_rows())):
        readings = (
            rows.filter(pl.col(SENSOR).is_in(group))
            .select(pl.col(SENSOR).alias("sensor_id"), "time", pl.col(VALUE).alias("value"))
            .sort("sensor_id", "time", maintain_order=True)
            .unique(["sensor_id", "time"], keep="last", maintain_order=True)
            .collect()
        )
        if not readings.is_empty():
            yield Piece(readings, _count(readings), readings["time"].unique())


def _count(readings: pl.DataFrame) -> dict[str, int]:
    return dict(readings.group_by("sensor_id").len().iter_rows())


def _groups(sensors: list[str], counts: dict[str, int]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for sensor in sensors:
        if group and size + counts.get(sensor, 0) > PART_READINGS:
            yield group
            group, size = [], 0
        group.append(sensor)
        size += counts.get(sensor, 0)
    yield group
