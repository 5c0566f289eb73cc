"""What nearly every calculator asks of a series, computed once."""

import math
from collections.abc import Sequence

from feature_platform.features.calculators.kernel import (
    NO_TABLE,
    Encoded,
    FloatArray,
    Kernel,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.summation import pairwise_sum

SUM, MEAN, VARIANCE, DEVIATION, MINIMUM, MAXIMUM = range(6)
COUNT = 6
"""Places of `Series.moments`: numpy's sum, mean, var, std, min and max."""


def write_moments(series: Series, _rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """Fill a row of `Series.moments`; needs as many floats of work space as the series is long."""
    x, squares = series.x, scratch.floats
    n = x.shape[0]
    out[SUM] = pairwise_sum(x, 0, n, scratch.stack)
    mean = out[SUM] / n
    low = x[0]
    high = x[0]
    for i in range(n):
        value = x[i]
        squares[i] = (value - mean) * (value - mean)
        low = min(low, value)
        high = max(high, value)
    out[MEAN] = mean
    out[VARIANCE] = pairwise_sum(squares, 0, n, scratch.stack) / n
    out[DEVIATION] = math.sqrt(out[VARIANCE])
    out[MINIMUM] = low
    out[MAXIMUM] = high


def _nothing(_requests: Sequence[Request]) -> Encoded:
    return Encoded(NO_TABLE, NO_TABLE)


MOMENTS = Kernel(write_moments, encode=_nothing, scratch=lambda length, _encoded: (length, 0))
"""Runs before all others; its outputs are `Series.moments`."""
