"""Stretches of values, each as one number, as numpy makes it."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.sorting import sort
from feature_platform.features.calculators.summation import BLOCK, block_sum, pairwise_sum

MAXIMUM, MINIMUM, MEAN, VARIANCE, DEVIATION, SUM, PRODUCT, ARGMAX, ARGMIN, ANY, ALL, RANGE, MEDIAN = range(13)

METHODS = ("max", "min", "mean", "var", "std", "sum", "prod", "argmax", "argmin", "any", "all")
"""Methods of a numpy array; each stands at the place of its code."""

FUNCTIONS: Mapping[str, int] = MappingProxyType(
    {name: code for code, name in enumerate(METHODS)}
    | {"ptp": RANGE, "median": MEDIAN, "average": MEAN, "amax": MAXIMUM, "amin": MINIMUM}
)
"""Functions of numpy."""

UNIT_POWERS: Mapping[str, int] = MappingProxyType({"var": 2, "argmax": 0, "argmin": 0, "any": 0, "all": 0})
"""With which power of the values' unit an aggregate comes, where that is not 1."""


def chunk_count(count: int, length: int) -> int:
    """How many chunks of a length so many values are cut into; the last may be shorter."""
    return (count + length - 1) // length


def aggregate(
    code: int, x: FloatArray, count: int, length: int, out: FloatArray, work: FloatArray, stack: FloatArray
) -> None:
    """Write an aggregate of each chunk of the first `count` values, which hold no NaN; `work` has room for a chunk."""
    chunks = chunk_count(count, length)
    if code == MAXIMUM:
        for k in range(chunks):
            out[k] = largest(x, k * length, min(length, count - k * length))
    elif code == MINIMUM:
        for k in range(chunks):
            out[k] = smallest(x, k * length, min(length, count - k * length))
    elif code == MEAN and length <= BLOCK:
        for k in range(chunks):
            size = min(length, count - k * length)
            out[k] = block_sum(x, k * length, size) / size
    elif code == VARIANCE and length <= BLOCK:
        for k in range(chunks):
            out[k] = short_variance(x, k * length, min(length, count - k * length), work)
    else:
        for k in range(chunks):
            out[k] = pick(code, x, k * length, min(length, count - k * length), work, stack)


def pick(code: int, x: FloatArray, start: int, size: int, work: FloatArray, stack: FloatArray) -> float:
    """One of the aggregates of `x[start:start + size]`."""
    value = math.nan
    if code == MAXIMUM:
        value = largest(x, start, size)
    elif code == MINIMUM:
        value = smallest(x, start, size)
    elif code == MEAN:
        value = pairwise_sum(x, start, size, stack) / size
    elif code == VARIANCE:
        value = variance(x, start, size, work, stack)
    elif code == DEVIATION:
        value = math.sqrt(variance(x, start, size, work, stack))
    elif code == SUM:
        value = pairwise_sum(x, start, size, stack)
    elif code == RANGE:
        value = largest(x, start, size) - smallest(x, start, size)
    else:
        value = seldom(code, x, start, size, work)
    return value


def seldom(code: int, x: FloatArray, start: int, size: int, work: FloatArray) -> float:
    """The aggregates that hardly anybody asks for."""
    value = math.nan
    if code == MEDIAN:
        for i in range(size):
            work[i] = x[start + i]
        sort(work, size)
        value = work[size // 2] if size % 2 == 1 else (work[size // 2 - 1] + work[size // 2]) / 2
    elif code == PRODUCT:
        value = 1.0
        for i in range(start, start + size):
            value *= x[i]
    elif code == ARGMAX:
        value = float(place_of(largest(x, start, size), x, start))
    elif code == ARGMIN:
        value = float(place_of(smallest(x, start, size), x, start))
    elif code == ANY:
        value = 1.0 if count_nonzero(x, start, size) > 0 else 0.0
    elif code == ALL:
        value = 1.0 if count_nonzero(x, start, size) == size else 0.0
    return value


def largest(x: FloatArray, start: int, size: int) -> float:
    """The largest value."""
    value = x[start]
    for i in range(start + 1, start + size):
        value = max(value, x[i])
    return value


def smallest(x: FloatArray, start: int, size: int) -> float:
    """The smallest value."""
    value = x[start]
    for i in range(start + 1, start + size):
        value = min(value, x[i])
    return value


def place_of(value: float, x: FloatArray, start: int) -> int:
    """The first place after `start` that holds a value that is there."""
    place = start
    while x[place] != value:
        place += 1
    return place - start


def variance(x: FloatArray, start: int, size: int, work: FloatArray, stack: FloatArray) -> float:
    """The variance in numpy's order of sums."""
    mean = pairwise_sum(x, start, size, stack) / size
    for i in range(size):
        deviation = x[start + i] - mean
        work[i] = deviation * deviation
    return pairwise_sum(work, 0, size, stack) / size


def short_variance(x: FloatArray, start: int, size: int, work: FloatArray) -> float:
    """The same of at most `BLOCK` values: most chunks are short, and a stack for the sums costs more than the sums."""
    mean = block_sum(x, start, size) / size
    for i in range(size):
        deviation = x[start + i] - mean
        work[i] = deviation * deviation
    return block_sum(work, 0, size) / size


def count_nonzero(x: FloatArray, start: int, size: int) -> int:
    """How many values are not 0."""
    count = 0
    for i in range(start, start + size):
        if x[i] != 0:
            count += 1
    return count
