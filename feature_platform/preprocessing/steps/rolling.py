import polars as pl

from feature_platform.preprocessing.columns import rolling_columns
from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.settings import RollingStatistic


def add_rolling(wide: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """Trailing statistics of the window that ends with each cell, over the values known in it.

    The standard deviation has one degree of freedom less than values, and is null for fewer than two.
    """
    return wide.with_columns(
        _rolling(pl.col(sensor_id), statistic, window // layout.settings.step).alias(name)
        for name, (sensor_id, statistic, window) in rolling_columns(layout.sensors, layout.settings).items()
    )


def _rolling(column: pl.Expr, statistic: RollingStatistic, cells: int) -> pl.Expr:
    match statistic:
        case "mean":
            return column.rolling_mean(cells, min_samples=1)
        case "std" if cells == 1:
            return pl.lit(None, pl.Float64())
        case "std":
            return column.rolling_std(cells, min_samples=2)
        case "min":
            return column.rolling_min(cells, min_samples=1)
        case "max":
            return column.rolling_max(cells, min_samples=1)
