"""The names of a frame's columns."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from feature_platform.duration import format_duration
from feature_platform.preprocessing.layout import TIME
from feature_platform.preprocessing.settings import PreprocessingSettings, RollingStatistic
from feature_platform.sources.description import SensorDescription


def rolling_column(sensor_id: str, statistic: RollingStatistic, window: timedelta) -> str:
    """Name of a trailing rolling statistic, such as `air_temp__mean_6h`."""
    return f"{sensor_id}__{statistic}_{format_duration(window)}"


def scaled_column(sensor_id: str) -> str:
    """Name of a scaled sensor column."""
    return f"{sensor_id}__scaled"


def rolling_columns(
    sensors: Sequence[SensorDescription], settings: PreprocessingSettings
) -> dict[str, tuple[str, RollingStatistic, timedelta]]:
    """Every rolling column's name, with the sensor id, statistic and window that it holds, in the frame's order."""
    return {
        rolling_column(sensor.id, statistic, window): (sensor.id, statistic, window)
        for sensor in sensors
        for window in settings.rolling_windows
        for statistic in settings.rolling_statistics
    }


def frame_schema(sensors: Sequence[SensorDescription], settings: PreprocessingSettings) -> pl.Schema:
    """The frame's columns: `time`, the sensors in the description's order, then rolling and scaled ones."""
    names = [sensor.id for sensor in sensors]
    names += rolling_columns(sensors, settings)
    if settings.scaling != "none":
        names += [scaled_column(sensor.id) for sensor in sensors]
    return pl.Schema({TIME: pl.Datetime("us", "UTC")} | dict.fromkeys(names, pl.Float64()))
