"""What a file's reader hands on: rows with a local time and values, in file order."""

from dataclasses import dataclass

import polars as pl

LINE, TIME_TEXT, LOCAL, SENSOR, VALUE = "@line", "@time_text", "@local", "@sensor", "@value"
"""Names of a frame's own columns; no sensor id can begin with `@`."""


@dataclass(frozen=True)
class Rows:
    """One block of rows.

    `frame` has `@line` (int64), `@time_text` (str), `@local` (datetime[us], null where unreadable; with a zone if the
    file says it) and either one float64 column per sensor id, or, in a long layout, `@sensor` (sensor id) and
    `@value`. `cells` counts what is not empty, readable or not; `read` is the share of the file read so far,
    `time_column` the name of where the time stands.
    """

    frame: pl.DataFrame
    cells: int
    read: float
    time_column: str
