import polars as pl

from feature_platform.preprocessing.layout import Layout


def interpolate(gridded: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """Fill nulls between two known cells at most `max_gap` apart: linearly (continuous), else by the earlier value.

    In: as `put_on_grid` gives. Out: the same with `known` (bool: the value comes from readings, not from filling).
    """
    cell, value = pl.col("cell"), pl.col("value")
    known = value.is_not_null()
    before, after = pl.col("cell_before"), pl.col("cell_after")
    earlier, later = pl.col("earlier"), pl.col("later")
    # A neighbour that belongs to another sensor is further away than that: the layout sees to it.
    bridged = after - before <= layout.gap
    line = earlier + (later - earlier) * ((cell - before) / (after - before))
    return (
        gridded.with_columns(
            known.alias("known"),
            pl.when(known).then(cell).otherwise(None).forward_fill().alias("cell_before"),
            pl.when(known).then(cell).otherwise(None).backward_fill().alias("cell_after"),
            value.forward_fill().alias("earlier"),
            value.backward_fill().alias("later"),
        )
        .with_columns(
            pl.when(pl.col("known"))
            .then(value)
            .when(bridged & (cell < layout.cells_of("continuous")))
            .then(line)
            .when(bridged)
            .then(earlier)
            .otherwise(None)
            .alias("value")
        )
        .select("cell", "value", "known")
    )
