"""Rows of a sorted file around a time, without reading the file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from feature_platform.sources.inspection.csv_export import CsvExport
from feature_platform.sources.inspection.dialects import split_rows
from feature_platform.sources.inspection.sampling import PIECE_BYTES

MAXIMUM_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class RowSeeker:
    """Finds rows by time in one export; `read` turns joined time texts into wall clock times."""

    export: CsvExport
    read: Callable[[pl.Series], pl.Series]

    def times_between(self, start: datetime, end: datetime) -> list[datetime]:
        """Times of the rows in `[start, end)`, in file order; of a large file that is not sorted, some or none."""
        times = self._all if self.export.sample.is_whole else self._seek(start, end)
        return times.filter((times >= start) & (times < end)).to_list()

    @cached_property
    def _all(self) -> pl.Series:
        return pl.concat([self.read(self.export.time_texts(piece)) for piece in self.export.pieces])

    def _seek(self, start: datetime, end: datetime) -> pl.Series:
        size = self.export.sample.size
        first, last = self._first_at(0), self._first_at(max(0, size - PIECE_BYTES))
        falling = first is not None and last is not None and first > last
        low, high = 0, size
        while high - low > PIECE_BYTES:
            middle = (low + high) // 2
            found = self._first_at(middle)
            before = found is not None and (found >= end if falling else found < start)
            low, high = (middle, high) if before else (low, middle)
        length = PIECE_BYTES
        while True:
            length *= 4
            times = self._times_at(low, length)
            known = times.drop_nulls()
            passed = len(known) > 0 and (known[-1] < start if falling else known[-1] >= end)
            if passed or low + length >= size or length >= MAXIMUM_BYTES:
                return times

    def _first_at(self, offset: int) -> datetime | None:
        known = self._times_at(offset, PIECE_BYTES).drop_nulls()
        found: datetime | None = known[0] if len(known) else None
        return found

    def _times_at(self, offset: int, length: int) -> pl.Series:
        text = self.export.sample.lines_at(offset, length)
        rows = split_rows(text, self.export.delimiter, self.export.quote) if text else []
        return self.read(self.export.time_texts(rows))
