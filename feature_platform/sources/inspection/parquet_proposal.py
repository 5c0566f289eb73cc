"""Parquet files of one source -> a proposed description."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from feature_platform.errors import SourceError
from feature_platform.sources.description import ParquetLayout, SensorDescription, SourceDescription, TimeColumns
from feature_platform.sources.inspection import clocks, languages
from feature_platform.sources.inspection.kinds import sensor_kind
from feature_platform.sources.inspection.names import sensor_ids
from feature_platform.sources.inspection.proposal import Proposal
from feature_platform.sources.inspection.steps import preprocessing_settings, step_remark
from feature_platform.sources.inspection.time_formats import best_format
from feature_platform.sources.inspection.time_formats import read as read_times
from feature_platform.sources.inspection.units import physical_range, split_unit

SAMPLED_ROWS = 100_000
MAXIMUM_SENSORS = 5_000


def propose_parquet(paths: Sequence[Path], *, source: str, patterns: Sequence[str], zone: str | None) -> Proposal:
    """Describe Parquet files of one schema, wide (a column per sensor) or long (a row per reading).

    Raises
    ------
    SourceError
        If a file is damaged, has another schema than the others, or holds no times or numbers.
    """
    schema = _schema(paths)
    frame = pl.concat([pl.scan_parquet(path).head(SAMPLED_ROWS) for path in paths[:3]]).collect()
    time_key, time_format, times = _time(paths[0], frame, schema)
    numeric = [name for name, kind in schema.items() if name != time_key and (kind.is_numeric() or kind == pl.Boolean)]
    texts = [name for name, kind in schema.items() if name != time_key and kind in {pl.String, pl.Categorical}]
    if not numeric:
        raise SourceError(
            f"{paths[0]}: has no numeric column beside {time_key!r}, only {', '.join(schema)}; name a file of readings"
        )
    layout, keys = _layout(paths, frame, numeric, texts, repeated=times.is_duplicated().any())
    remarks: dict[str, list[str]] = {}
    country = languages.guess_zone(keys)
    if layout.layout == "long":
        first = frame.filter(pl.col(layout.sensor_key).cast(pl.String) == keys[0])
        times = _times(first, time_key, time_format)
    step = clocks.usual_step([times])
    zone_name, remarks["time"] = _zone(schema[time_key], paths, time_key, step, country, zone, time_format)
    remarks["step"] = step_remark(step)
    named = [split_unit(key) for key in keys]
    ids = sensor_ids([(position, "", quantity.name) for position, quantity in enumerate(named)])
    sensors = []
    for sensor_id, key, quantity in zip(ids, keys, named, strict=True):
        values = _values(frame, layout, key)
        bounds = physical_range(quantity.name, "", quantity.unit) if quantity.unit else None
        inside = bounds is None or bool(values.drop_nulls().is_between(*bounds).all())
        sensors.append(
            SensorDescription(
                id=sensor_id,
                key=key,
                name=quantity.name,
                unit=quantity.unit,
                kind=sensor_kind(quantity.name, quantity.unit, [values]),
                range=bounds if inside else None,
            )
        )
    skipped = [name for name in schema if name != time_key and layout.layout == "wide" and name not in numeric]
    remarks["skipped"] = [f"columns left out, they hold no numbers: {', '.join(skipped)}"] if skipped else []
    time = TimeColumns(key=time_key, zone=zone_name)
    description = SourceDescription(
        source=source,
        format="parquet",
        files=tuple(patterns),
        parquet=layout,
        time=time.model_copy(update={"format": time_format}) if time_format else time,
        preprocessing=preprocessing_settings(step),
        sensors=tuple(sensors),
    )
    return Proposal(description, remarks)


def _schema(paths: Sequence[Path]) -> pl.Schema:
    schemas = []
    for path in paths:
        try:
            schemas.append(pl.read_parquet_schema(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise SourceError(f"{path}: is no readable Parquet file ({error}); export it again") from error
        if schemas[-1] != schemas[0]:
            odd = set(schemas[-1].items()) ^ set(schemas[0].items())
            names = ", ".join(sorted({name for name, _ in odd})) or "the order of columns"
            raise SourceError(
                f"{path}: has another schema than {paths[0]} ({names}); inspect files of one layout at a time"
            )
    return pl.Schema(schemas[0])


def _time(path: Path, frame: pl.DataFrame, schema: pl.Schema) -> tuple[str, str | None, pl.Series]:
    """The time column, its strptime format where it holds texts, and its wall clock times."""
    for name, kind in schema.items():
        if isinstance(kind, pl.Datetime) or kind == pl.Date:
            return name, None, _times(frame, name, None)
    for name, kind in schema.items():
        if kind == pl.String:
            found = best_format([frame[name]], (0,))
            if found is not None:
                return name, found.format, _times(frame, name, found.format)
    raise SourceError(f"{path}: has no column of times, only {', '.join(schema)}; name a file of readings")


def _times(frame: pl.DataFrame, key: str, time_format: str | None) -> pl.Series:
    if time_format is not None:
        return read_times(frame[key], time_format)
    return frame[key].cast(pl.Datetime("us")).dt.replace_time_zone(None)


def _layout(
    paths: Sequence[Path], frame: pl.DataFrame, numeric: list[str], texts: list[str], *, repeated: bool
) -> tuple[ParquetLayout, list[str]]:
    """Long where times repeat, a text column tells sensors apart and one number stands beside it; else wide."""
    if not (repeated and len(numeric) == 1 and texts):
        return ParquetLayout(layout="wide"), numeric
    key = min(texts, key=lambda name: frame[name].n_unique())
    found = (
        pl.concat([pl.scan_parquet(path).select(pl.col(key).cast(pl.String)) for path in paths])
        .unique()
        .sort(key)
        .head(MAXIMUM_SENSORS + 1)
        .collect(engine="streaming")[key]
        .drop_nulls()
        .to_list()
    )
    if len(found) > MAXIMUM_SENSORS:
        raise SourceError(
            f"{paths[0]}: column {key!r} has over {MAXIMUM_SENSORS} different values: it names no sensors; write the "
            "description by hand"
        )
    return ParquetLayout(layout="long", sensor_key=key, value_key=numeric[0]), found


def _values(frame: pl.DataFrame, layout: ParquetLayout, key: str) -> pl.Series:
    if layout.layout == "wide":
        return frame[key].cast(pl.Float64)
    return frame.filter(pl.col(layout.sensor_key).cast(pl.String) == key)[layout.value_key].cast(pl.Float64)


def _zone(
    kind: pl.DataType,
    paths: Sequence[Path],
    key: str,
    step: timedelta | None,
    country: str | None,
    override: str | None,
    time_format: str | None,
) -> tuple[str, list[str]]:
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return "UTC", ["the times themselves say their zone"]
    if time_format is not None:
        reason = "the times are texts: name their zone"
        return override or country or "UTC", [] if override else [reason]
    every = pl.concat(
        [pl.scan_parquet(path).select(pl.col(key).cast(pl.Datetime("us")).alias("time")) for path in paths]
    )
    ends = every.select(pl.col("time").min().alias("first"), pl.col("time").max().alias("last")).collect()

    def times_between(start: datetime, end: datetime) -> list[datetime]:
        near = every.filter(pl.col("time") >= start, pl.col("time") < end)
        return near.collect(engine="streaming")["time"].unique(maintain_order=True).to_list()

    if ends["first"][0] is None:
        return override or country or "UTC", ["no times in the file: name its zone"]
    span = (ends["first"][0], ends["last"][0])
    guess = clocks.guess_zone(span, step or timedelta(0), times_between, country=country, override=override)
    return guess.zone, list(guess.reasons)
