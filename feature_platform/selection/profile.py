"""What selection must know of each column before it compares columns: extremes, gaps, spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feature_platform.selection.era_tables import EraTables, FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Profile:
    """Of each column, over all rows of all eras: arrays in the order of `columns`.

    `count` finite values lie between `low` and `high`; columns with the same `pattern` miss the same rows. `mean` and
    `variance` are of `(value - centre) / half`, which lies in [-1, 1] whatever the column's unit: sums of such values
    neither overflow nor cancel. `half` is 1 for a constant column.
    """

    columns: tuple[str, ...]
    rows: int
    count: IntArray
    low: FloatArray
    high: FloatArray
    pattern: IntArray
    mean: FloatArray
    variance: FloatArray

    @property
    def centre(self) -> FloatArray:
        """The middle between a column's extremes."""
        return _centre(self.low, self.high)

    @property
    def half(self) -> FloatArray:
        """Half the distance of a column's extremes."""
        return _half(self.low, self.high)

    @property
    def relative_variance(self) -> FloatArray:
        """Variance over mean square; 0 for a constant column, NaN for an empty one."""
        with np.errstate(all="ignore"):
            offset = self.mean + self.centre / self.half
            relative: FloatArray = self.variance / (self.variance + offset**2)
        return np.where(self.low == self.high, 0.0, relative)

    def take(self, places: Sequence[int] | IntArray) -> "Profile":
        """The profile of some of the columns, in the order asked for."""
        chosen = np.asarray(places, dtype=np.int64)
        return Profile(
            columns=tuple(self.columns[place] for place in chosen),
            rows=self.rows,
            count=self.count[chosen],
            low=self.low[chosen],
            high=self.high[chosen],
            pattern=self.pattern[chosen],
            mean=self.mean[chosen],
            variance=self.variance[chosen],
        )

    def followed_by(self, other: "Profile") -> "Profile":
        """The profile of these columns and then the other's, over the same rows."""
        return Profile(
            columns=self.columns + other.columns,
            rows=self.rows,
            count=np.concatenate([self.count, other.count]),
            low=np.concatenate([self.low, other.low]),
            high=np.concatenate([self.high, other.high]),
            pattern=np.concatenate([self.pattern, other.pattern]),
            mean=np.concatenate([self.mean, other.mean]),
            variance=np.concatenate([self.variance, other.variance]),
        )


def profile_columns(tables: EraTables) -> Profile:
    """Two passes over the eras, one era in memory at a time."""
    columns = tables.columns
    width = len(columns)
    count, missing = np.zeros(width, dtype=np.int64), np.zeros((width, 2), dtype=np.uint64)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    # Each row has a random 128-bit number; the sum of those that a column misses names its pattern.
    marks = np.random.default_rng(0)
    for values in tables.matrices(columns):
        absent = np.isnan(values)
        count += (~absent).sum(axis=0)
        low, high = np.fmin(low, _fmin(values)), np.fmax(high, -_fmin(-values))
        mark = marks.integers(0, 2**64, size=(len(values), 2), dtype=np.uint64)
        missing += absent.T.astype(np.uint64) @ mark
    centre, half = _centre(low, high), _half(low, high)
    total, squares = np.zeros(width), np.zeros(width)
    for values in tables.matrices(columns):
        unit = np.nan_to_num((values - centre) / half, nan=0.0)
        total += unit.sum(axis=0)
        squares += (unit**2).sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = total / count
        variance = np.maximum(squares / count - mean**2, 0.0)
    return Profile(
        columns=columns,
        rows=tables.rows,
        count=count,
        low=low,
        high=high,
        pattern=np.unique(missing, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64),
        mean=mean,
        variance=variance,
    )


def _fmin(values: FloatArray) -> FloatArray:
    smallest: FloatArray = np.fmin.reduce(values, axis=0, initial=np.inf)
    return smallest


def _centre(low: FloatArray, high: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return low / 2 + high / 2


def _half(low: FloatArray, high: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        half = high / 2 - low / 2
    # Extremes next to each other can round to no distance at all.
    return np.where(half > 0, half, 1.0)
