"""A long table in PostgreSQL or TimescaleDB -> readings, month by month.

A month whose rows have not changed is not transferred: the server itself counts and hashes them. TimescaleDB
hypertables are read by the same statements; plain PostgreSQL is what is tested.
"""

import io
import math
import re
import time
from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg2.extensions import connection, cursor

from feature_platform.errors import SourceError
from feature_platform.sources.description import SourceDescription
from feature_platform.sources.postgres_month import MonthWriter
from feature_platform.sources.postgres_table import FIRST_TIME, ReadingsTable, connected, sensor_keys
from feature_platform.sources.report import Progress, Status, UnitReport
from feature_platform.storage.readings import Import, ReadingsStore

# A statement handles about this many rows, so that none runs for long: Python hears a signal only in between.
SLICE_ROWS = 1_000_000
Span = tuple[datetime, datetime]
UNPLACED_UNIT = "no usable time"
LISTED_UNPLACED = 10_000


def import_postgres(
    description: SourceDescription, store: ReadingsStore, *, progress: Progress | None = None
) -> list[UnitReport]:
    """Take in what is new or changed in the table, one report per month (`YYYY-MM`), in order of time.

    A month is one of UTC where the time column has a zone, else one of the wall clock in `description.time.zone`.
    Null values are missing; values that are not finite, and times that a clock change skips, are rejected. Of
    several rows of one sensor and time the last written counts.

    Raises
    ------
    SourceError
        If the database, the table or its columns are not as described; months finished before are kept.
    """
    with connected(description) as opened:
        return list(_TableImport(opened, description, store, progress or (lambda _unit, _share: None)).months())


@dataclass
class _TableImport:
    opened: connection
    description: SourceDescription
    store: ReadingsStore
    progress: Progress

    def __post_init__(self) -> None:
        with self._transaction() as at:
            self.table = ReadingsTable.find(at, self.description)
        self.earlier: dict[str, dict[int, Import]] = {}
        for number, entry in self.store.imports(self.description.source).items():
            self.earlier.setdefault(entry.unit, {})[number] = entry

    @contextmanager
    def _transaction(self) -> Iterator[cursor]:
        with self.opened, self.opened.cursor() as at:
            yield at

    def months(self) -> Iterator[UnitReport]:
        """Import the months that hold rows, then those that held some earlier, then what has no month."""
        visited = set()
        after = FIRST_TIME
        while (start := self._next_month(after)) is not None:
            after = _month_end(start)
            report = self._month(start)
            if report is not None:
                visited.add(report.unit)
                yield report
        if not visited:
            self._refuse_strangers()
        emptied = [unit for unit in self.earlier if re.fullmatch(r"\d{4}-\d{2}", unit) and unit not in visited]
        for unit in sorted(emptied):
            year, month = (int(part) for part in unit.split("-"))
            report = self._month(datetime(year, month, 1, tzinfo=UTC))
            if report is not None:
                yield report
        report = self._unplaced()
        if report is not None:
            yield report

    def _next_month(self, after: datetime) -> datetime | None:
        with self._transaction() as at:
            first = self.table.first_time(at, after)
        return None if first is None else datetime(first.year, first.month, 1, tzinfo=UTC)

    def _month(self, start: datetime) -> UnitReport | None:
        """Import one month in one transaction, hence from one snapshot; None where nothing is and nothing was."""
        began = time.monotonic()
        end = _month_end(start)
        unit = f"{start:%Y-%m}"
        earlier = self.earlier.get(unit, {})
        with self._transaction() as at:
            at.execute("SET LOCAL extra_float_digits = 1")  # else a server set to 0 sends rounded values
            slices = _slices(start, end, self.table.estimated_rows(at, start, end))
            prints = [self.table.fingerprint(at, *piece) for piece in slices]
            rows = sum(count for count, _ in prints)
            content_hash = f"{rows}-{sum(hashes for _, hashes in prints):x}"
            unchanged = self._unchanged(earlier, content_hash)
            if unchanged is not None:
                self.progress(unit, 1.0)
                return _report(unchanged, "unchanged", began)
            if not rows and not any(entry.cells for entry in earlier.values()):
                return None
            writer = self._writer()
            pieces = _even(slices, [count for count, _ in prints])
            for done, piece in enumerate(pieces, 1):
                content = io.BytesIO()
                self.table.copy(at, *piece, content)
                writer.add_slice(content)
                self.progress(unit, done / (len(pieces) + 1))
        entry = writer.entry(unit, content_hash, tuple(earlier))
        self.store.commit(self.description.source, entry)
        self.progress(unit, 1.0)
        return _report(entry, "reimported" if earlier else "imported", began, writer.transferred)

    def _writer(self) -> MonthWriter:
        return MonthWriter(self.description, self.store, sorted(sensor_keys(self.description)), aware=self.table.aware)

    def _unchanged(self, earlier: dict[int, Import], content_hash: str) -> Import | None:
        if len(earlier) != 1:
            return None
        (entry,) = earlier.values()
        same = (entry.content_hash, entry.parse_version) == (content_hash, self.description.parse_version)
        return entry if same and self.store.holds(entry) else None

    def _refuse_strangers(self) -> None:
        with self._transaction() as at:
            there = self.table.sensors_there(at)
        if there:
            raise SourceError(
                f"source {self.description.source}: the table has rows, but of none of the described sensors; "
                f"their keys must be values of its sensor column, such as {', '.join(there)}"
            )

    def _unplaced(self) -> UnitReport | None:
        """Rows without a usable time belong to no month, and are still counted and listed."""
        began = time.monotonic()
        earlier = self.earlier.get(UNPLACED_UNIT, {})
        with self._transaction() as at:
            count, listed = self.table.unplaced(at, LISTED_UNPLACED)
        unchanged = self._unchanged(earlier, str(count))
        if unchanged is not None:
            return _report(unchanged, "unchanged", began)
        if not count and not earlier:
            return None
        writer = self._writer()
        if count:
            writer.reject_unplaced(listed, count)
        entry = writer.entry(UNPLACED_UNIT, str(count), tuple(earlier))
        self.store.commit(self.description.source, entry)
        return _report(entry, "reimported" if earlier else "imported", began)


def _month_end(start: datetime) -> datetime:
    return start + timedelta(days=monthrange(start.year, start.month)[1])


def _slices(start: datetime, end: datetime, rows: int) -> list[Span]:
    """Cut a month into whole days of about `SLICE_ROWS` rows each."""
    days = (end - start).days
    step = max(1, min(days, int(days * SLICE_ROWS / max(rows, 1))))
    cuts = [start + timedelta(days=day) for day in range(0, days, step)]
    return list(zip(cuts, [*cuts[1:], end], strict=True))


def _even(slices: Sequence[Span], rows: Sequence[int]) -> list[Span]:
    """Join and cut slices, now that their rows are counted, into some of about `SLICE_ROWS`; empty ones go."""
    pieces: list[Span] = []
    held = 0
    for (start, end), count in zip(slices, rows, strict=True):
        if pieces and held + count <= SLICE_ROWS:
            pieces[-1], held = (pieces[-1][0], end), held + count
            continue
        parts = math.ceil(count / SLICE_ROWS)
        cuts = [start + (end - start) * number / parts for number in range(parts)]
        pieces += zip(cuts, [*cuts[1:], end], strict=True) if cuts else []
        held = count if parts == 1 else SLICE_ROWS
    return pieces


def _report(entry: Import, status: Status, began: float, transferred: int = 0) -> UnitReport:
    return UnitReport(
        unit=entry.unit,
        status=status,
        readings=entry.readings,
        times=entry.times,
        cells=entry.cells,
        rejected=entry.rejected,
        bytes=transferred,
        seconds=time.monotonic() - began,
    )
