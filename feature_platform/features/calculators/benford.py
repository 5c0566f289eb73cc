"""How closely the values' first digits follow Benford's law."""

import math
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

import numpy as np

from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.summation import pairwise_sum

DIGITS = 9
LEAST_EXPONENT = -324
"""The power of ten of the table's first row; the smallest positive number is 5e-324."""
DECADES = 634
LAW = DECADES
"""The table's row of the law's shares; those before hold the least number that begins with each digit, by decade."""


def benford_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The correlation of the first digits' shares with Benford's law."""
    shares = scratch.floats
    write_digit_shares(series.x, table, shares)
    value = correlation_with_law(shares, table, scratch.stack)
    for k in range(rows.shape[0]):
        out[k] = value


def write_digit_shares(x: FloatArray, table: FloatArray, shares: FloatArray) -> None:
    """Fill `shares` with the share of values that begin with 1 to 9; a zero begins with none of them.

    The first digit is that of the shortest decimal that reads back as the value.
    """
    n = x.shape[0]
    for d in range(DIGITS):
        shares[d] = 0.0
    # Neighbours mostly share their decade, so the search starts where the last one ended.
    decade = -LEAST_EXPONENT
    for i in range(n):
        size = abs(x[i])
        if size == 0:
            continue
        while decade > 0 and size < table[decade, 0]:
            decade -= 1
        while decade < DECADES - 2 and size >= table[decade + 1, 0]:
            decade += 1
        digit = 0
        for d in range(1, DIGITS):
            digit += size >= table[decade, d]
        # An infinity counts as the largest number, which begins with 1.
        shares[digit if size < math.inf else 0] += 1.0
    for d in range(DIGITS):
        shares[d] /= n


def correlation_with_law(shares: FloatArray, table: FloatArray, stack: FloatArray) -> float:
    """Pearson's correlation; NaN where all shares are equal."""
    mean = pairwise_sum(shares, 0, DIGITS, stack) / DIGITS
    law_mean = 0.0
    for d in range(DIGITS):
        law_mean += table[LAW, d] / DIGITS
    together, own, law = 0.0, 0.0, 0.0
    for d in range(DIGITS):
        a, b = shares[d] - mean, table[LAW, d] - law_mean
        together += a * b
        own += a * a
        law += b * b
    if own == 0:
        return math.nan
    return max(-1.0, min(1.0, together / math.sqrt(own) / math.sqrt(law)))


def _encode(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.empty((len(requests), 0)), _table())


@lru_cache(maxsize=1)
def _table() -> FloatArray:
    table = np.empty((DECADES + 1, DIGITS))
    for decade in range(DECADES):
        table[decade] = [_least(d, decade + LEAST_EXPONENT) for d in range(1, DIGITS + 1)]
    table[LAW] = np.log10(1 + 1 / np.arange(1, DIGITS + 1))
    return table


def _least(digit: int, exponent: int) -> float:
    """The least number whose shortest decimal is no smaller than a digit times a power of ten; infinite if none is."""
    text = f"{digit}e{exponent}"
    number = float(text)
    # Several short decimals read back as the same number where numbers are denormal.
    return float(np.nextafter(number, math.inf)) if Decimal(repr(number)) < Decimal(text) else number


def _scratch(_length: int, _encoded: Encoded) -> tuple[int, int]:
    return DIGITS, 0


KERNEL = Kernel(benford_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("benford_correlation", KERNEL),)
