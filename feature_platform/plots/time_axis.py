"""Time along the bottom of a plot, in UTC."""

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.float64]


def day_numbers(times: pl.Series) -> Numbers:
    """Days since 1970 UTC of (n_time,) datetime[us, UTC]."""
    numbers: Numbers = times.dt.epoch("us").cast(pl.Float64).to_numpy() / 86_400e6
    return numbers


def day_number(time: datetime) -> float:
    """Days since 1970 UTC of one instant."""
    return time.timestamp() / 86_400


def span(numbers: Numbers, *, step: float) -> tuple[float, float]:
    """From the first instant to the end of the last step, both in days; never empty."""
    return float(numbers[0]), float(numbers[-1]) + max(step, 1 / 1440)


def range_text(limits: tuple[float, float]) -> str:
    """Both ends of a range of day numbers, such as `2024-01-01 00:00 to 2024-02-01 00:00 UTC`."""
    begin, end = (datetime.fromtimestamp(round(number * 86_400), tz=UTC) for number in limits)
    return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
