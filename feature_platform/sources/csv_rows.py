"""One block of CSV lines -> rows of texts with their line numbers; what is no proper row is rejected."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from feature_platform.errors import SourceError
from feature_platform.sources.csv_layout import CsvLayout
from feature_platform.sources.csv_text import TextBlock
from feature_platform.sources.decimal_point import exchanged_bytes, exchanged_dialect
from feature_platform.sources.description import CsvDialect
from feature_platform.sources.number_text import is_number
from feature_platform.sources.rejects import MALFORMED_QUOTES, RAGGED_ROW, Rejects
from feature_platform.sources.source_files import SourceFile

# Put at the end of every line, so that the place where it turns up says how many fields the row really has: the CSV
# reader itself fills short rows and cuts long ones without a word.
MARK = "\x1e"
SPARE_COLUMNS = 4


@dataclass(frozen=True)
class RowSplitter:
    """Divides blocks of one file; `rejects` takes what is no row of the described width."""

    file: SourceFile
    dialect: CsvDialect
    layout: CsvLayout
    rejects: Rejects

    def split(self, block: TextBlock) -> pl.DataFrame:
        """Rows with `@line` and a column `column_<n>` per described position (n from 1): texts, exchanged.

        Where every cell of a block is a finite number or empty, its columns may be float64 already.
        """
        count = block.content.count(b"\n")
        if self._direct:
            with suppress(pl.exceptions.ComputeError):  # some cell is no plain number: its block is read as texts
                rows = self._read(block.content, every_column=False, numbers=self._direct)
                finite = rows.select(pl.all_horizontal(pl.col(pl.Float64).is_finite().all())).item()
                if rows.height == count and finite:
                    return self._proper(rows.with_row_index("@line", block.line), block)
        try:
            rows = self._read(block.content, every_column=False)
            if rows.height == count:
                return self._proper(rows.with_row_index("@line", block.line), block)
            rows = self._number_lines(self._read(block.content, every_column=True), block.line)
            inner = [pl.col(name).str.contains("\n", literal=True) for name in self._described]
            if rows["@lines"].sum() == count and not rows.select(pl.any_horizontal(inner).any()).item():
                return self._proper(rows.drop("@lines"), block)
        except pl.exceptions.ComputeError:  # a quote that is never closed, or closed in the middle of a text
            pass
        return self._line_by_line(block)

    @property
    def _described(self) -> list[str]:
        return [f"column_{n + 1}" for n in sorted({*self.layout.time, *self.layout.sensors.values()})]

    @cached_property
    def _direct(self) -> frozenset[str]:
        """Columns that the CSV reader may parse as numbers: those where no row can end, and no number means missing."""
        layout = self.layout
        if any(is_number(token, self.dialect) for token in self.dialect.missing):
            return frozenset()
        others = {0, 1, *layout.time, *range(layout.least, layout.width + SPARE_COLUMNS + 1)}
        return frozenset(f"column_{n + 1}" for n in set(layout.sensors.values()) - others)

    def _needed(self, *, every_column: bool) -> list[str]:
        layout = self.layout
        end = layout.width + SPARE_COLUMNS + 1
        fixed = {0, 1, *layout.time, *layout.sensors.values(), *range(layout.least, end)}
        return [f"column_{position + 1}" for position in (range(end) if every_column else sorted(fixed))]

    def _read(self, content: bytes, *, every_column: bool, numbers: frozenset[str] = frozenset()) -> pl.DataFrame:
        names = self._needed(every_column=True)
        if not content:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String()))
        dialect = exchanged_dialect(self.dialect)
        marked = exchanged_bytes(content, self.dialect).replace(b"\n", f"{dialect.delimiter}{MARK}\n".encode())
        return pl.read_csv(
            marked,
            has_header=False,
            separator=dialect.delimiter,
            quote_char=dialect.quote,
            schema={name: pl.Float64() if name in numbers else pl.String() for name in names},
            columns=self._needed(every_column=every_column),
            truncate_ragged_lines=True,
        )

    @staticmethod
    def _number_lines(rows: pl.DataFrame, line: int) -> pl.DataFrame:
        """Number rows some of which go over several lines; `@lines` says how many."""
        lines = pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)) + 1
        return rows.with_columns(lines.cast(pl.Int64).alias("@lines")).with_columns(
            (pl.col("@lines").cum_sum() - pl.col("@lines") + line).alias("@line")
        )

    def _proper(self, rows: pl.DataFrame, block: TextBlock) -> pl.DataFrame:
        """Rows of the described width; the others are rejected, blank lines left out."""
        layout = self.layout
        wanted = ["@line", *self._described]
        if (rows[f"column_{layout.width + 1}"] == MARK).fill_null(value=False).all():
            return rows.select(wanted)
        fits = [
            pl.all_horizontal(_cell(position) == MARK, *(_is_empty(extra) for extra in range(layout.width, position)))
            for position in range(layout.least, layout.width + SPARE_COLUMNS + 1)
        ]
        rows = rows.with_columns(
            pl.any_horizontal(fits).fill_null(value=False).alias("@fits"),
            (_is_empty(0) & (_cell(1) == MARK)).fill_null(value=False).alias("@blank"),
        )
        lines = rows.filter(~pl.col("@fits"), ~pl.col("@blank"))["@line"]
        self._reject_lines(RAGGED_ROW, lines, block)
        return rows.filter("@fits", ~pl.col("@blank")).select(wanted)

    def _reject_lines(self, cause: str, lines: pl.Series, block: TextBlock) -> None:
        if lines.is_empty():
            return
        texts = block.content.split(b"\n")
        shown = [texts[line - block.line].decode() for line in lines.head(max(self.rejects.room, 0))]
        self.rejects.add(cause, lines, pl.Series(shown, dtype=pl.String), "")

    def _line_by_line(self, block: TextBlock) -> pl.DataFrame:
        """Every line a row of its own; those whose quotes do not pair are rejected."""
        quote, delimiter = re.escape(self.dialect.quote), re.escape(self.dialect.delimiter)
        field = f"(?:{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{quote}{delimiter}]*)"
        lines = pl.DataFrame({"text": block.content.decode().split("\n")[:-1]}).with_row_index("@line", block.line)
        sound = pl.col("text").str.contains(f"^{field}(?:{delimiter}{field})*$")
        self._reject_lines(MALFORMED_QUOTES, lines.filter(~sound)["@line"], block)
        lines = lines.filter(sound)
        if lines.is_empty():
            lines = lines.clear()
        content = "".join(f"{text}\n" for text in lines["text"]).encode()
        rows = self._read(content, every_column=False)
        if rows.height != lines.height:
            raise SourceError(
                f"{self.file.path}: lines {block.line} and following cannot be divided into rows; check csv.quote and "
                "csv.delimiter"
            )
        return self._proper(rows.with_columns(lines["@line"]), block)


def _cell(position: int) -> pl.Expr:
    return pl.col(f"column_{position + 1}")


def _is_empty(position: int) -> pl.Expr:
    return _cell(position).fill_null("").str.strip_chars() == ""
