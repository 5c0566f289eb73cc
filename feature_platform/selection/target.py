"""What the features shall predict: a target per era, or per window."""

from pathlib import Path

import polars as pl

from feature_platform.errors import SelectionError

ERA_ID, WINDOW_START, TARGET = "era_id", "window_start", "target"


def read_target(path: Path) -> pl.DataFrame:
    """Read a CSV file with the columns era_id, window_start (optional, ISO 8601, UTC unless it says else) and target.

    Whole numbers and text are classes, numbers with a decimal point are a quantity, as tsfresh reads them.

    Raises
    ------
    SelectionError
        If the file cannot be read, lacks a column, or gives one era or window twice.
    """
    try:
        # An era id such as 2024 stays text, as it is in the catalogue.
        table = pl.read_csv(path, schema_overrides={ERA_ID: pl.String(), WINDOW_START: pl.String()})
    except OSError as error:
        raise SelectionError(f"{path}: cannot be read ({error.strerror}); name an existing CSV file") from error
    except pl.exceptions.PolarsError as error:
        raise SelectionError(f"{path}: is no CSV table ({error})") from error
    if WINDOW_START in table.columns:
        try:
            starts = table[WINDOW_START].str.to_datetime(time_unit="us", time_zone="UTC")
        except pl.exceptions.PolarsError as error:
            raise SelectionError(
                f"{path}: window_start must be times such as 2024-03-01T00:00:00+00:00 ({error})"
            ) from error
        table = table.with_columns(starts)
    try:
        return checked_target(table)
    except SelectionError as error:
        raise SelectionError(f"{path}: {error}") from error


def checked_target(table: pl.DataFrame) -> pl.DataFrame:
    """The target's rows that have a value, with era_id, window_start where it has it, and target.

    Raises
    ------
    SelectionError
        If a column is absent or an era or window stands twice.
    """
    absent = [name for name in (ERA_ID, TARGET) if name not in table.columns]
    if absent:
        raise SelectionError(f"the target has no column {absent[0]}; it needs era_id, target and may have window_start")
    keys = [name for name in (ERA_ID, WINDOW_START) if name in table.columns]
    known = table.select(*keys, TARGET).drop_nulls(TARGET)
    if known.schema[TARGET].is_float():
        known = known.filter(pl.col(TARGET).is_finite())
    repeated = known.filter(known.select(keys).is_duplicated())
    if not repeated.is_empty():
        raise SelectionError(
            f"the target gives {dict(zip(keys, repeated.row(0), strict=False))} twice; keep one of them"
        )
    return known
