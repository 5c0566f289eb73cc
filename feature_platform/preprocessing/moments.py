"""Mean and standard deviation of values that arrive in pieces."""

import numpy as np
from numpy.typing import NDArray


class Moments:
    """Pooled moments (Chan, Golub and LeVeque): as exact as over all values at once."""

    def __init__(self) -> None:
        self.count = 0
        self._mean = 0.0
        self._squares = 0.0

    def add(self, values: NDArray[np.float64]) -> None:
        """Take in values without NaN."""
        if not len(values):
            return
        count = self.count + len(values)
        mean = float(values.mean())
        shift = mean - self._mean
        self._squares += float(np.square(values - mean).sum()) + shift * shift * self.count * len(values) / count
        self._mean += shift * len(values) / count
        self.count = count

    def centre_and_spread(self) -> tuple[float, float]:
        """Mean and standard deviation, no degree of freedom taken off."""
        return self._mean, float(np.sqrt(self._squares / self.count))
