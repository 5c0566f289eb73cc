"""One database month on its way into the readings store: COPY's bytes in, Parquet parts out."""

import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from feature_platform.sources.description import SourceDescription
from feature_platform.sources.rejects import MAXIMUM_LISTED, NON_FINITE, SKIPPED_LOCAL_TIME, UNREADABLE_TIME
from feature_platform.storage.readings import READINGS_SCHEMA, REJECTS_SCHEMA, Import, Part, ReadingsStore

NO_TIMES = pl.Series("time", [], READINGS_SCHEMA["time"])
COPY_SCHEMA = pl.Schema({"position": pl.Int64(), "time": pl.Int64(), "value": pl.Float64()})


@dataclass
class MonthWriter:
    """Takes the month in slices of time; `entry` then says what was written.

    `sensors` are the sensors' ids by the position that stands in the slices' rows, ascending. What is held between
    slices is the times alone.
    """

    description: SourceDescription
    store: ReadingsStore
    sensors: list[str]
    aware: bool
    transferred: int = 0
    _parts: list[Part] = field(default_factory=list)
    _times: list[pl.Series] = field(default_factory=lambda: [NO_TIMES])
    _seen: list[pl.Series] = field(default_factory=lambda: [NO_TIMES])
    _per_sensor: Counter[str] = field(default_factory=Counter)
    _rejects: list[pl.DataFrame] = field(default_factory=lambda: [REJECTS_SCHEMA.to_frame()])
    _rejected: Counter[str] = field(default_factory=Counter)
    _cells: int = 0
    _duplicates: int = 0

    def add_slice(self, content: io.BytesIO) -> None:
        """Store the rows that `ReadingsTable.copy` sent for a slice; no other slice may repeat a time of it."""
        size = content.tell()
        if not size:
            return
        self.transferred += size
        content.seek(0)
        readings = self._readable(pl.read_csv(content, has_header=False, schema=COPY_SCHEMA))
        last = pl.struct("position", "time") != pl.struct("position", "time").shift(-1)
        kept = readings.filter(last.fill_null(value=True))
        self._duplicates += readings.height - kept.height
        self._times.append(kept["time"].unique())
        ids = pl.Series("sensor_id", self.sensors, pl.String())
        for (month,), rows in kept.group_by(pl.col("time").dt.strftime("%Y-%m"), maintain_order=True):
            part = rows.select(ids.gather(rows["position"]), "time", "value")
            self._per_sensor.update(dict(part["sensor_id"].value_counts().iter_rows()))
            self._parts.append(self.store.write_part(self.description.source, str(month), part))

    def reject_unplaced(self, listed: list[tuple[str, str, str]], count: int) -> None:
        """Count `count` cells that have no usable time, and list some of them: (sensor, time, value) texts."""
        rows = [
            (self._table, None, sensor, f"{moment} {value}".strip(), UNREADABLE_TIME)
            for sensor, moment, value in listed
        ]
        self._cells += count
        self._rejected[UNREADABLE_TIME] += count
        self._rejects.append(pl.DataFrame(rows, schema=REJECTS_SCHEMA, orient="row"))

    def entry(self, unit: str, content_hash: str, replaces: tuple[int, ...]) -> Import:
        """The import of all that was taken, its files written, not committed yet."""
        source = self.description.source
        rejects, seen, times = pl.concat(self._rejects), pl.concat(self._seen), pl.concat(self._times)
        blank = seen.filter(~seen.is_in(times.implode())).sort()
        return Import(
            unit=unit,
            content_hash=content_hash,
            parse_version=self.description.parse_version,
            parts=tuple(self._parts),
            readings=sum(part.rows for part in self._parts),
            times=len(seen),
            cells=self._cells,
            first=times.min(),  # type: ignore[arg-type] # polars cannot say that it is a datetime
            last=times.max(),  # type: ignore[arg-type]
            rejected=dict(self._rejected),
            rejects_file=None if rejects.is_empty() else self.store.write_rejects(source, rejects),
            replaces=replaces,
            imported_at=datetime.now(UTC),
            details={
                "sensors": {sensor: self._per_sensor[sensor] for sensor in self.sensors},
                "duplicates": self._duplicates,
                "rejects_listed": rejects.height,
                "rejects_list_is_complete": rejects.height == self._rejected.total(),
            },
            blank_times_file=None if blank.is_empty() else self.store.write_blank_times(source, blank),
        )

    @property
    def _table(self) -> str:
        postgres = self.description.postgres
        return "" if postgres is None else f"{postgres.schema_name}.{postgres.table}"

    def _readable(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that are readings, times in UTC, sorted by position and time; the others are counted and listed."""
        self._cells += rows["value"].count()
        rows = rows.rename({"time": "wall"}).with_columns(pl.col("wall").cast(pl.Datetime("us")))
        rows = rows.with_columns(self._utc().alias("time"))
        skipped = pl.col("time").is_null() & pl.col("value").is_not_null()
        not_finite = pl.col("time").is_not_null() & ~pl.col("value").is_finite()
        for cause, fits in ((SKIPPED_LOCAL_TIME, skipped), (NON_FINITE, not_finite)):
            self._list(rows.filter(fits), cause)
        self._seen.append(rows["time"].drop_nulls().unique())
        rows = rows.filter(pl.col("time").is_not_null() & pl.col("value").is_finite()).drop("wall")
        return rows if self.aware else rows.sort("position", "time", maintain_order=True)

    def _utc(self) -> pl.Expr:
        """The column `wall` in UTC, null where a clock change skips it."""
        if self.aware:
            return pl.col("wall").dt.replace_time_zone("UTC")
        # The second row of one sensor in the hour that an autumn clock doubles is the later one.
        later = pl.int_range(pl.len()).over("position", "wall") > 0
        passes = pl.when(later).then(pl.lit("latest")).otherwise(pl.lit("earliest"))
        local = pl.col("wall").dt.replace_time_zone(self.description.time.zone, ambiguous=passes, non_existent="null")
        return local.dt.convert_time_zone("UTC")

    def _list(self, rows: pl.DataFrame, cause: str) -> None:
        if rows.is_empty():
            return
        self._rejected[cause] += rows.height
        room = MAXIMUM_LISTED - sum(listed.height for listed in self._rejects)
        rows = rows.head(max(room, 0))
        self._rejects.append(
            rows.select(
                pl.lit(self._table).alias("file"),
                pl.lit(None, pl.Int64).alias("line"),
                pl.Series("column", self.sensors, pl.String()).gather(rows["position"]),
                pl.format("{} {}", "wall", "value").alias("text"),
                pl.lit(cause).alias("cause"),
            )
        )
