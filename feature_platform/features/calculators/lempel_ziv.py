"""How many new words a series needs, written as symbols for equal bins: the complexity of Lempel and Ziv."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer
from feature_platform.features.calculators.hashing import FREE, clear_table, find_slot, spread, table_size
from feature_platform.features.calculators.histograms import write_edges
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
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
from feature_platform.features.calculators.moments import MAXIMUM, MINIMUM

MOST_BINS = 2**20


def lempel_ziv_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The number of words over the length, for each number of bins."""
    x, moments = series.x, series.moments
    n = x.shape[0]
    symbols, words = scratch.integers, scratch.integers[n:]
    fractions, edges = scratch.floats, scratch.floats[n:]
    low, high = moments[MINIMUM], moments[MAXIMUM]
    span = high - low
    # Without a finite width no value lies above the first edge.
    flat = span == 0 or not math.isfinite(span)
    for i in range(n):
        fractions[i] = 0.0 if flat else (x[i] - low) / span
    for k in range(rows.shape[0]):
        bins = max(int(rows[k, 0]), 1)
        if flat or bins == 1:
            for i in range(n):
                symbols[i] = 0
        else:
            write_edges(low, high, bins, edges)
            write_symbols(x, fractions, edges, bins, symbols)
        out[k] = count_words(symbols, n, bins, words) / n


def write_symbols(x: FloatArray, fractions: FloatArray, edges: FloatArray, bins: int, symbols: IntArray) -> None:
    """Fill `symbols` with how many of the bins' right edges are below each value, as `numpy.searchsorted` counts them.

    `fractions` are the values' places in their range, whose rounding may be one bin off.
    """
    for i in range(x.shape[0]):
        symbol = min(int(fractions[i] * bins), bins - 1)
        while symbol > 0 and edges[symbol] >= x[i]:
            symbol -= 1
        while edges[symbol + 1] < x[i]:
            symbol += 1
        symbols[i] = symbol


def count_words(symbols: IntArray, count: int, bins: int, table: IntArray) -> int:
    """The number of different words when each word is the shortest that was not there before.

    A word is known by the slot of its last symbol in a hash table, whose key is the slot of the word before with it.
    """
    size = table_size(count)
    clear_table(table, size)
    words = 0
    word = 0
    for i in range(count):
        key = word * bins + symbols[i]
        # Each step waits for the word before: of it only the cheapest of products.
        slot = find_slot(table, size - 1, 5 * word + spread(symbols[i]), key)
        if table[slot] == FREE:
            table[slot] = key
            words += 1
            word = 0
        else:
            word = slot + 1
    return words


def _encode(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([[float(integer(request, "bins", least=-1))] for request in requests]), NO_TABLE)


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    return length + max(int(encoded.rows.max()), 1) + 1, length + table_size(length)


def _beyond(parameters: Parameters) -> str | None:
    bins = parameters["bins"]
    return f"more than {MOST_BINS} bins" if isinstance(bins, int | np.integer) and bins > MOST_BINS else None


KERNEL = Kernel(lempel_ziv_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("lempel_ziv_complexity", KERNEL, keys=("bins",), beyond=_beyond, exact=True),)
