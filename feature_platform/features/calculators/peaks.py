"""How many values are larger than all their neighbours up to some distance."""

from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer
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


def peaks_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The number of peaks for each support; one pass measures how far each peak stands out, for all supports."""
    x, counts = series.x, scratch.integers
    n = x.shape[0]
    # No value has more neighbours on both sides.
    largest = 0
    for k in range(rows.shape[0]):
        largest = max(largest, int(rows[k, 0]))
    largest = min(largest, n // 2)
    for support in range(largest + 1):
        counts[support] = 0
    for i in range(1, n - 1):
        if x[i] > x[i - 1] and x[i] > x[i + 1]:
            counts[peak_support(x, i, min(largest, i, n - 1 - i))] += 1
    for support in range(largest, 0, -1):
        counts[support - 1] += counts[support]
    for k in range(rows.shape[0]):
        out[k] = counts[int(rows[k, 0])] if rows[k, 0] <= largest else 0.0


def peak_support(x: FloatArray, peak: int, limit: int) -> int:
    """Up to which distance, no more than a limit, all values on both sides are smaller; it is so at distance 1."""
    support = 1
    while support < limit and x[peak] > x[peak - support - 1] and x[peak] > x[peak + support + 1]:
        support += 1
    return support


def _encode(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([[float(integer(request, "n", least=1))] for request in requests]), NO_TABLE)


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return 0, length // 2 + 1


KERNEL = Kernel(peaks_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("number_peaks", KERNEL, keys=("n",), exact=True),)
