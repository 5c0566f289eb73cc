import polars as pl

from feature_platform.preprocessing.layout import Layout


def widen(filled: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """One column per sensor, in the description's order, over warm-up and era.

    In: as `interpolate` gives. A sensor's cells lie together, so its column is a slice: nothing is moved.
    """
    value = pl.col("value")
    return filled.select(
        value.slice(layout.first_cell(sensor), layout.lead + layout.cells).alias(sensor.id) for sensor in layout.sensors
    )
