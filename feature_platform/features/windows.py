"""Fixed-duration windows over an era's frame, as views on its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_platform.duration import format_duration
from feature_platform.errors import FeatureError
from feature_platform.features.settings import WindowSettings

FloatArray = npt.NDArray[np.float64]
TimeArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Windows:
    """The windows of one era.

    `series` holds per column an array (n_windows, n_time) of float64, a read-only view that is NaN where the frame
    knows nothing; `coverage` per column the share of known cells of each window; `times` the n_time UTC times
    (datetime64[us]) of the first window, from which the other windows differ by a shift alone.
    """

    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    times: TimeArray
    series: dict[str, FloatArray]
    coverage: dict[str, FloatArray]
    dropped_tail: timedelta


def cut_windows(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    start: datetime,
    end: datetime,
    step: timedelta,
    settings: WindowSettings,
) -> Windows:
    """Cut an era's frame into windows counted from the era's start; an era shorter than one window is one window.

    Raises
    ------
    FeatureError
        If the frame lacks a column or is no regular grid of `step` over the era, or if windows are no whole number
        of grid steps.
    """
    _check_columns(frame, columns)
    _check_grid(frame, start=start, end=end, step=step)
    for name, duration in (("length", settings.length), ("step", settings.step)):
        if duration % step:
            raise FeatureError(
                f"windows.{name} {format_duration(duration)} is no whole number of grid steps of "
                f"{format_duration(step)}; change windows.{name} or preprocessing.step"
            )
    if end - start < settings.length:
        cells, stride, starts = frame.height, 1, [start]
    else:
        cells, stride = settings.length // step, settings.step // step
        starts = [start + number * settings.step for number in range(settings.count(end - start))]
    ends = [min(begin + settings.length, end) for begin in starts]
    series = {name: _views(_values(frame[name]), cells, stride)[: len(starts)] for name in columns}
    return Windows(
        starts=tuple(starts),
        ends=tuple(ends),
        times=frame["time"][:cells].dt.replace_time_zone(None).to_numpy(),
        series=series,
        coverage={name: np.isfinite(views).mean(axis=1) for name, views in series.items()},
        dropped_tail=end - ends[-1],
    )


def _values(column: pl.Series) -> FloatArray:
    values: FloatArray = column.cast(pl.Float64).to_numpy()
    # An infinite cell is no measured value either; as NaN it makes the window incomplete.
    return values if not np.isinf(values).any() else np.where(np.isinf(values), np.nan, values)


def _views(values: FloatArray, cells: int, stride: int) -> FloatArray:
    return np.lib.stride_tricks.sliding_window_view(values, cells)[::stride]


def _check_columns(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        there = ", ".join(name for name in frame.columns if name != "time") or "none"
        raise FeatureError(f"the frame has no column {', '.join(map(repr, absent))}; its columns are {there}")
    textual = [name for name in columns if not frame.schema[name].is_numeric()]
    if textual:
        raise FeatureError(
            f"column {textual[0]!r} of the frame is {frame.schema[textual[0]]}, not a number; materialize it again"
        )


def _check_grid(frame: pl.DataFrame, *, start: datetime, end: datetime, step: timedelta) -> None:
    if frame.schema.get("time") != pl.Datetime("us", "UTC"):
        raise FeatureError("the frame needs a column time of microseconds in UTC; materialize it again")
    cells = -((start - end) // step)
    expected = pl.datetime_range(
        start, start + (cells - 1) * step, step, time_unit="us", time_zone="UTC", eager=True
    ).alias("time")
    if not frame["time"].equals(expected):
        found = f"{frame.height} rows" + (f" from {frame['time'][0]:%Y-%m-%d %H:%M}" if frame.height else "")
        raise FeatureError(
            f"the frame is no grid of {format_duration(step)} from {start:%Y-%m-%d %H:%M} with {cells} rows: it has "
            f"{found}; materialize preprocessed_frame with today's settings"
        )
