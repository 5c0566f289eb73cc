"""A Parquet file, wide or long -> blocks of typed rows, one row group after the other."""

from collections.abc import Iterator

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from feature_platform.errors import SourceError
from feature_platform.sources.description import CsvDialect, SourceDescription
from feature_platform.sources.number_text import read_numbers
from feature_platform.sources.rejects import NON_FINITE, Rejects
from feature_platform.sources.rows import LINE, LOCAL, SENSOR, TIME_TEXT, VALUE, Rows
from feature_platform.sources.source_files import SourceFile
from feature_platform.sources.time_text import read_times

BATCH_CELLS = 4_000_000
TEXT_NUMBERS = CsvDialect()


def parquet_rows(file: SourceFile, description: SourceDescription, rejects: Rejects) -> Iterator[Rows]:
    """The file's rows in blocks; `@line` is the row's number from 1. NaN is missing, infinite values are rejected.

    In a long layout rows of sensors that are not described are left out, as are such columns of a wide one.

    Raises
    ------
    SourceError
        If the file is damaged, or a described column is not there or of a type that is no time or number.
    """
    try:
        with pq.ParquetFile(file.path) as opened:
            yield from _batches(opened, file, description, rejects)
    except pa.ArrowException as error:
        raise SourceError(
            f"{file.path}: is no whole Parquet file ({str(error).splitlines()[0]}); export or copy it again"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise SourceError(f"{file.path}: cannot be read ({reason}); copy it again or give read access") from error


def _batches(
    opened: pq.ParquetFile, file: SourceFile, description: SourceDescription, rejects: Rejects
) -> Iterator[Rows]:
    keys = {sensor.id: sensor.key or sensor.id for sensor in description.sensors}
    layout = description.parquet
    wide = layout.layout == "wide"
    columns = [description.time.key, *(keys.values() if wide else (layout.sensor_key, layout.value_key))]
    there = opened.schema_arrow.names
    lost = [name for name in columns if there.count(name) != 1]
    if lost:
        known = ", ".join(repr(name) for name in there)
        raise SourceError(
            f"{file.path}: has not one column {', '.join(map(repr, lost))}; there are {known}: correct "
            "its key in the description"
        )
    total, done = max(opened.metadata.num_rows, 1), 0
    batch_rows = max(1, BATCH_CELLS // len(columns))
    for batch in opened.iter_batches(batch_size=batch_rows, columns=columns):
        table = pl.DataFrame({name: pl.from_arrow(batch.column(name)) for name in columns})
        lines = pl.int_range(done + 1, done + 1 + table.height, dtype=pl.Int64, eager=True)
        done += table.height
        times = table[description.time.key]
        frame = pl.DataFrame(
            {
                LINE: lines,
                TIME_TEXT: times.cast(pl.String),
                LOCAL: _times(times, file, description),
            }
        )
        if wide:
            values = {sensor: _values(table[key], lines, file, rejects) for sensor, key in keys.items()}
            cells = sum(count for _, count in values.values())
            frame = frame.with_columns(**{sensor: series for sensor, (series, _) in values.items()})
        else:
            ids = {key: sensor for sensor, key in keys.items()}
            sensor = table[layout.sensor_key].cast(pl.String)
            known_rows = sensor.is_in(list(ids)).fill_null(value=False)
            frame = frame.filter(known_rows)
            series, cells = _values(table[layout.value_key].filter(known_rows), frame[LINE], file, rejects)
            sensor = sensor.filter(known_rows).replace_strict(ids, return_dtype=pl.String)
            frame = frame.with_columns(sensor.alias(SENSOR), series.alias(VALUE))
        yield Rows(frame, cells, done / total, description.time.key)


def _times(times: pl.Series, file: SourceFile, description: SourceDescription) -> pl.Series:
    if isinstance(times.dtype, pl.Datetime):
        return times.dt.cast_time_unit("us")
    if times.dtype == pl.Date:
        return times.cast(pl.Datetime("us"))
    if times.dtype == pl.String:
        return read_times(times, description.time.format)
    raise SourceError(
        f"{file.path}: time column {times.name!r} is of type {times.dtype}, which says no date; write it as a "
        "timestamp, a date or a text in time.format"
    )


def _values(column: pl.Series, lines: pl.Series, file: SourceFile, rejects: Rejects) -> tuple[pl.Series, int]:
    """Values as float64 and how many cells are not empty."""
    if column.dtype == pl.String:
        numbers = read_numbers(column.to_frame(), TEXT_NUMBERS)
        for _, rows, cause in numbers.rejected:
            rejects.add(cause, lines.gather(rows), column.gather(rows), column.name)
        return numbers.values.to_series(), numbers.cells
    if not (column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null)):
        raise SourceError(
            f"{file.path}: column {column.name!r} is of type {column.dtype}, which is no number; convert it in "
            "the export, or leave the sensor out"
        )
    values = column.cast(pl.Float64).fill_nan(None)
    infinite = values.is_infinite().fill_null(value=False)
    rejects.add(NON_FINITE, lines.filter(infinite), values.filter(infinite).cast(pl.String), column.name)
    cells = len(values) - values.null_count()
    return values.set(infinite, None), cells
