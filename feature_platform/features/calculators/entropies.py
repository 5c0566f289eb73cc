"""Approximate and sample entropy: how often stretches that are alike go on alike."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer, real, refused
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
    Calculator,
    Encoded,
    FloatArray,
    IntArray,
    Kernel,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.moments import DEVIATION
from feature_platform.features.calculators.near_sets import count_near, work_needed, write_ranks

APPROXIMATE, SAMPLE = range(2)

SAMPLE_LENGTH = 2
SAMPLE_FRACTION = 0.2

SMALL = 1e-200

LONGEST = 1024
"""Work space grows with the length of the stretches."""


def entropy_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """An entropy for each row of (which one, length of the stretches, tolerance in standard deviations)."""
    n = series.x.shape[0]
    ranks, counts, longer = scratch.integers[:n], scratch.integers[n : 2 * n], scratch.integers[2 * n : 3 * n]
    write_ranks(series.x, series.ordered, ranks, counts)
    for k in range(rows.shape[0]):
        length = int(rows[k, 1])
        approximate = int(rows[k, 0]) == APPROXIMATE
        if approximate and n <= length + 1:
            out[k] = 0.0
            continue
        tolerance = rows[k, 2] * series.moments[DEVIATION]
        count_near(series.ordered, ranks, tolerance, length, counts, longer, scratch.integers[3 * n :], scratch.stop)
        if approximate:
            out[k] = abs(mean_log_share(counts, n - length + 1) - mean_log_share(longer, n - length))
        else:
            out[k] = sample_entropy(pairs(counts, n - length + 1), pairs(longer, n - length))


def mean_log_share(counts: IntArray, total: int) -> float:
    """Mean of `log(counts[i] / total)`, of several at a time; NaN if one is 0."""
    logs, product = 0.0, 1.0
    for i in range(total):
        product *= counts[i] / total
        if product < SMALL:
            if product == 0:
                return math.nan
            logs += math.log(product)
            product = 1.0
    return (logs + math.log(product)) / total


def pairs(counts: IntArray, total: int) -> int:
    """How many pairs of different stretches are near each other, both ways."""
    found = 0
    for i in range(total):
        found += counts[i] - 1
    return found


def sample_entropy(shorter: int, longer: int) -> float:
    """Minus the logarithm of the share of pairs that go on alike, with numpy's limits."""
    if shorter == 0:
        return math.nan
    return math.inf if longer == 0 else -math.log(longer / shorter)


def _encode(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([_row(request) for request in requests]), NO_TABLE)


def _row(request: Request) -> tuple[float, float, float]:
    if request.calculator == "sample_entropy":
        return SAMPLE, SAMPLE_LENGTH, SAMPLE_FRACTION
    length, fraction = integer(request, "m", least=1, most=LONGEST), real(request, "r")
    if fraction < 0:
        raise refused(request, "r", "no negative number")
    return APPROXIMATE, length, fraction


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    return 0, 3 * length + max(work_needed(length, int(m)) for m in encoded.rows[:, 1])


KERNEL = Kernel(entropy_kernel, encode=_encode, needs=frozenset({"ordered"}), scratch=_scratch)

CALCULATORS = (Calculator("approximate_entropy", KERNEL, keys=("m", "r")), Calculator("sample_entropy", KERNEL))
