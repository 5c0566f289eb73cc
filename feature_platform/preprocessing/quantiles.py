"""Quantiles of values that arrive in pieces, in bounded memory."""

import numpy as np
from numpy.typing import NDArray

MAXIMUM_VALUES = 2**18
FIRST_ROUNDING = 16
"""Bits of a double's 52 that the first rounding clears."""


class ValueCounts:
    """How often each value came: exact, until there are more than `MAXIMUM_VALUES` different ones.

    Then the values are rounded, by one more bit of the mantissa as long as there are too many.
    """

    def __init__(self) -> None:
        self._values = np.empty(0)
        self._counts = np.empty(0, np.int64)
        self._rounding = 0

    @property
    def count(self) -> int:
        """Values taken in."""
        return int(self._counts.sum())

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in values without NaN."""
        new, counts = np.unique(self._round(values), return_counts=True)
        self._merge(np.concatenate([self._values, new]), np.concatenate([self._counts, counts]))
        while len(self._values) > MAXIMUM_VALUES:
            self._rounding = self._rounding + 1 if self._rounding else FIRST_ROUNDING
            self._merge(self._round(self._values), self._counts)

    def centre_and_spread(self) -> tuple[float, float]:
        """Median and interquartile range, with `numpy.quantile`'s linear interpolation."""
        first, median, third = (self._quantile(share) for share in (0.25, 0.5, 0.75))
        return median, third - first

    def _quantile(self, share: float) -> float:
        place = share * (self.count - 1)
        below = int(place)
        upto = np.cumsum(self._counts)
        low, high = self._values[np.searchsorted(upto, [below, min(below + 1, self.count - 1)], side="right")]
        return float(low + (high - low) * (place - below))

    def _merge(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        self._values, inverse = np.unique(values, return_inverse=True)
        merged = np.zeros(len(self._values), np.int64)
        np.add.at(merged, inverse, counts)
        self._counts = merged

    def _round(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self._rounding:
            return values
        half = np.int64(1) << (self._rounding - 1)
        kept = ~np.int64((1 << self._rounding) - 1)
        # A double's bits, read as an integer, round as its magnitude does.
        bits = np.ascontiguousarray(values, np.float64).view(np.int64)
        return ((bits + half) & kept).view(np.float64)
