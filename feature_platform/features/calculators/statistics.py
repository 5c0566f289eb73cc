"""Location, spread and shape of the values, whatever their order."""

import math

from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Scratch,
    Series,
    opcode_encoder,
    to_the,
)
from feature_platform.features.calculators.moments import DEVIATION, MAXIMUM, MEAN, MINIMUM, SUM, VARIANCE
from feature_platform.features.calculators.summation import pairwise_sum

(
    SUM_VALUES,
    MEAN_VALUE,
    LENGTH,
    STANDARD_DEVIATION,
    VARIANCE_VALUE,
    VARIATION_COEFFICIENT,
    ROOT_MEAN_SQUARE,
    ABS_ENERGY,
    MAXIMUM_VALUE,
    MINIMUM_VALUE,
    ABSOLUTE_MAXIMUM,
    VARIANCE_LARGER,
    SKEWNESS,
    KURTOSIS,
) = range(14)

EPSILON = 2.220446049250313e-16


def statistics_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """One value for each opcode."""
    x, moments = series.x, series.moments
    n = x.shape[0]
    for k in range(rows.shape[0]):
        code = int(rows[k, 0])
        value = math.nan
        if code == SUM_VALUES:
            value = moments[SUM]
        elif code == MEAN_VALUE:
            value = moments[MEAN]
        elif code == LENGTH:
            value = float(n)
        elif code == STANDARD_DEVIATION:
            value = moments[DEVIATION]
        elif code == VARIANCE_VALUE:
            value = moments[VARIANCE]
        elif code == VARIATION_COEFFICIENT:
            if moments[MEAN] != 0:
                value = moments[DEVIATION] / moments[MEAN]
        elif code == ROOT_MEAN_SQUARE:
            for i in range(n):
                scratch.floats[i] = x[i] * x[i]
            value = math.sqrt(pairwise_sum(scratch.floats, 0, n, scratch.stack) / n)
        elif code == ABS_ENERGY:
            value = 0.0
            for i in range(n):
                value += x[i] * x[i]
        elif code == MAXIMUM_VALUE:
            value = moments[MAXIMUM]
        elif code == MINIMUM_VALUE:
            value = moments[MINIMUM]
        elif code == ABSOLUTE_MAXIMUM:
            value = max(abs(moments[MAXIMUM]), abs(moments[MINIMUM]))
        elif code == VARIANCE_LARGER:
            value = 1.0 if moments[VARIANCE] > moments[DEVIATION] else 0.0
        elif code == SKEWNESS:
            value = skewness(x, moments[SUM] / n)
        elif code == KURTOSIS:
            value = kurtosis(x, moments[SUM] / n)
        out[k] = value


def skewness(x: FloatArray, mean: float) -> float:
    """The adjusted Fisher-Pearson coefficient as pandas' `Series.skew` computes it; NaN below three values."""
    n = x.shape[0]
    if n < 3:
        return math.nan
    m2, m3, largest = 0.0, 0.0, 0.0
    for i in range(n):
        d = x[i] - mean
        m2 += d * d
        m3 += d * d * d
        largest = max(largest, abs(x[i]))
    m2 = without_noise(m2, largest, 2, n)
    m3 = without_noise(m3, largest, 3, n)
    if m2 == 0:
        return 0.0
    return (n * math.sqrt(n - 1.0) / (n - 2)) * (m3 / m2**1.5)


def kurtosis(x: FloatArray, mean: float) -> float:
    """Excess kurtosis with Fisher's correction as pandas' `Series.kurt` computes it; NaN below four values."""
    n = x.shape[0]
    if n < 4:
        return math.nan
    m2, m4, largest = 0.0, 0.0, 0.0
    for i in range(n):
        d = x[i] - mean
        m2 += d * d
        m4 += d * d * d * d
        largest = max(largest, abs(x[i]))
    m2 = without_noise(m2, largest, 2, n)
    m4 = without_noise(m4, largest, 4, n)
    denominator = (n - 2.0) * (n - 3.0) * m2 * m2
    if denominator == 0:
        return 0.0
    return n * (n + 1.0) * (n - 1.0) * m4 / denominator - 3.0 * (n - 1.0) ** 2 / ((n - 2.0) * (n - 3.0))


def without_noise(moment: float, largest: float, order: int, count: int) -> float:
    """A central moment below what rounding of the largest value makes of a constant counts as 0, as in pandas."""
    return 0.0 if abs(moment) < (EPSILON * largest) ** order * count else moment


OPCODES = {
    "sum_values": SUM_VALUES,
    "mean": MEAN_VALUE,
    "length": LENGTH,
    "standard_deviation": STANDARD_DEVIATION,
    "variance": VARIANCE_VALUE,
    "variation_coefficient": VARIATION_COEFFICIENT,
    "root_mean_square": ROOT_MEAN_SQUARE,
    "abs_energy": ABS_ENERGY,
    "maximum": MAXIMUM_VALUE,
    "minimum": MINIMUM_VALUE,
    "absolute_maximum": ABSOLUTE_MAXIMUM,
    "variance_larger_than_standard_deviation": VARIANCE_LARGER,
    "skewness": SKEWNESS,
    "kurtosis": KURTOSIS,
}


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return length, 0


KERNEL = Kernel(statistics_kernel, encode=opcode_encoder(OPCODES), scratch=_scratch)

SQUARED = {"variance", "abs_energy"}
WITHOUT_UNIT = {"length", "variation_coefficient", "variance_larger_than_standard_deviation", "skewness", "kurtosis"}
EXACT = {"length", "variance_larger_than_standard_deviation", "maximum", "minimum", "absolute_maximum"}


def _power(name: str) -> int:
    return 2 if name in SQUARED else int(name not in WITHOUT_UNIT)


CALCULATORS = tuple(Calculator(name, KERNEL, power=to_the(_power(name)), exact=name in EXACT) for name in OPCODES)
