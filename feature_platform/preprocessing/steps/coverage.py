import polars as pl

from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.steps.validity import NON_FINITE, OUT_OF_RANGE

READING_COUNTS = ("readings", "out_of_range", "non_finite")


def count_readings(readings: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """Count each sensor's readings inside the era.

    In: as `sort_and_deduplicate` gives. Out: one row per sensor in the description's order, `READING_COUNTS` (i64).
    """
    slot, fault = pl.col("slot"), pl.col("fault")
    # A filter here would be pushed below the plan's cache, and with it everything would be sorted twice.
    since = slot % layout.span
    inside = (since >= layout.lead * layout.step) & (since < (layout.lead + layout.cells) * layout.step)
    counts = (
        readings.select(
            (slot // layout.span).alias("code").set_sorted(),
            inside.cast(pl.Int64).alias("readings"),
            (inside & (fault == OUT_OF_RANGE)).cast(pl.Int64).alias("out_of_range"),
            (inside & (fault == NON_FINITE)).cast(pl.Int64).alias("non_finite"),
        )
        .group_by("code", maintain_order=True)
        .agg(pl.col(name).sum() for name in READING_COUNTS)
    )
    codes = [layout.codes[sensor.id] for sensor in layout.sensors]
    return (
        pl.LazyFrame({"code": codes}, schema={"code": pl.Int64()})
        .join(counts, on="code", how="left", maintain_order="left")
        .select(pl.col(name).fill_null(0) for name in READING_COUNTS)
    )


def count_known(filled: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """Count each sensor's cells inside the era that hold readings.

    In: as `interpolate` gives. Out: one row, one column (i64) per sensor.
    """
    return filled.select(
        pl.col("known")
        .slice(layout.first_cell(sensor) + layout.lead, layout.cells)
        .cast(pl.Int64)
        .sum()
        .alias(sensor.id)
        for sensor in layout.sensors
    )
