"""How evenly the orders of neighbouring values are spread: Bandt and Pompe's permutation entropy."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer
from feature_platform.features.calculators.hashing import FREE, clear_table, find_slot, spread, table_size
from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    IntArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
)

LARGEST = 16
"""numpy's sort keeps equal values in sequence among so many at most; a float64 numbers their orders exactly."""
DIRECT = 5040
"""So many orders, all of seven values, are counted each in its own place; more are found in a hash table."""
LONGEST = 2**40
"""No series is longer, so strides beyond give one window as well."""
LOGARITHMS = 1024
"""The table's length: logarithms of whole numbers."""


def permutation_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The entropy for each row of stride and dimension.

    An order is numbered by its inversions: how many of the values before each are larger, in the factorial number
    system. One value more adds one digit, so all dimensions share the work. Equal values keep their sequence.
    """
    x = series.x
    n = x.shape[0]
    larger, codes = scratch.floats, scratch.floats[n:]
    dimensions = 0
    for k in range(rows.shape[0]):
        out[k] = math.nan
        dimensions = max(dimensions, int(rows[k, 1]))
    for i in range(n):
        larger[i] = 0.0
        codes[i] = 0.0
    factorial = 1.0
    for back in range(1, min(dimensions, n)):
        factorial *= back
        add_digit(x, back, factorial, larger, codes)
        for k in range(rows.shape[0]):
            if int(rows[k, 1]) == back + 1:
                orders = factorial * (back + 1)
                out[k] = code_entropy(codes, n - back, int(rows[k, 0]), orders, table, scratch.integers)


def add_digit(x: FloatArray, back: int, factorial: float, larger: FloatArray, codes: FloatArray) -> None:
    """Make the codes of windows of `back` values those of windows of one value more."""
    last = larger[back:]
    newest = x[back:]
    for i in range(newest.shape[0]):
        last[i] += 1.0 if x[i] > newest[i] else 0.0
        codes[i] += last[i] * factorial


def code_entropy(codes: FloatArray, count: int, stride: int, orders: float, table: FloatArray, work: IntArray) -> float:
    """Entropy of every `stride`-th of the first `count` codes, which are below `orders`."""
    windows = (count - 1) // stride + 1
    places, counts = work, work[windows:]
    if orders <= DIRECT:
        for i in range(int(orders)):
            counts[i] = 0
        for i in range(windows):
            places[i] = int(codes[i * stride])
            counts[places[i]] += 1
    else:
        size = table_size(windows)
        keys = work[windows + size :]
        clear_table(keys, size)
        for i in range(windows):
            code = int(codes[i * stride])
            slot = find_slot(keys, size - 1, spread(code), code)
            if keys[slot] == FREE:
                keys[slot] = code
                counts[slot] = 0
            places[i] = slot
            counts[slot] += 1
    # A sum over windows, not over codes, needs no search for the codes that are there.
    whole = logarithm(windows, table)
    entropy = 0.0
    for i in range(windows):
        entropy += whole - logarithm(counts[places[i]], table)
    return entropy / windows


def logarithm(number: int, table: FloatArray) -> float:
    """Of a whole number from 1 on."""
    return table[0, number] if number < LOGARITHMS else math.log(number)


def _encode(requests: Sequence[Request]) -> Encoded:
    rows = [(integer(request, "tau", least=1), integer(request, "dimension", least=2)) for request in requests]
    rows = [(min(stride, LONGEST), dimension) for stride, dimension in rows]
    table = np.array([[math.log(max(number, 1)) for number in range(LOGARITHMS)]])
    return Encoded(np.array(rows, dtype=np.float64), table)


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return 2 * length, length + max(DIRECT, 2 * table_size(length))


def _beyond(parameters: Parameters) -> str | None:
    dimension = parameters["dimension"]
    return f"a dimension above {LARGEST}" if isinstance(dimension, int | np.integer) and dimension > LARGEST else None


KERNEL = Kernel(permutation_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("permutation_entropy", KERNEL, keys=("tau", "dimension"), beyond=_beyond),)
