"""How an export writes numbers: decimal and thousands separators, and which texts mean that nothing was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from feature_platform.sources.decimal_point import exchanged_dialect, original_texts
from feature_platform.sources.description import CsvDialect
from feature_platform.sources.inspection.units import physical_range
from feature_platform.sources.number_text import Numbers, read_numbers

Decimal = Literal[".", ","]
Thousands = Literal["", ".", ",", " ", "'"]

# The simplest first: of styles that read the same numbers the first is taken.
STYLES: tuple[tuple[Decimal, Thousands], ...] = (
    (".", ""),
    (",", ""),
    (".", ","),
    (",", "."),
    (".", " "),
    (",", " "),
    (".", "'"),
    (",", "'"),
)
NO_VALUE = frozenset(
    """
    N/A n/a #N/A na None none nil -- --- ---- ? * *** x X . NoData nodata Bad BAD bad Error error ERR Fejl fejl
    #VALUE! #DIV/0! #REF! missing Missing void Null (null) <null> \\N invalid Invalid Offline offline
    """.split()  # noqa: SIM905 - thirty quoted words would be harder to read
) | {"No Data", "no data", "No data"}
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Column:
    """One column of the sample that holds no time: its place, name and unit, and its texts in file order.

    `pieces` are stretches of consecutive rows.
    """

    position: int
    name: str
    location: str
    unit: str
    pieces: tuple[pl.Series, ...]

    @property
    def texts(self) -> pl.Series:
        """All sampled texts, in file order."""
        return pl.concat([piece.cast(pl.String) for piece in self.pieces])


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written; `missing` are texts to be added to the usual ones that mean no value."""

    decimal: Decimal
    thousands: Thousands
    missing: tuple[str, ...]
    doubt: str = ""

    def dialect(self, base: CsvDialect) -> CsvDialect:
        """The dialect with this style in it."""
        return base.model_copy(
            update={"decimal": self.decimal, "thousands": self.thousands, "missing": (*base.missing, *self.missing)}
        )


def find_style(columns: Sequence[Column], *, delimiter: str, comma_country: bool) -> NumberStyle:
    """The style that reads the most texts as numbers.

    `1.234` is 1.234 or 1234: rows that are written without the separator, the neighbours in time, and the unit's
    range decide; else it is taken for a decimal, since loggers rarely group digits. `comma_country` decides where no
    number of the sample has any separator.
    """
    every = _tokens(pl.concat([pl.Series([], dtype=pl.String), *(column.texts for column in columns)]))
    failures = {style: _failures(every, style) for style in STYLES}
    fewest = min(failures.values())
    fitting = [style for style in STYLES if failures[style] == fewest]
    separated = every.str.contains(r"\d[.,]|[.,]\d|\d[' \u00a0\u2009\u202f\u2019]\d").any()
    doubt = ""
    if not separated:
        style: tuple[Decimal, Thousands] = (",", "") if delimiter == ";" and comma_country else (".", "")
    else:
        style = fitting[0]
        for rival in fitting[1:]:
            if _same(every, style, rival):
                continue
            evidence = sum(_evidence(column, style, rival) for column in columns)
            if evidence > 0:
                style = rival
            if not evidence:
                doubt = f"{_shown(every, style, rival)}; nothing in the sample decides, so the first is proposed"
    missing = tuple(sorted(NO_VALUE & set(every.to_list())))
    return NumberStyle(style[0], style[1], missing, doubt)


def read(texts: pl.Series, style: NumberStyle) -> tuple[pl.Series, float]:
    """Values of texts, null where nothing is or nothing can be read, and the share of filled texts that can."""
    numbers = _read(texts, style.dialect(CsvDialect()))
    rejected = sum(len(rows) for _, rows, _ in numbers.rejected)
    return numbers.values.to_series(), 1 - rejected / max(numbers.cells, 1)


def is_number_column(share: float) -> bool:
    """Whether a column with this share of readable texts holds numbers."""
    return share >= LEAST_SHARE


def _tokens(texts: pl.Series) -> pl.Series:
    kept = texts.str.strip_chars().unique(maintain_order=True)
    return kept.filter(kept.is_not_null() & ~kept.is_in(["", *CsvDialect().missing]))


def _values(texts: pl.Series, style: tuple[Decimal, Thousands]) -> pl.Series:
    return _read(texts, CsvDialect(decimal=style[0], thousands=style[1])).values.to_series()


def _read(texts: pl.Series, dialect: CsvDialect) -> Numbers:
    # As the import does: comma and point exchanged first; the exchange is its own inverse.
    exchanged = original_texts(texts, dialect).rename("texts")
    return read_numbers(exchanged.to_frame(), exchanged_dialect(dialect))


def _failures(tokens: pl.Series, style: tuple[Decimal, Thousands]) -> int:
    """How many texts the style cannot read."""
    odd = 0
    if style[1]:
        group = r"[ \x{a0}\x{2009}\x{202f}]" if style[1] == " " else f"[{style[1]}\u2019]"
        odd = int(tokens.str.contains(rf"^[+-]?0\d*{group}").sum())  # 0.123 groups no thousands
    return _values(tokens, style).null_count() + odd


def _same(tokens: pl.Series, style: tuple[Decimal, Thousands], rival: tuple[Decimal, Thousands]) -> bool:
    return _values(tokens, style).equals(_values(tokens, rival))


def _evidence(column: Column, style: tuple[Decimal, Thousands], rival: tuple[Decimal, Thousands]) -> float:
    """Above zero where the column speaks for the rival, below where it speaks for the style."""
    texts = column.texts
    ones, others = _values(texts, style), _values(texts, rival)
    differs = (ones != others).fill_null(value=False)
    if not differs.any():
        return 0.0
    if not differs.filter(texts.is_not_null() & ones.is_not_null() & (ones != 0)).all():
        votes = sum(
            _jumpiness(_values(piece, style), differs_here) - _jumpiness(_values(piece, rival), differs_here)
            for piece in column.pieces
            for differs_here in [(_values(piece, style) != _values(piece, rival)).fill_null(value=False)]
        )
        if votes:
            return votes
    bounds = TYPICAL.get(column.unit.casefold()) or physical_range(column.name, column.location, column.unit)
    if bounds is None:
        return 0.0
    return _inside(others.filter(differs), bounds) - _inside(ones.filter(differs), bounds)


# Where most values of a quantity lie, to tell 1.013 from 1013; narrower than what is physically possible.
TYPICAL = {"ppm": (150.0, 5_000.0), "hpa": (850.0, 1_100.0), "mbar": (850.0, 1_100.0)}


def _jumpiness(values: pl.Series, differs: pl.Series) -> float:
    """How far, relative to their size, neighbours lie apart of which only one depends on the style."""
    frame = pl.DataFrame({"value": values, "differs": differs}).drop_nulls()
    value, before = pl.col("value"), pl.col("value").shift(1)
    apart = (value - before).abs() / (value.abs() + before.abs())
    crossing = pl.col("differs") != pl.col("differs").shift(1)
    return float(frame.select(apart.filter(crossing & (value.abs() + before.abs() > 0)).sum()).item() or 0.0)


def _inside(values: pl.Series, bounds: tuple[float, float]) -> float:
    return float(values.is_between(*bounds).sum()) / max(len(values), 1)


def _shown(tokens: pl.Series, style: tuple[Decimal, Thousands], rival: tuple[Decimal, Thousands]) -> str:
    ones, others = _values(tokens, style), _values(tokens, rival)
    row = (ones != others).fill_null(value=True).arg_max() or 0
    return f"{tokens[row]!r} may be {ones[row]} or {others[row]}"
