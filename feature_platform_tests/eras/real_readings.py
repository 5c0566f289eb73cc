"""The Knud Jepsen exports as stored readings, read as plainly as can be: what is tested here is cutting them."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import Import, ReadingsStore


def store_export(store: ReadingsStore, source: str, file: Path) -> list[SensorDescription]:
    table = pl.read_csv(file, separator=";", skip_rows=3, has_header=False, infer_schema=False)
    times = pl.col("column_1").str.to_datetime("%d-%m-%Y %H:%M:%S", time_unit="us", time_zone="UTC").alias("time")
    columns = table.columns[1:]
    sensors = [SensorDescription(id=name, column=position) for position, name in enumerate(columns, 1)]
    readings = (
        table.select(times, *columns)
        .unpivot(index="time", variable_name="sensor_id")
        .with_columns(pl.col("value").str.replace(",", ".").cast(pl.Float64, strict=False))
        .drop_nulls()
        .sort("sensor_id", "time")
    )
    store_readings(store, source, readings)
    return sensors


def store_readings(store: ReadingsStore, source: str, readings: pl.DataFrame) -> int:
    parts = [
        store.write_part(source, str(month), part)
        for (month,), part in readings.group_by(pl.col("time").dt.strftime("%Y-%m"), maintain_order=True)
    ]
    first, last = readings["time"].min(), readings["time"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    return store.commit(
        source,
        Import(
            unit="export",
            content_hash="",
            parse_version="",
            parts=tuple(parts),
            readings=readings.height,
            times=readings["time"].n_unique(),
            cells=readings.height,
            first=first,
            last=last,
            rejected={},
            rejects_file=None,
            replaces=(),
            imported_at=datetime(2024, 1, 1, tzinfo=UTC),
        ),
    )
