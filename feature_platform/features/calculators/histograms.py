"""Counts of values in equal bins, exactly where numpy draws the bins' edges."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer
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


def binned_entropy_kernel(
    series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch
) -> None:
    """Entropy of a histogram for each number of bins."""
    x, moments = series.x, series.moments
    for k in range(rows.shape[0]):
        out[k] = histogram_entropy(
            x, x.shape[0], moments[MINIMUM], moments[MAXIMUM], int(rows[k, 0]), scratch.floats, scratch.integers
        )


def histogram_entropy(
    values: FloatArray, count: int, low: float, high: float, bins: int, edges: FloatArray, counts: IntArray
) -> float:
    """Entropy of the bins that `numpy.histogram(values[:count], bins)` fills.

    `low` and `high` are the values' minimum and maximum. `edges` is work space for `bins + 1` floats, `counts` for
    `bins` integers. NaN where numpy refuses: for a range that is not finite or too narrow for so many bins.
    """
    if low == high:
        low -= 0.5
        high += 0.5
    width = high - low
    if not math.isfinite(width):
        return math.nan
    write_edges(low, high, bins, edges)
    for k in range(bins):
        counts[k] = 0
        if edges[k] >= edges[k + 1]:
            return math.nan
    for i in range(count):
        value = values[i]
        k = min(int((value - low) / width * bins), bins - 1)
        # The quotient may round across an edge; the last bin holds its right edge too.
        if value < edges[k]:
            k -= 1
        elif value >= edges[k + 1] and k != bins - 1:
            k += 1
        counts[k] += 1
    entropy = 0.0
    for k in range(bins):
        if counts[k] > 0:
            share = counts[k] / count
            entropy -= share * math.log(share)
    return entropy


def write_edges(low: float, high: float, bins: int, edges: FloatArray) -> None:
    """Fill `edges[:bins + 1]` as `numpy.linspace(low, high, bins + 1)` does."""
    span = high - low
    step = span / bins
    if step == 0:
        # The step of a range of denormal numbers may underflow.
        for k in range(bins):
            edges[k] = k / bins * span + low
    else:
        for k in range(bins):
            edges[k] = k * step + low
    edges[bins] = high


def _encode(requests: Sequence[Request]) -> Encoded:
    bins = [[float(integer(request, "max_bins", least=1))] for request in requests]
    return Encoded(np.array(bins), NO_TABLE)


def _scratch(_length: int, encoded: Encoded) -> tuple[int, int]:
    most = int(encoded.rows.max())
    return most + 1, most


def _beyond(parameters: Parameters) -> str | None:
    bins = parameters["max_bins"]
    if isinstance(bins, Sequence | np.ndarray):
        return "max_bins that names a rule or lists edges"
    return f"more than {MOST_BINS} bins" if isinstance(bins, int | np.integer) and bins > MOST_BINS else None


KERNEL = Kernel(binned_entropy_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("binned_entropy", KERNEL, keys=("max_bins",), beyond=_beyond, refuses=True),)
