"""Imported readings: Parquet by source and month, and a log that says which files count."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from feature_platform.errors import StorageError
from feature_platform.storage.log import CommitLog, LostRaceError
from feature_platform.storage.root import StorageRoot

READINGS_SCHEMA = pl.Schema({"sensor_id": pl.String(), "time": pl.Datetime("us", "UTC"), "value": pl.Float64()})
REJECTS_SCHEMA = pl.Schema(
    {
        "file": pl.String(),
        "line": pl.Int64(),
        "column": pl.String(),
        "text": pl.String(),
        "cause": pl.String(),
    }
)
MAXIMUM_TRIES = 20
# Small enough that a scan for one sensor or era skips most of a month, by the groups' statistics.
ROW_GROUP_READINGS = 250_000


@dataclass(frozen=True)
class Part:
    """One Parquet file of one import: the readings of one UTC month, sorted by sensor and time."""

    month: str
    file: str
    rows: int


@dataclass(frozen=True)
class Import:
    """One source file (or database month), taken in once.

    `unit` is what was imported (a file's name, a database month), `content_hash` its bytes' hash and
    `parse_version` the description's. `readings` and `times` count what the file holds, `rejected` the cells that
    could not be read by cause; `rejects_file` lists them. `blank_times_file` lists the times that had a row without
    any value, which are in `times` and in no part. `replaces` are the numbers of earlier imports that no longer count.
    """

    unit: str
    content_hash: str
    parse_version: str
    parts: tuple[Part, ...]
    readings: int
    times: int
    cells: int
    first: datetime | None
    last: datetime | None
    rejected: dict[str, int]
    rejects_file: str | None
    replaces: tuple[int, ...]
    imported_at: datetime
    details: dict[str, Any] = field(default_factory=dict)
    blank_times_file: str | None = None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> "Import":
        """Rebuild an import from its log entry."""
        times = {
            name: None if entry[name] is None else datetime.fromisoformat(entry[name])
            for name in ("first", "last", "imported_at")
        }
        parts = tuple(Part(**part) for part in entry["parts"])
        return cls(**{**entry, **times, "parts": parts, "replaces": tuple(entry["replaces"])})

    def to_json(self) -> dict[str, Any]:
        """The import as its log entry."""
        entry = asdict(self)
        for name in ("first", "last", "imported_at"):
            if entry[name] is not None:
                entry[name] = entry[name].isoformat()
        return entry


@dataclass(frozen=True)
class ReadingsStore:
    """All imported readings of all sources under `<root>/source_readings/source=<source>/`."""

    root: StorageRoot

    def imports(self, source: str) -> dict[int, Import]:
        """The imports that count, by their number, oldest first."""
        found = self.history(source)
        replaced = {number for entry in found.values() for number in entry.replaces}
        return {number: entry for number, entry in found.items() if number not in replaced}

    def history(self, source: str) -> dict[int, Import]:
        """All imports by their number, oldest first, those that were replaced too."""
        log = self._log(source)
        return {number: Import.from_json(log.read(number)) for number in log.numbers()}

    def sources(self) -> list[str]:
        """Names of the sources that have any readings, sorted."""
        return [n.removeprefix("source=") for n in self.root.names("source_readings") if n.startswith("source=")]

    def write_part(self, source: str, month: str, readings: pl.DataFrame) -> Part:
        """Store one month of an import that is not committed yet; until then no reader sees it."""
        buffer = io.BytesIO()
        # A sensor has few different values and a steady step: so encoded, files are half as large and twice as fast.
        pq.write_table(
            readings.select(READINGS_SCHEMA.names()).to_arrow(),
            buffer,
            compression="zstd",
            compression_level=1,
            row_group_size=ROW_GROUP_READINGS,
            store_schema=False,
            use_dictionary=["sensor_id", "value"],
            column_encoding={"time": "DELTA_BINARY_PACKED"},
        )
        content = buffer.getvalue()
        digest = hashlib.sha256(content).hexdigest()[:32]
        file = f"{self._folder(source)}/month={month}/{digest}.parquet"
        self.root.write(file, content)
        return Part(month=month, file=file, rows=readings.height)

    def write_rejects(self, source: str, rejects: pl.DataFrame) -> str:
        """Store the list of cells that an import could not read."""
        buffer = io.BytesIO()
        rejects.select(REJECTS_SCHEMA.names()).write_parquet(buffer, compression="zstd")
        digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:32]
        file = f"{self._folder(source)}/rejects/{digest}.parquet"
        self.root.write(file, buffer.getvalue())
        return file

    def rejects(self, entry: Import) -> pl.DataFrame:
        """The cells that an import could not read, as `REJECTS_SCHEMA`."""
        if entry.rejects_file is None:
            return REJECTS_SCHEMA.to_frame()
        return self._read_list(entry.rejects_file)

    def write_blank_times(self, source: str, times: pl.Series) -> str:
        """Store the UTC times at which an import had rows without any value."""
        buffer = io.BytesIO()
        times.alias("time").to_frame().write_parquet(buffer, compression="zstd")
        digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:32]
        file = f"{self._folder(source)}/blank_times/{digest}.parquet"
        self.root.write(file, buffer.getvalue())
        return file

    def blank_times(self, source: str) -> pl.Series:
        """Times at which any import that counts had a row without a value, ascending, each once."""
        files = [entry.blank_times_file for entry in self.imports(source).values() if entry.blank_times_file]
        empty = pl.Series("time", [], READINGS_SCHEMA["time"])
        return pl.concat([empty, *(self._read_list(file)["time"] for file in files)]).unique().sort()

    def commit(self, source: str, entry: Import) -> int:
        """Make an import count, all of it at once, and return its number."""
        log = self._log(source)
        for _ in range(MAXIMUM_TRIES):
            number = max(log.numbers(), default=0) + 1
            try:
                log.append(entry.to_json(), number=number)
            except LostRaceError:
                continue
            return number
        raise StorageError(f"source {source}: {MAXIMUM_TRIES} other imports committed first; run the import again")

    def holds(self, entry: Import) -> bool:
        """Whether every file of an import is still there."""
        lists = [file for file in (entry.rejects_file, entry.blank_times_file) if file is not None]
        return all(self.root.exists(file) for file in (*(part.file for part in entry.parts), *lists))

    def span(self, source: str) -> tuple[datetime, datetime] | None:
        """Times of the first and the last reading; None where there is none."""
        entries = [entry for entry in self.imports(source).values() if entry.first and entry.last]
        if not entries:
            return None
        return (
            min(entry.first for entry in entries if entry.first).astimezone(UTC),
            max(entry.last for entry in entries if entry.last).astimezone(UTC),
        )

    def months(self, source: str) -> list[str]:
        """UTC months (`YYYY-MM`) that hold readings, ascending."""
        return sorted({part.month for entry in self.imports(source).values() for part in entry.parts})

    def scan(
        self, source: str, start: datetime, end: datetime, *, sensors: Iterable[str] | None = None
    ) -> pl.LazyFrame:
        """Readings of `[start, end)` as `READINGS_SCHEMA`, sorted by sensor and time.

        Where several imports hold the same sensor and time, the import with the highest number wins.

        Raises
        ------
        StorageError
            If a committed file is missing or damaged.
        """
        # The end is not part of it: an era of a whole month must not need the month after.
        first, last = f"{start:%Y-%m}", f"{end - timedelta(microseconds=1):%Y-%m}"
        scans = [
            self._scan_part(part).with_columns(pl.lit(number, pl.Int64).alias("import"))
            for number, entry in self.imports(source).items()
            for part in entry.parts
            if first <= part.month <= last
        ]
        if not scans:
            return READINGS_SCHEMA.to_frame().lazy()
        rows = pl.concat(scans).filter(pl.col("time") >= start, pl.col("time") < end)
        if sensors is not None:
            rows = rows.filter(pl.col("sensor_id").is_in(list(sensors)))
        return (
            rows.sort("sensor_id", "time", "import", maintain_order=True)
            .unique(["sensor_id", "time"], keep="last", maintain_order=True)
            .select(READINGS_SCHEMA.names())
        )

    def scan_months(self, source: str) -> Iterator[tuple[str, pl.LazyFrame]]:
        """Each month's readings in turn, as `scan` gives them: a whole source in bounded memory."""
        for month in self.months(source):
            start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
            end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
            yield month, self.scan(source, start, end)

    def collect(self, source: str, readings: pl.LazyFrame) -> pl.DataFrame:
        """Collect what was made of a source's scans.

        Raises
        ------
        StorageError
            If a file is damaged inside, where its opening did not show it.
        """
        try:
            return readings.collect()
        except pl.exceptions.ComputeError as error:
            parts = [part.file for entry in self.imports(source).values() for part in entry.parts]
            damaged = [self.root.path(file) for file in parts if not self._is_whole(file)]
            raise StorageError(
                f"{', '.join(damaged) or f'readings of source {source}'}: is damaged ({error}); delete it and import "
                "its source file again"
            ) from error

    def _read_list(self, file: str) -> pl.DataFrame:
        if not self._is_whole(file):
            raise StorageError(f"{self.root.path(file)}: is damaged; delete it and import its source file again")
        return pl.read_parquet(io.BytesIO(self.root.read(file)))

    def _is_whole(self, file: str) -> bool:
        """Whether a file's content is what its name says."""
        return hashlib.sha256(self.root.read(file)).hexdigest().startswith(file.rpartition("/")[2].partition(".")[0])

    def _scan_part(self, part: Part) -> pl.LazyFrame:
        if not self.root.exists(part.file):
            raise StorageError(f"{self.root.path(part.file)}: is missing; import its source file again")
        source = self.root.path(part.file) if self.root.is_local else io.BytesIO(self.root.read(part.file))
        scan = pl.scan_parquet(source)
        try:
            if scan.collect_schema() != READINGS_SCHEMA:
                raise StorageError(
                    f"{self.root.path(part.file)}: has other columns than readings have; delete it and import its "
                    "source file again"
                )
        except pl.exceptions.ComputeError as error:
            raise StorageError(
                f"{self.root.path(part.file)}: is damaged ({error}); delete it and import its source file again"
            ) from error
        return scan

    def _log(self, source: str) -> CommitLog:
        return CommitLog(self.root, f"{self._folder(source)}/imports")

    @staticmethod
    def _folder(source: str) -> str:
        return f"source_readings/source={source}"
