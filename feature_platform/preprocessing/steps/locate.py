import polars as pl

from feature_platform.preprocessing.layout import Layout


def locate(readings: pl.LazyFrame, layout: Layout) -> pl.LazyFrame:
    """Give each reading its slot; drop what lies outside the grid or belongs to no described sensor.

    In: `sensor_id`, `time`, `value`. Out: `slot` (i64, microseconds), `value`, `low`, `high` (f64, the sensor's
    physical range, infinite where it has none), in the order of the readings.
    """
    sensors = pl.LazyFrame(
        {
            "sensor_id": list(layout.codes),
            "base": [code * layout.span for code in layout.codes.values()],
            "low": [sensor.range[0] if sensor.range else float("-inf") for sensor in layout.by_kind],
            "high": [sensor.range[1] if sensor.range else float("inf") for sensor in layout.by_kind],
        },
        schema={"sensor_id": pl.String(), "base": pl.Int64(), "low": pl.Float64(), "high": pl.Float64()},
    )
    offset = pl.col("offset")
    return (
        readings.select("sensor_id", (pl.col("time").cast(pl.Int64) - layout.first).alias("offset"), "value")
        .filter(offset >= 0, offset < layout.stop)
        # The order of arrival decides between duplicates.
        .join(sensors, on="sensor_id", maintain_order="left")
        .select((pl.col("base") + offset).alias("slot"), "value", "low", "high")
    )
