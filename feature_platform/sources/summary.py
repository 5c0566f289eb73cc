"""What the store holds of one source."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from feature_platform.storage.readings import Import, ReadingsStore


@dataclass(frozen=True)
class SourceSummary:
    """A source as stored, each sensor and time counted once however many files hold it.

    `times` counts the distinct times for which the source has a row, also rows without any value; `readings` the
    values. `per_sensor` has `sensor_id`, `readings`, `first`, `last`, one row per described sensor, sorted by id, with
    0 readings where none was ever read. `rejected` and `cells` are summed over the imports that count, and a time
    whose local time was unreadable or skipped is in neither `times` nor `readings`.
    """

    source: str
    times: int
    readings: int
    per_sensor: pl.DataFrame
    cells: int
    rejected: dict[str, int]
    first: datetime | None
    last: datetime | None
    imports: int

    @property
    def sensors(self) -> int:
        """How many sensors there are, with readings or without."""
        return self.per_sensor.height

    @property
    def rejected_share(self) -> float:
        """Rejected cells as a share of all cells that were not empty."""
        return _share(self.rejected, self.cells)


def summarise(store: ReadingsStore, source: str) -> SourceSummary:
    """Count what is stored of a source, month by month.

    Raises
    ------
    StorageError
        If a stored file is missing or damaged.
    """
    imports = list(store.imports(source).values())
    blank = store.blank_times(source)
    times = 0
    counted = []
    for month, readings in store.scan_months(source):
        table = store.collect(source, readings.select("sensor_id", "time"))
        seen = table["time"].unique()
        of_month = blank.dt.strftime("%Y-%m") == month if len(blank) else pl.Series([], dtype=pl.Boolean)
        times += pl.concat([seen, blank.filter(of_month)]).n_unique()
        blank = blank.filter(~of_month)
        counted.append(
            table.group_by("sensor_id").agg(
                pl.len().cast(pl.Int64).alias("readings"),
                pl.col("time").min().alias("first"),
                pl.col("time").max().alias("last"),
            )
        )
    per_sensor = _per_sensor(counted, imports)
    first, last = per_sensor.select(pl.col("first").min(), pl.col("last").max()).row(0)
    return SourceSummary(
        source=source,
        times=times + len(blank),
        readings=int(per_sensor["readings"].sum()),
        per_sensor=per_sensor,
        cells=sum(entry.cells for entry in imports),
        rejected=_rejected(imports),
        first=first,
        last=last,
        imports=len(imports),
    )


def rejected_share(store: ReadingsStore, source: str) -> float:
    """Cells that the imports which count could not read, as a share of all their cells that were not empty."""
    imports = list(store.imports(source).values())
    return _share(_rejected(imports), sum(entry.cells for entry in imports))


def _per_sensor(counted: list[pl.DataFrame], imports: list[Import]) -> pl.DataFrame:
    time = pl.Datetime("us", "UTC")
    schema = {"sensor_id": pl.String(), "readings": pl.Int64(), "first": time, "last": time}
    described = sorted({sensor for entry in imports for sensor in entry.details.get("sensors", ())})
    without = pl.DataFrame({"sensor_id": described, "readings": 0, "first": None, "last": None}, schema=schema)
    return (
        pl.concat([without, *counted])
        .group_by("sensor_id")
        .agg(pl.col("readings").sum(), pl.col("first").min(), pl.col("last").max())
        .sort("sensor_id")
    )


def _rejected(imports: list[Import]) -> dict[str, int]:
    return dict(sum((Counter(entry.rejected) for entry in imports), Counter[str]()))


def _share(rejected: dict[str, int], cells: int) -> float:
    return sum(rejected.values()) / cells if cells else 0.0
