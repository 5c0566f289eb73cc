"""The one lazy plan: readings to a frame, in operations that Polars and cudf-polars both know."""

import polars as pl

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing.columns import frame_schema
from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.scaling import ScalingStatistics
from feature_platform.preprocessing.steps.coverage import READING_COUNTS, count_known, count_readings
from feature_platform.preprocessing.steps.deduplication import sort_and_deduplicate
from feature_platform.preprocessing.steps.gridding import put_on_grid
from feature_platform.preprocessing.steps.interpolation import interpolate
from feature_platform.preprocessing.steps.locate import locate
from feature_platform.preprocessing.steps.rolling import add_rolling
from feature_platform.preprocessing.steps.scaled import add_scaled
from feature_platform.preprocessing.steps.validity import judge
from feature_platform.preprocessing.steps.widening import widen
from feature_platform.storage.readings import READINGS_SCHEMA

KNOWN = "__known__"
READING = "__reading__"
"""Prefixes of the counts beside the frame: no sensor id, and so no column of a frame, begins like these."""

CELL_COUNTS = ("known", "interpolated", "null")
COVERAGE_SCHEMA = pl.Schema(
    {"sensor_id": pl.String()} | dict.fromkeys((*READING_COUNTS, *CELL_COUNTS), pl.Int64()) | {"coverage": pl.Float64()}
)


def build_plan(readings: pl.LazyFrame, layout: Layout, scaling: ScalingStatistics | None) -> pl.LazyFrame:
    """The plan from readings (`READINGS_SCHEMA`, in order of arrival) to the frame with its coverage counts beside it.

    One plan with one result computes both in one pass on either engine; `split` takes them apart.

    Raises
    ------
    PreprocessingError
        If the readings have other columns, or the scaling statistics do not fit settings, sensors or era.
    """
    _refuse_schema(readings)
    _refuse_scaling(layout, scaling)
    # Polars' own elimination of common parts misses this one, and would read and sort twice.
    unique = sort_and_deduplicate(judge(locate(readings, layout))).cache()
    filled = interpolate(put_on_grid(unique, layout), layout)
    wide = add_scaled(add_rolling(widen(filled, layout), layout), layout, scaling)
    parts = [
        layout.times().to_frame().lazy(),
        wide.slice(layout.lead, layout.cells),
        count_known(filled, layout).select(pl.all().name.prefix(KNOWN)),
        count_readings(unique, layout).select(pl.all().name.prefix(READING)),
    ]
    return pl.concat(parts, how="horizontal_extend")


def build_finish(gridded: pl.LazyFrame, layout: Layout, scaling: ScalingStatistics | None) -> pl.LazyFrame:
    """The plan's last steps alone, from `time` and gridded columns over era and, where anything rolls, warm-up."""
    lead = layout.lead if layout.settings.rolling_windows else 0
    finished = add_scaled(add_rolling(gridded, layout), layout, scaling)
    return finished.slice(lead, layout.cells).select(frame_schema(layout.sensors, layout.settings).names())


def split(collected: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame and the coverage (`COVERAGE_SCHEMA`) out of the collected plan."""
    frame = collected.head(layout.cells).select(frame_schema(layout.sensors, layout.settings).names())
    ids = [sensor.id for sensor in layout.sensors]
    readings = collected.head(len(ids)).select(pl.col(f"{READING}{name}").alias(name) for name in READING_COUNTS)
    coverage = readings.with_columns(
        pl.Series("sensor_id", ids),
        pl.Series("known", [collected[f"{KNOWN}{sensor_id}"][0] for sensor_id in ids], pl.Int64()),
        pl.Series("null", [frame[sensor_id].null_count() for sensor_id in ids], pl.Int64()),
    ).with_columns(
        (layout.cells - pl.col("known") - pl.col("null")).alias("interpolated"),
        ((layout.cells - pl.col("null")) / layout.cells).alias("coverage"),
    )
    return frame, coverage.select(COVERAGE_SCHEMA.names())


def _refuse_schema(readings: pl.LazyFrame) -> None:
    schema = readings.collect_schema()
    if schema != READINGS_SCHEMA:
        found = ", ".join(f"{name}: {dtype}" for name, dtype in schema.items())
        wanted = ", ".join(f"{name}: {dtype}" for name, dtype in READINGS_SCHEMA.items())
        raise PreprocessingError(f"the readings' columns are ({found}); preprocessing takes ({wanted})")


def _refuse_scaling(layout: Layout, scaling: ScalingStatistics | None) -> None:
    asked = layout.settings.scaling
    fitted = "none" if scaling is None else scaling.method
    if asked != fitted:
        raise PreprocessingError(
            f"the settings ask for scaling {asked!r} and statistics are given for {fitted!r}; fit statistics with the "
            "method that the settings ask for"
        )
    if scaling is not None:
        scaling.refuse_era(layout.start)
        scaling.refuse_sensors(sensor.id for sensor in layout.sensors)
