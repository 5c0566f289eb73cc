"""Stage 1: an era's readings, sliced from what was imported."""

import time
from datetime import UTC, datetime

import polars as pl

from feature_platform.eras.counting import readings_version
from feature_platform.eras.era import EraCount
from feature_platform.errors import EraError
from feature_platform.sources.summary import rejected_share
from feature_platform.stages.outcome import CheckOutcome, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Provenance
from feature_platform.storage.readings import READINGS_SCHEMA

DATASET = "raw_readings"
CODE_VERSION = "1"
CHECKS = {
    "schema": "The columns are sensor_id, time (UTC) and value, of the right types.",
    "unique_times": "Every sensor's times are unique, ascending and not in the future.",
    "rejected_share": "The share of the source's cells that could not be read is within its limit.",
}


def slice_readings(platform: Platform, era_id: str) -> StageOutcome:
    """Store the readings of one era, with those before its start that rolling windows warm up on.

    Raises
    ------
    EraError
        If the era is unknown, superseded, or holds no reading.
    StorageError
        If imported readings are missing or damaged, or the slice cannot be written.
    """
    began = time.perf_counter()
    record = platform.current_era(era_id)
    era = record.era
    description = platform.catalogue.source(era.source)
    sensors = [sensor.id for sensor in description.sensors]
    warm_up = description.preprocessing.warm_up
    stored = platform.readings.scan(era.source, era.start - warm_up, era.end, sensors=sensors)
    table = platform.readings.collect(era.source, stored)
    inside = table.filter(pl.col("time") >= era.start)
    if inside.is_empty():
        span = platform.readings.span(era.source)
        known = f"they reach from {span[0]:%Y-%m-%d %H:%M} to {span[1]:%Y-%m-%d %H:%M} UTC" if span else "none at all"
        raise EraError(
            f"era {era_id} has no readings between {era.start:%Y-%m-%d %H:%M} and {era.end:%Y-%m-%d %H:%M} UTC; "
            f"source {era.source!r} has readings elsewhere ({known}): import the missing files or declare another range"
        )
    # Readings may have been imported since the catalogue last counted; the slice says what it really holds.
    found = EraCount(era_id, inside.height, readings_version(inside))
    if found.data_version != record.data_version:
        platform.catalogue.record_counts([found])
        record = platform.catalogue.era(era_id)
    manifest = platform.datasets.write(
        DATASET,
        era_id,
        table,
        Provenance(
            data_version=found.data_version,
            data_revision=record.data_revision,
            input_version=found.data_version,
            settings_version=description.parse_version,
            code_version=CODE_VERSION,
            engine="polars",
            details={"warm_up_rows": table.height - inside.height, "row_count": inside.height},
        ),
    )
    seconds = time.perf_counter() - began
    per_sensor = _per_sensor(inside, sensors)
    return StageOutcome(
        manifest=manifest,
        feature_set=description.features.cost_name,
        metadata={
            "source": era.source + (" (simulated)" if description.simulated else ""),
            "era": f"{era.start:%Y-%m-%d %H:%M} to {era.end:%Y-%m-%d %H:%M} UTC" + (f", {era.label}" * bool(era.label)),
            "readings": inside.height,
            "warm_up_readings": table.height - inside.height,
            "sensors_with_readings": per_sensor.filter(pl.col("readings") > 0).height,
            "bytes": manifest.bytes,
            "seconds": round(seconds, 3),
            "readings_per_second": round(inside.height / seconds),
            "per_sensor": per_sensor,
        },
        checks=_checks(platform, era.source, table, description.limits.rejected_share),
    )


def _per_sensor(readings: pl.DataFrame, sensors: list[str]) -> pl.DataFrame:
    found = readings.group_by("sensor_id").agg(
        pl.len().alias("readings"),
        pl.col("time").min().alias("first"),
        pl.col("time").max().alias("last"),
        pl.col("value").min().alias("minimum"),
        pl.col("value").mean().alias("mean"),
        pl.col("value").max().alias("maximum"),
    )
    every = pl.DataFrame({"sensor_id": sensors}, schema={"sensor_id": pl.String()})
    return every.join(found, on="sensor_id", how="left", maintain_order="left").with_columns(
        pl.col("readings").fill_null(0)
    )


def _checks(platform: Platform, source: str, table: pl.DataFrame, limit: float) -> tuple[CheckOutcome, ...]:
    wrong_columns = [] if table.schema == READINGS_SCHEMA else [f"columns are {dict(table.schema)}"]
    repeated = table.height - table.select("sensor_id", "time").n_unique()
    unsorted = table.select((pl.col("time").diff() <= pl.duration()).over("sensor_id").sum().alias("steps_back")).item()
    problems = [f"{repeated} readings repeat a sensor and time"] * bool(repeated)
    problems += [f"{unsorted} readings do not come after the one before"] * bool(unsorted)
    problems += ["readings from the future"] * bool((table["time"] > datetime.now(UTC)).any())
    share = rejected_share(platform.readings, source)
    return (
        CheckOutcome.of_problems("schema", wrong_columns, "sensor_id, time in UTC, value"),
        CheckOutcome.of_problems("unique_times", problems, "times of every sensor are unique and ascending"),
        CheckOutcome(
            name="rejected_share",
            passed=share <= limit,
            description=f"{share:.4%} of the source's cells could not be read; the limit is {limit:.4%}",
            metadata={"rejected_share": share, "limit": limit},
        ),
    )
