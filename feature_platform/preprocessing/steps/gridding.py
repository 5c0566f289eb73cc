import polars as pl

from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.steps.validity import SOUND


def put_on_grid(readings: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """Aggregate sound readings to the regular grid: mean (continuous), last (setpoint, counter), maximum (binary).

    Cells are right-open and labelled by their start. In: as `sort_and_deduplicate` gives. Out: every `cell` of every
    sensor (i64, ascending) with its `value` (null where there is no sound reading).
    """
    value, cell = pl.col("value"), pl.col("cell")
    # The sort flag makes Polars group and join by merging: four times faster than by hashing.
    cells = (
        readings.filter(pl.col("fault") == SOUND)
        .select((pl.col("slot") // layout.step).alias("cell").set_sorted(), "value")
        .group_by("cell", maintain_order=True)
        .agg(
            value.mean().alias("mean"),
            value.min().alias("minimum"),
            value.max().alias("maximum"),
            value.last().alias("last"),
        )
        .with_columns(cell.set_sorted())
    )
    # Rounding must not carry a mean out of its readings' range, nor make a constant sensor vary.
    mean = (
        pl.when(pl.col("mean") < pl.col("minimum"))
        .then(pl.col("minimum"))
        .when(pl.col("mean") > pl.col("maximum"))
        .then(pl.col("maximum"))
        .otherwise(pl.col("mean"))
    )
    continuous = layout.cells_of("continuous")
    held = continuous + layout.cells_of("setpoint", "counter")
    by_kind = pl.when(cell < continuous).then(mean).when(cell < held).then(pl.col("last")).otherwise(pl.col("maximum"))
    every_cell = pl.int_range(layout.total * len(layout.sensors), eager=True).alias("cell").set_sorted()
    return (
        every_cell.to_frame()
        .lazy()
        .join(cells.select("cell", by_kind.alias("value")), on="cell", how="left", maintain_order="left")
    )
