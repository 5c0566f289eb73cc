"""Gram matrices of a series' lags, in linear time: neighbours on a diagonal differ by one product at each end."""

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.lagged_products import lagged_products


def lag_gram(values: FloatArray, stop: int, lags: int, gram: FloatArray, work: FloatArray) -> None:
    """Sums over `lags <= t < stop` of `values[t - i] * values[t - j]` for `i <= j <= lags`, in rows of `lags + 1`."""
    size = lags + 1
    lagged_products(values[lags:], values, stop - lags, size, work)
    for j in range(size):
        gram[j] = work[lags - j]
    for i in range(lags):
        for j in range(i, lags):
            gram[(i + 1) * size + j + 1] = (
                gram[i * size + j]
                + values[lags - 1 - i] * values[lags - 1 - j]
                - values[stop - 1 - i] * values[stop - 1 - j]
            )


def lag_sums(values: FloatArray, stop: int, lags: int, sums: FloatArray) -> None:
    """Sums over `lags <= t < stop` of `values[t - i]`, for `i <= lags`."""
    total = 0.0
    for t in range(lags, stop):
        total += values[t]
    sums[0] = total
    for i in range(lags):
        sums[i + 1] = sums[i] + values[lags - 1 - i] - values[stop - 1 - i]


def largest_square(gram: FloatArray, size: int) -> float:
    """The largest sum of squares of a lag; one that is many orders smaller has lost its digits to differences."""
    largest = 0.0
    for i in range(size):
        largest = max(largest, gram[i * size + i])
    return largest
