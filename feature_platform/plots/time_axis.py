"""Time along the bottom of a plot, in UTC."""

from datetime import UTC, datetime

import matplotlib.dates as mdates
import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.axes import Axes

Numbers = npt.NDArray[np.float64]


def day_numbers(times: pl.Series) -> Numbers:
    """Matplotlib's day numbers of (n_time,) datetime[us, UTC]."""
    numbers: Numbers = times.dt.epoch("us").cast(pl.Float64).to_numpy() / 86_400e6
    return numbers


def day_number(time: datetime) -> float:
    """Matplotlib's day number of one instant."""
    return time.timestamp() / 86_400


def span(numbers: Numbers, *, step: float) -> tuple[float, float]:
    """From the first instant to the end of the last step, both in days; never empty."""
    return float(numbers[0]), float(numbers[-1]) + max(step, 1 / 1440)


def label_time(axes: Axes, limits: tuple[float, float]) -> None:
    """Tick the axis at whole months, days or hours; the plot's note says the year and that it is UTC."""
    axes.set_xlim(*limits)
    axes.xaxis_date()
    locator = mdates.AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call] # matplotlib's is untyped
    formatter = mdates.ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call] # as above
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)


def range_text(limits: tuple[float, float]) -> str:
    """Both ends of a range of day numbers, such as `2024-01-01 00:00 to 2024-02-01 00:00 UTC`."""
    begin, end = (datetime.fromtimestamp(round(number * 86_400), tz=UTC) for number in limits)
    return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
