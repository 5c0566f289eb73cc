"""Scaling statistics: fitted on named earlier eras, stored with a version, refused where they would leak."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing.moments import Moments
from feature_platform.preprocessing.quantiles import ValueCounts
from feature_platform.sources.description import SensorDescription

ScalingMethod = Literal["z", "robust"]


class SensorScaling(BaseModel):
    """What one sensor's values are shifted and divided by; None where no fitted era has a value.

    A constant sensor's `spread` is 1: it is shifted only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    centre: float | None
    spread: float | None
    count: int


class ScalingStatistics(BaseModel):
    """Centre and spread per sensor, and the end of the last era that they were fitted on.

    `model_dump_json` and `model_validate_json` store it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: ScalingMethod
    sensors: dict[str, SensorScaling]
    fitted_until: datetime

    @property
    def version_hash(self) -> str:
        """Hash of all that decides a scaled value."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @classmethod
    def unknown(cls, method: ScalingMethod, sensor_ids: Iterable[str], until: datetime) -> Self:
        """Statistics of nothing, for an era that begins too early for its source's: its scaled values are null."""
        nothing = SensorScaling(centre=None, spread=None, count=0)
        return cls(method=method, sensors=dict.fromkeys(sensor_ids, nothing), fitted_until=until)

    def refuse_era(self, start: datetime) -> None:
        """Refuse an era that begins before the statistics end.

        Raises
        ------
        PreprocessingError
            If it does: its scaled values would hold what was measured after them.
        """
        if start < self.fitted_until:
            raise PreprocessingError(
                f"scaling statistics fitted until {self.fitted_until:%Y-%m-%d %H:%M} cannot scale an era that begins "
                f"at {start:%Y-%m-%d %H:%M}: the future would leak into it; name earlier eras in scaling_eras"
            )

    def refuse_sensors(self, sensor_ids: Iterable[str]) -> None:
        """Refuse sensors that the statistics do not know.

        Raises
        ------
        PreprocessingError
            If there is one.
        """
        unknown = [sensor_id for sensor_id in sensor_ids if sensor_id not in self.sensors]
        if unknown:
            raise PreprocessingError(
                f"scaling statistics know nothing of {', '.join(unknown)}; fit them again with the source's present "
                "sensors"
            )


def fit_scaling(
    frames: Iterable[pl.DataFrame],
    sensors: Sequence[SensorDescription],
    method: ScalingMethod,
    *,
    fitted_until: datetime,
) -> ScalingStatistics:
    """Fit statistics on the gridded sensor columns of several eras' frames, one frame in memory at a time.

    `z` is mean and standard deviation (no degree of freedom taken off), by pooled moments. `robust` is median and
    interquartile range by exact counts of values; past 262,144 different values of one sensor they are rounded,
    to a relative precision of 2**-36 at first, so memory is bounded by 4 MB a sensor.

    Parameters
    ----------
    frames
        Frames as `preprocess` returns them; columns other than the sensors' are not read.
    fitted_until
        The end of the last of these eras: no era that begins earlier may be scaled with the result.

    Raises
    ------
    PreprocessingError
        If there is no frame, a frame lacks a sensor or reaches past `fitted_until`, or that is not in UTC.
    """
    if fitted_until.utcoffset() != timedelta(0):
        raise PreprocessingError(f"fitted_until {fitted_until!r} is not in UTC; give the end of the last era in UTC")
    collected: dict[str, Moments] | dict[str, ValueCounts]
    if method == "z":
        collected = {sensor.id: Moments() for sensor in sensors}
    else:
        collected = {sensor.id: ValueCounts() for sensor in sensors}
    fitted = 0
    for frame in frames:
        _refuse_frame(frame, list(collected), fitted_until)
        for sensor_id, statistics in collected.items():
            statistics.add(frame[sensor_id].drop_nulls().to_numpy())
        fitted += 1
    if not fitted:
        raise PreprocessingError("scaling statistics need at least one earlier era's frame; name eras in scaling_eras")
    return ScalingStatistics(method=method, sensors=_summarise(collected), fitted_until=fitted_until)


def _summarise(collected: Mapping[str, Moments | ValueCounts]) -> dict[str, SensorScaling]:
    summary = {}
    for sensor_id, statistics in collected.items():
        if statistics.count == 0:
            summary[sensor_id] = SensorScaling(centre=None, spread=None, count=0)
            continue
        centre, spread = statistics.centre_and_spread()
        # Below this a spread is the rounding of a constant, and dividing by it would make noise of it.
        is_constant = spread <= 10 * np.finfo(np.float64).eps * abs(centre)
        summary[sensor_id] = SensorScaling(centre=centre, spread=1.0 if is_constant else spread, count=statistics.count)
    return summary


def _refuse_frame(frame: pl.DataFrame, sensor_ids: Sequence[str], fitted_until: datetime) -> None:
    missing = [sensor_id for sensor_id in sensor_ids if sensor_id not in frame.columns]
    if missing:
        raise PreprocessingError(
            f"a frame to fit scaling on has no column {', '.join(missing)}; preprocess its era anew"
        )
    if frame.height and frame["time"][-1] >= fitted_until:
        raise PreprocessingError(
            f"a frame to fit scaling on reaches to {frame['time'][-1]:%Y-%m-%d %H:%M}, past fitted_until "
            f"{fitted_until:%Y-%m-%d %H:%M}; give the end of the last era"
        )
