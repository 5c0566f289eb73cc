"""Texts of numbers as loggers write them -> float64."""

import re
from dataclasses import dataclass

import polars as pl

from feature_platform.sources.description import CsvDialect
from feature_platform.sources.rejects import NON_FINITE, UNREADABLE_NUMBER

# Microsoft's C library writes 1.#INF and -1.#IND; all of these stand for "no finite number".
NON_FINITE_TEXT = r"(?i)^[+-]?(inf(inity)?|nan|1[.,]#(inf|ind|qnan|snan)\d*)$"
GROUP_SEPARATORS = {
    "": "",
    ".": r"\.",
    ",": ",",
    " ": "[ \u00a0\u2009\u202f]",
    "'": "['\u2019]",
}


@dataclass(frozen=True)
class Numbers:
    """Values of several columns (float64), null where nothing stands or nothing could be read.

    `cells` counts what is not empty; `rejected` lists column, rows (positions in it) and cause.
    """

    values: pl.DataFrame
    cells: int
    rejected: list[tuple[str, pl.Series, str]]


def read_numbers(texts: pl.DataFrame, dialect: CsvDialect) -> Numbers:
    """Read columns of texts with decimal points; null, empty and `dialect.missing` are missing.

    A column may be of finite float64 already.
    """
    values = texts.select(pl.all().cast(pl.Float64, strict=False))
    finite = values.select(pl.all().is_finite().sum()).row(0)
    filled = texts.select(pl.all().count()).row(0)
    numeric_missing = [token.strip() for token in dialect.missing if is_number(token, dialect)]
    cells = sum(filled)
    mended, rejected = [], []
    for name, readable, there in zip(texts.columns, finite, filled, strict=True):
        if readable == there and not numeric_missing:
            continue
        column, text = values[name], texts[name]
        doubtful = text.is_not_null() & ~column.is_finite().fill_null(value=False)
        if numeric_missing:
            doubtful |= text.str.strip_chars().is_in(numeric_missing).fill_null(value=False)
        rows = doubtful.arg_true()
        second = _read_doubtful(text.gather(rows), dialect)
        mended.append(column.scatter(rows, second["value"]))
        cells -= second.select((pl.col("value").is_null() & pl.col("cause").is_null()).sum()).item()
        rejected += [
            (name, rows.filter(second["cause"].eq_missing(cause)), cause)
            for cause in second["cause"].drop_nulls().unique().sort()
        ]
    return Numbers(values.with_columns(mended), cells, rejected)


def _read_doubtful(texts: pl.Series, dialect: CsvDialect) -> pl.DataFrame:
    """Columns `value` and `cause`, both null where a text says that nothing was measured."""
    text, value, missing = pl.col("text"), pl.col("value"), pl.col("missing")
    group = GROUP_SEPARATORS[dialect.thousands]
    cleaned = text.str.replace_all(group, "") if group else text
    finite = value.is_finite().fill_null(value=False)
    cause = pl.when(text.str.contains(NON_FINITE_TEXT) | value.is_not_null()).then(pl.lit(NON_FINITE))
    return (
        pl.DataFrame({"text": texts.str.strip_chars().str.replace("\u2212", "-", literal=True)})
        .with_columns(
            text.is_in(["", *(token.strip() for token in dialect.missing)]).alias("missing"),
            pl.when(text.str.contains(_number_pattern(dialect)))
            .then(cleaned.cast(pl.Float64, strict=False))
            .alias("value"),
        )
        .select(
            pl.when(~missing & finite).then(value).alias("value"),
            pl.when(~missing & ~finite).then(cause.otherwise(pl.lit(UNREADABLE_NUMBER))).alias("cause"),
        )
    )


def _number_pattern(dialect: CsvDialect) -> str:
    group = GROUP_SEPARATORS[dialect.thousands]
    whole = rf"\d+|\d{{1,3}}(?:{group}\d{{3}})+" if group else r"\d+"
    return rf"^[+-]?(?:(?:{whole})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"


def is_number(token: str, dialect: CsvDialect) -> bool:
    """Whether a text is a finite number in this dialect."""
    return re.match(_number_pattern(dialect), token.strip()) is not None
