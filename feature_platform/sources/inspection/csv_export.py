"""One CSV export's sample, divided into header rows and data rows, with its time columns found."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import polars as pl

from feature_platform.errors import SourceError
from feature_platform.sources.inspection.dialects import find_delimiter, split_rows
from feature_platform.sources.inspection.sampling import FileSample, sample_file
from feature_platform.sources.inspection.time_columns import TimeColumnsFound, find_time_columns

MAXIMUM_HEADER_ROWS = 60
LOOKED_AT = 1000
Row = list[str]


@dataclass(frozen=True)
class CsvExport:
    """`pieces` are stretches of consecutive data rows, in file order."""

    sample: FileSample
    delimiter: str
    quote: str
    header: tuple[tuple[str, ...], ...]
    time: TimeColumnsFound
    pieces: tuple[tuple[Row, ...], ...]

    @property
    def path(self) -> Path:
        """The file."""
        return self.sample.path

    @cached_property
    def width(self) -> int:
        """How many columns a row has."""
        widths = [len(row) for piece in self.pieces[:1] for row in piece[:LOOKED_AT]]
        return max([*(len(row) for row in self.header), *widths[:1], sorted(widths)[len(widths) // 2] if widths else 0])

    def column(self, position: int) -> list[pl.Series]:
        """One column's texts, by pieces."""
        return [
            pl.Series([row[position] if position < len(row) else None for row in piece], dtype=pl.String)
            for piece in self.pieces
        ]

    def time_texts(self, rows: Sequence[Row]) -> pl.Series:
        """The time columns' texts, joined with one space."""
        return time_texts(rows, self.time.columns)


def time_texts(rows: Sequence[Row], columns: tuple[int, ...]) -> pl.Series:
    """The time columns' texts of rows, joined with one space; null in rows that are too short."""
    last = max(columns)
    texts = [" ".join(row[column].strip() for column in columns) if len(row) > last else None for row in rows]
    return pl.Series(texts, dtype=pl.String)


def read_export(path: Path) -> CsvExport:
    """Sample a file and tell its header from its data.

    Raises
    ------
    SourceError
        If it cannot be read, or no column holds times.
    """
    sample = sample_file(path)
    try:
        delimiter, quote = find_delimiter(sample.pieces[0])
        rows = [split_rows(piece, delimiter, quote) for piece in sample.pieces]
    except csv.Error as error:
        raise SourceError(f"{path}: is no CSV export that can be divided into rows ({error})") from error
    filled = [row for row in rows[0] if any(field.strip() for field in row)]
    time = None
    for body in (filled[len(filled) // 2 :][:LOOKED_AT], filled[-1:]):  # a short file may be mostly titles
        titles = [row for row in filled[:MAXIMUM_HEADER_ROWS] if row not in body]
        time = time or find_time_columns(body, titles)
    if time is None:
        first = sample.pieces[0].split("\n", 1)[0][:80]
        raise SourceError(
            f"{path}: no column holds dates and times (divided at {delimiter!r}; the file begins {first!r}); name a "
            "CSV export with a time column, or write the description by hand"
        )
    begin = _first_data_row(rows[0], time)
    header = tuple(tuple(field.strip() for field in row) for row in rows[0][:begin])
    pieces = [rows[0][begin:], *rows[1:]]
    return CsvExport(sample, delimiter, quote, header, time, tuple(tuple(piece) for piece in pieces))


def _first_data_row(rows: Sequence[Row], time: TimeColumnsFound) -> int:
    fits: Callable[[Row], bool] = time.fits
    for number, (row, following) in enumerate(pairwise([*rows[: MAXIMUM_HEADER_ROWS + 1], []])):
        if fits(row) and (not following or fits(following) or number + 1 >= len(rows)):
            return number
    return 0


def layout_key(export: CsvExport) -> tuple[object, ...]:
    """What files of one layout have in common."""
    return export.delimiter, export.header if export.width else (), export.time.columns
