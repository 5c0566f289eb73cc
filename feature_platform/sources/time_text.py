"""Texts of times in a strptime format -> timestamps, column by column."""

import polars as pl

from feature_platform.errors import SourceError

LOCAL = pl.Datetime("us")
IN_UTC = pl.Datetime("us", "UTC")


def read_times(texts: pl.Series, time_format: str) -> pl.Series:
    """Times as `datetime[us]` on the wall clock, or `datetime[us, UTC]` where the format holds `%z` or `%s`.

    A text that does not fit the format gives null; fractions of a second may have any number of digits.

    Raises
    ------
    SourceError
        If the format cannot be used.
    """
    texts = texts.str.strip_chars()
    parts = time_format.strip()
    if "%H" in parts and not any(minute in parts for minute in ("%M", "%R", "%T")):
        texts, parts = texts + " 00", f"{parts} %M"  # a clock of whole hours
    if "%z" in parts:
        texts = texts.str.replace(r"[Zz]$", "+0000")
    if ",%f" in parts and parts.count(",") == 1:
        texts, parts = texts.str.replace(",", ".", literal=True), parts.replace(",%f", ".%f")
    parts = parts.replace(".%f", "%.f")
    if "%f" in parts:
        raise SourceError(f"time format {time_format!r}: fractions of a second must follow a point or comma: %S.%f")
    try:
        times = texts.str.to_datetime(parts, strict=False, time_unit="us", ambiguous="earliest")
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise SourceError(
            f"time format {time_format!r} cannot be used ({reason}); write it with strptime's codes, such as "
            "%d-%m-%Y %H:%M:%S"
        ) from error
    return times.dt.replace_time_zone("UTC") if "%s" in parts else times
