import polars as pl

from feature_platform.preprocessing.columns import scaled_column
from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.scaling import ScalingStatistics


def add_scaled(wide: pl.LazyFrame, layout: Layout, scaling: ScalingStatistics | None) -> pl.LazyFrame:
    """`(value - centre) / spread` per sensor; null for a sensor that no fitted era has a value of."""
    if scaling is None:
        return wide
    columns = []
    for sensor in layout.sensors:
        fitted = scaling.sensors[sensor.id]
        scaled = (
            pl.lit(None, pl.Float64())
            if fitted.centre is None or fitted.spread is None
            else (pl.col(sensor.id) - fitted.centre) / fitted.spread
        )
        columns.append(scaled.alias(scaled_column(sensor.id)))
    return wide.with_columns(columns)
