"""Where an axis is marked, and what stands there."""

import math
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

Tick = tuple[float, str]
"""A place in the axis's own unit, and its label."""

MULTIPLES = (1.0, 2.0, 2.5, 5.0, 10.0)
ROUNDING = 1e-9
MOST_DIGITS = 7
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTH, YEAR = 30 * DAY, 365 * DAY
TIME_STEPS = (
    *((f"{n}m", n * MINUTE) for n in (1, 2, 5, 10, 15, 30)),
    *((f"{n}h", n * HOUR) for n in (1, 2, 3, 6, 12)),
    *((f"{n}d", n * DAY) for n in (1, 2)),
    ("1w", 7 * DAY),
    *((f"{n}mo", n * MONTH) for n in (1, 2, 3, 6)),
    *((f"{n}y", n * YEAR) for n in (1, 2, 5, 10, 20)),
)
"""Polars' names of steps, and how long they are, or nearly so."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - everything here is UTC


def value_ticks(low: float, high: float, *, most: int) -> list[Tick]:
    """Round numbers from `low` to `high`, not more than `most` steps of them."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(n * power for n in MULTIPLES if n * power * most >= (high - low) * (1 - ROUNDING))
    first, last = math.ceil(low / step - ROUNDING), math.floor(high / step + ROUNDING)
    return [(number * step, _number(number * step, step)) for number in range(first, last + 1)]


def count_ticks(count: int, *, most: int) -> list[Tick]:
    """Up to `most` of 0 to `count` - 1."""
    step = next(n * 10**power for power in range(count) for n in (1, 2, 5) if n * 10**power * most >= count)
    return [(float(number), str(number)) for number in range(0, count, step)]


def time_ticks(limits: tuple[float, float], *, most: int = 9) -> list[Tick]:
    """Whole minutes to years within `limits`, in days since 1970 UTC; the year a plot's note says.

    A midnight among hours is a date, the first tick of a month among days says which month, and a January its year.
    """
    begin, end = (EPOCH + day * DAY for day in limits)
    every, length = next((step for step in TIME_STEPS if (end - begin) / step[1] < most), TIME_STEPS[-1])
    rounded = pl.Series([begin]).dt.truncate(every).item()
    times = [time for time in pl.datetime_range(rounded, end, every, eager=True).to_list() if time >= begin]
    return [((time - EPOCH) / DAY, _time(time, before, length)) for before, time in pairwise([datetime.min, *times])]  # noqa: DTZ901 - before all


def _number(value: float, step: float) -> str:
    """With as many digits as tell it from its neighbours, and a true minus sign."""
    decimals = max(0, -math.floor(math.log10(step) + ROUNDING))
    decimals += round(step * 10**decimals, 6) % 1 != 0
    digits = decimals + math.floor(math.log10(max(abs(value), 1)))
    text = f"{value:.{decimals}f}" if digits < MOST_DIGITS else f"{value:.{MOST_DIGITS - 3}g}"
    return text.replace("-", "−")  # noqa: RUF001 - as wide as a plus


def _time(time: datetime, before: datetime, step: timedelta) -> str:
    if step >= YEAR or (step >= MONTH and time.month == 1):
        return f"{time:%Y}"
    if step >= MONTH:
        return f"{time:%b}"
    if step >= DAY:
        return f"{time:%d}" if (time.year, time.month) == (before.year, before.month) else f"{time:%b %d}"
    return f"{time:%H:%M}" if time.hour or time.minute else f"{time:%b %d}"
