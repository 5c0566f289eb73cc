"""How many values lie above, below, between or at a level, and for how long they stay there."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import real
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.moments import DEVIATION, MEAN

(
    VALUE_COUNT,
    RANGE_COUNT,
    COUNT_ABOVE,
    COUNT_BELOW,
    COUNT_ABOVE_MEAN,
    COUNT_BELOW_MEAN,
    CROSSINGS,
    BEYOND_SIGMA,
    STRIKE_ABOVE_MEAN,
    STRIKE_BELOW_MEAN,
) = range(10)


def counting_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """One count for each row of opcode and levels."""
    x = series.x
    n = x.shape[0]
    mean, deviation = series.moments[MEAN], series.moments[DEVIATION]
    for k in range(rows.shape[0]):
        code, level = int(rows[k, 0]), rows[k, 1]
        value = math.nan
        if code == VALUE_COUNT:
            value = float(count_within(x, level, level))
        elif code == RANGE_COUNT:
            value = float(count_between(x, level, rows[k, 2]))
        elif code == COUNT_ABOVE:
            value = count_within(x, level, math.inf) / n
        elif code == COUNT_BELOW:
            value = count_within(x, -math.inf, level) / n
        elif code == COUNT_ABOVE_MEAN:
            value = float(count_above(x, mean))
        elif code == COUNT_BELOW_MEAN:
            value = float(count_below(x, mean))
        elif code == CROSSINGS:
            value = float(count_crossings(x, level))
        elif code == BEYOND_SIGMA:
            value = count_beyond(x, mean, level * deviation) / n
        elif code == STRIKE_ABOVE_MEAN:
            value = float(longest_strike(x, mean, 1.0))
        elif code == STRIKE_BELOW_MEAN:
            value = float(longest_strike(x, mean, -1.0))
        out[k] = value


def count_within(x: FloatArray, low: float, high: float) -> int:
    """Values from `low` to `high`, both included."""
    count = 0
    for i in range(x.shape[0]):
        count += (x[i] >= low) & (x[i] <= high)
    return count


def count_between(x: FloatArray, low: float, high: float) -> int:
    """Values from `low` on and below `high`."""
    count = 0
    for i in range(x.shape[0]):
        count += (x[i] >= low) & (x[i] < high)
    return count


def count_above(x: FloatArray, level: float) -> int:
    """Values above a level."""
    count = 0
    for i in range(x.shape[0]):
        count += x[i] > level
    return count


def count_below(x: FloatArray, level: float) -> int:
    """Values below a level."""
    count = 0
    for i in range(x.shape[0]):
        count += x[i] < level
    return count


def count_crossings(x: FloatArray, level: float) -> int:
    """Neighbours of which one alone is above the level."""
    count = 0
    for i in range(1, x.shape[0]):
        count += (x[i] > level) != (x[i - 1] > level)
    return count


def count_beyond(x: FloatArray, centre: float, distance: float) -> int:
    """Values farther than a distance from a centre."""
    count = 0
    for i in range(x.shape[0]):
        count += abs(x[i] - centre) > distance
    return count


def longest_strike(x: FloatArray, level: float, sign: float) -> int:
    """The longest run of values above a level, or below it where `sign` is -1."""
    longest = 0
    run = 0
    limit = sign * level
    for i in range(x.shape[0]):
        run = run + 1 if sign * x[i] > limit else 0
        longest = max(longest, run)
    return longest


OPCODES = {
    "value_count": VALUE_COUNT,
    "range_count": RANGE_COUNT,
    "count_above": COUNT_ABOVE,
    "count_below": COUNT_BELOW,
    "count_above_mean": COUNT_ABOVE_MEAN,
    "count_below_mean": COUNT_BELOW_MEAN,
    "number_crossing_m": CROSSINGS,
    "ratio_beyond_r_sigma": BEYOND_SIGMA,
    "longest_strike_above_mean": STRIKE_ABOVE_MEAN,
    "longest_strike_below_mean": STRIKE_BELOW_MEAN,
}
KEYS = {
    "value_count": ("value",),
    "range_count": ("min", "max"),
    "count_above": ("t",),
    "count_below": ("t",),
    "number_crossing_m": ("m",),
    "ratio_beyond_r_sigma": ("r",),
}


def _encode(requests: Sequence[Request]) -> Encoded:
    rows = np.zeros((len(requests), 3))
    for row, request in zip(rows, requests, strict=True):
        levels = [real(request, key) for key in KEYS.get(request.calculator, ())]
        row[: 1 + len(levels)] = OPCODES[request.calculator], *levels
    return Encoded(rows, NO_TABLE)


KERNEL = Kernel(counting_kernel, encode=_encode)

CALCULATORS = tuple(Calculator(name, KERNEL, keys=KEYS.get(name, ()), exact=True) for name in OPCODES)
