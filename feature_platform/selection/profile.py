"""What selection must know of each column before it compares columns: extremes, gaps, spread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from feature_platform.selection.era_tables import BoolArray, EraTables, FloatArray, IntArray


@dataclass(frozen=True)
class Profile:
    """Of each column, over all rows of all eras: arrays in the order of `columns`.

    `places` are theirs among the columns of all eras. `count` finite values lie between `low` and `high`; columns with
    the same `pattern` miss the same rows. `mean` and `variance` are of `(value - centre) / half`, which lies in [-1, 1]
    whatever the column's unit: sums of such values neither overflow nor cancel. `half` is 1 for a constant column.
    """

    columns: tuple[str, ...]
    places: IntArray
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
    def constant(self) -> BoolArray:
        """Whether a column has one value only."""
        one_value: BoolArray = self.low == self.high
        return one_value

    @property
    def relative_variance(self) -> FloatArray:
        """Variance over mean square; 0 for a constant column, NaN for an empty one."""
        with np.errstate(all="ignore"):
            offset = self.mean + self.centre / self.half
            relative: FloatArray = self.variance / (self.variance + offset**2)
        return np.where(self.constant, 0.0, relative)

    def take(self, places: Sequence[int] | IntArray) -> "Profile":
        """The profile of some of the columns, in the order asked for."""
        chosen = np.asarray(places, dtype=np.int64)
        return Profile(
            columns=tuple(self.columns[place] for place in chosen.tolist()),
            places=self.places[chosen],
            rows=self.rows,
            count=self.count[chosen],
            low=self.low[chosen],
            high=self.high[chosen],
            pattern=self.pattern[chosen],
            mean=self.mean[chosen],
            variance=self.variance[chosen],
        )

    def unit(self, values: FloatArray) -> FloatArray:
        """Of (rows, columns) `(value - centre) / half`, 0 where a value is missing."""
        scaled: FloatArray = (values - self.centre) / self.half
        scaled[np.isnan(scaled)] = 0.0
        return scaled


def profile_columns(tables: EraTables) -> Profile:
    """Two passes over the eras, one era in memory at a time."""
    width = len(tables.columns)
    places = np.arange(width)
    count, missing = np.zeros(width, dtype=np.int64), np.zeros((width, 2), dtype=np.uint64)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    # Each row has a random 128-bit number; the sum of those that a column misses names its pattern.
    marks = np.random.default_rng(0)
    for values in tables.matrices(places):
        absent = np.isnan(values)
        count += (~absent).sum(axis=0)
        low, high = np.fmin(low, _fmin(values)), np.fmax(high, -_fmin(-values))
        mark = marks.integers(0, 2**64, size=(len(values), 2), dtype=np.uint64)
        missing += absent.T.astype(np.uint64) @ mark
    profile = Profile(
        columns=tables.columns,
        places=places,
        rows=tables.rows,
        count=count,
        low=low,
        high=high,
        pattern=np.unique(missing, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64),
        mean=np.zeros(width),
        variance=np.zeros(width),
    )
    total, squares = np.zeros(width), np.zeros(width)
    for values in tables.matrices(places):
        unit = profile.unit(values)
        total += unit.sum(axis=0)
        squares += (unit**2).sum(axis=0)
    with np.errstate(invalid="ignore"):
        mean = total / count
        variance = np.maximum(squares / count - mean**2, 0.0)
    return replace(profile, mean=mean, variance=variance)


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
