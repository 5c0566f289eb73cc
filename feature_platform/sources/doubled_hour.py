"""Which rows of an autumn's doubled hour are its second pass (standard time), told by the order of rows."""

import numpy as np
import numpy.typing as npt
import polars as pl

Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DAY = 86_400_000_000


def second_passes(chain: pl.DataFrame) -> pl.Series:
    """Flag each row of a doubled hour that belongs to the second pass, in the order of those rows.

    `chain` holds, in file order, the rows whose local time a clock change doubles (`doubled`) and the one row after
    each visit of such an hour; `before` is the local time of the row before, `before_repeats` whether that row and
    the one before it had the same time, `early` and `late` are the two times in UTC that a row may mean.

    A visit is a run of rows in one doubled hour. The step back in it (the largest, if times are not quite in order;
    the first repeated time, if there is none) is where summer time ended. Where its rows alternate between the
    passes, the first of two equal times is summer time. Where only one pass stands, it is the one that leaves fewer
    holes to the rows around it (a single row: the smaller one), and summer time if both are alike.
    """
    chain = chain.with_row_index("position")
    second = np.zeros(chain.height, dtype=bool)
    for rows in chain.partition_by("key", maintain_order=True):
        positions = rows["position"].to_numpy()
        for first, end in _visits(rows):
            after = rows["local"].to_physical()[end] if end < rows.height and not rows["doubled"][end] else None
            second[positions[first:end]] = _resolve(rows[first:end], after)
    return pl.Series(second).filter(chain["doubled"])


def _visits(rows: pl.DataFrame) -> list[tuple[int, int]]:
    doubled = rows["doubled"].to_numpy()
    steps = np.diff(rows["local"].to_physical().to_numpy(), prepend=0)
    begins = doubled & (~rows["before_doubled"].to_numpy() | (np.abs(steps) >= DAY))
    starts = np.flatnonzero(begins)
    breaks = np.flatnonzero(begins | ~doubled)
    ends = [int(breaks[breaks > start][0]) if (breaks > start).any() else rows.height for start in starts]
    return [(int(start), end) for start, end in zip(starts, ends, strict=True)]


def _resolve(visit: pl.DataFrame, after: int | None) -> Flags:
    local = visit["local"].to_physical().to_numpy()
    shift = (visit["late"] - visit["early"]).dt.total_microseconds().to_numpy()
    before = visit["before"].to_physical()[0]
    repeats = bool(visit["before_repeats"][0])
    if _descends(local, before, after):
        return _by_order(local[::-1], shift[::-1], after, before, repeats=repeats)[::-1]
    return _by_order(local, shift, before, after, repeats=repeats)


def _descends(local: Times, before: int | None, after: int | None) -> bool:
    """Whether the file runs backwards, newest row first: the rows around the hour say so, else the rows in it."""
    around = [time for time in (before, local[0], after) if time is not None]
    if len(around) > 1:
        return bool(around[-1] < around[0])
    return bool((np.diff(local) < 0).sum() > (np.diff(local) > 0).sum())


def _by_order(local: Times, shift: Times, before: int | None, after: int | None, *, repeats: bool) -> Flags:
    steps = np.diff(local)
    second = np.zeros(local.size, dtype=bool)
    if (steps < 0).any() or (not repeats and (steps == 0).any()):
        second[int(np.argmin(steps)) + 1 :] = True
    else:
        second[:] = _only_second(local, int(shift[0]), before, after)
    if repeats:  # the file says every time twice, so equal times in the hour mean nothing
        return second
    seen: dict[int, int] = {}
    alternate = np.zeros(local.size, dtype=bool)
    for row, time in enumerate(local.tolist()):
        alternate[row] = seen.get(time, 0) > 0
        seen[time] = seen.get(time, 0) + 1
    return alternate if _clashes(local, shift, alternate) < _clashes(local, shift, second) else second


def _clashes(local: Times, shift: Times, second: Flags) -> int:
    return local.size - np.unique(local + np.where(second, shift, 0)).size


def _only_second(local: Times, shift: int, before: int | None, after: int | None) -> bool:
    """Whether a single pass is the second, by the steps to the rows around it under either reading."""
    leading = None if before is None else int(local[0]) - before
    trailing = None if after is None else after - int(local[-1])
    first = [step for step in (leading, None if trailing is None else trailing + shift) if step is not None]
    second = [step for step in (None if leading is None else leading + shift, trailing) if step is not None]
    inner = np.diff(local)
    inner = inner[inner > 0]
    if inner.size == 0:
        return max(second, default=0) < max(first, default=0)
    usual = 1.5 * float(np.median(inner))
    return sum(step > usual for step in second) < sum(step > usual for step in first)
