"""What the sorted values tell: quantiles, ties, and how the spread compares with the range."""

import math
from collections.abc import Sequence
from numbers import Integral

import numpy as np

from feature_platform.features.calculators.arguments import integer, real, refused
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Request,
    Scratch,
    Series,
    to_the,
)
from feature_platform.features.calculators.moments import DEVIATION, MAXIMUM, MEAN, MINIMUM
from feature_platform.features.calculators.quantiles import sorted_median, sorted_quantile
from feature_platform.features.calculators.summation import pairwise_sum

(
    MEDIAN,
    QUANTILE,
    SYMMETRY_LOOKING,
    LARGE_DEVIATION,
    MEAN_ABSOLUTE_MAXIMA,
    DUPLICATE_MAXIMUM,
    DUPLICATE_MINIMUM,
    DUPLICATE,
    REOCCURRING_VALUES,
    REOCCURRING_POINTS,
    DISTINCT_RATIO,
    SUM_OF_VALUES,
    SUM_OF_POINTS,
    LEAST,
    GREATEST,
) = range(15)


def order_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """One value for each row of opcode and parameter."""
    ordered, moments = series.ordered, series.moments
    n = ordered.shape[0]
    span = moments[MAXIMUM] - moments[MINIMUM]
    ties, reoccurring = count_ties(ordered)
    maxima, values, points = scratch.floats, scratch.floats[n:], scratch.floats[2 * n :]
    largest, sums = 0, False
    for k in range(rows.shape[0]):
        code = int(rows[k, 0])
        if code == MEAN_ABSOLUTE_MAXIMA:
            largest = max(largest, min(int(rows[k, 1]), n))
        sums = sums or code in (SUM_OF_VALUES, SUM_OF_POINTS)
    write_absolute_maxima(ordered, largest, maxima)
    if sums:
        write_reoccurring(ordered, values, points)
    for k in range(rows.shape[0]):
        code, parameter = int(rows[k, 0]), rows[k, 1]
        value = math.nan
        if code == MEDIAN:
            value = sorted_median(ordered)
        elif code == QUANTILE:
            value = sorted_quantile(ordered, parameter)
        elif code == SYMMETRY_LOOKING:
            value = 1.0 if abs(moments[MEAN] - sorted_median(ordered)) < parameter * span else 0.0
        elif code == LARGE_DEVIATION:
            value = 1.0 if moments[DEVIATION] > parameter * span else 0.0
        elif code == MEAN_ABSOLUTE_MAXIMA:
            if n > parameter:
                count = int(parameter)
                value = pairwise_sum(maxima, largest - count, count, scratch.stack) / count
        elif code == DUPLICATE_MAXIMUM:
            value = 1.0 if n > 1 and ordered[n - 1] == ordered[n - 2] else 0.0
        elif code == DUPLICATE_MINIMUM:
            value = 1.0 if n > 1 and ordered[0] == ordered[1] else 0.0
        elif code == DUPLICATE:
            value = 1.0 if ties > 0 else 0.0
        elif code == REOCCURRING_VALUES:
            value = reoccurring / (n - ties)
        elif code == REOCCURRING_POINTS:
            value = (ties + reoccurring) / n
        elif code == DISTINCT_RATIO:
            value = (n - ties) / n
        elif code == SUM_OF_VALUES:
            value = pairwise_sum(values, 0, n - ties, scratch.stack)
        elif code == SUM_OF_POINTS:
            value = pairwise_sum(points, 0, n - ties, scratch.stack)
        elif code == LEAST:
            value = ordered[0]
        elif code == GREATEST:
            value = ordered[n - 1]
        out[k] = value


def count_ties(ordered: FloatArray) -> tuple[int, int]:
    """How many values equal the one before, and how many distinct values there are more than once.

    So `n - ties` values are distinct, and `ties + reoccurring` are not alone.
    """
    n = ordered.shape[0]
    ties = 0
    for i in range(1, n):
        ties += ordered[i] == ordered[i - 1]
    reoccurring = 1 if n > 1 and ordered[1] == ordered[0] else 0
    for i in range(2, n):
        reoccurring += (ordered[i] == ordered[i - 1]) & (ordered[i - 1] != ordered[i - 2])
    return ties, reoccurring


def write_absolute_maxima(ordered: FloatArray, count: int, maxima: FloatArray) -> None:
    """Fill `maxima[:count]` with the largest absolute values, ascending."""
    left, right = 0, ordered.shape[0] - 1
    for i in range(count - 1, -1, -1):
        if abs(ordered[left]) > abs(ordered[right]):
            maxima[i] = abs(ordered[left])
            left += 1
        else:
            maxima[i] = abs(ordered[right])
            right -= 1


def write_reoccurring(ordered: FloatArray, values: FloatArray, points: FloatArray) -> None:
    """Fill `values` with each distinct value, `points` with it as often as it is there; 0 where it is there once."""
    n = ordered.shape[0]
    distinct = 0
    first = 0
    for i in range(1, n + 1):
        if i == n or ordered[i] != ordered[first]:
            size = i - first
            values[distinct] = (1.0 if size > 1 else 0.0) * ordered[first]
            points[distinct] = (size if size > 1 else 0.0) * ordered[first]
            distinct += 1
            first = i


OPCODES = {
    "median": MEDIAN,
    "quantile": QUANTILE,
    "symmetry_looking": SYMMETRY_LOOKING,
    "large_standard_deviation": LARGE_DEVIATION,
    "mean_n_absolute_max": MEAN_ABSOLUTE_MAXIMA,
    "has_duplicate_max": DUPLICATE_MAXIMUM,
    "has_duplicate_min": DUPLICATE_MINIMUM,
    "has_duplicate": DUPLICATE,
    "percentage_of_reoccurring_values_to_all_values": REOCCURRING_VALUES,
    "percentage_of_reoccurring_datapoints_to_all_datapoints": REOCCURRING_POINTS,
    "ratio_value_number_to_time_series_length": DISTINCT_RATIO,
    "sum_of_reoccurring_values": SUM_OF_VALUES,
    "sum_of_reoccurring_data_points": SUM_OF_POINTS,
}
KEYS = {
    "quantile": ("q",),
    "symmetry_looking": ("r",),
    "large_standard_deviation": ("r",),
    "mean_n_absolute_max": ("number_of_maxima",),
}
WITH_UNIT = {"median", "quantile", "mean_n_absolute_max", "sum_of_reoccurring_values", "sum_of_reoccurring_data_points"}


def _encode(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([_row(request) for request in requests], dtype=np.float64), NO_TABLE)


def _row(request: Request) -> tuple[int, float]:
    name = request.calculator
    if name == "mean_n_absolute_max":
        return OPCODES[name], integer(request, "number_of_maxima", least=1)
    if name == "quantile":
        q = real(request, "q")
        if not 0 <= q <= 1:
            raise refused(request, "q", "a number from 0 to 1")
        if isinstance(request.parameters["q"], Integral):
            # numpy interpolates for 1.0, but not for 1: that makes NaN of an infinity.
            return (GREATEST if q else LEAST), q
        return OPCODES[name], q
    return OPCODES[name], real(request, "r") if name in KEYS else 0.0


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return 3 * length, 0


KERNEL = Kernel(order_kernel, encode=_encode, needs=frozenset({"ordered"}), scratch=_scratch)

CALCULATORS = tuple(
    Calculator(name, KERNEL, keys=KEYS.get(name, ()), power=to_the(int(name in WITH_UNIT)), exact=name not in WITH_UNIT)
    for name in OPCODES
)
