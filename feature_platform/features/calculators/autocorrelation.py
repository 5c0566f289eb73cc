"""How a series resembles itself some steps later: autocorrelations, plain, aggregated and partial."""

import math
from collections.abc import Sequence
from numbers import Integral

import numpy as np

from feature_platform.features.calculators.aggregates import ARGMAX, ARGMIN, FUNCTIONS, pick
from feature_platform.features.calculators.arguments import integer, refused
from feature_platform.features.calculators.division import ratio
from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.lagged_products import lagged_products
from feature_platform.features.calculators.moments import MEAN, VARIANCE

AT_LAG, AGGREGATED, PARTIAL = range(3)
OPCODES = {"autocorrelation": AT_LAG, "agg_autocorrelation": AGGREGATED, "partial_autocorrelation": PARTIAL}
CODE, LAG, AGGREGATE = range(3)

NEARBY = 64
"""Up to this lag all autocovariances are computed at once; single ones beyond it one by one."""

CLOSE_TO_ZERO = 1e-8
"""What `numpy.isclose` takes a variance for 0 by."""
NEGLIGIBLE = 1e-10
"""Below this variance tsfresh takes all autocorrelations that it aggregates for 0."""


def autocorrelation_kernel(
    series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch
) -> None:
    """Values of `rows`, (opcode, lag or number of lags, aggregate), from sums of lagged products that they share.

    `table` holds the largest lag whose sum is shared, and the largest of the partial ones.
    """
    x, variance = series.x, series.moments[VARIANCE]
    n = x.shape[0]
    lags = min(int(table[0, 0]), n - 1) + 1
    partial_lags = largest_partial_lag(n, int(table[0, 1])) + 1
    # As many zeros follow the deviations as there are lags: so every sum may run over all of them.
    deviations = scratch.floats[: n + lags]
    sums = scratch.floats[n + lags : n + 2 * lags]
    correlations = scratch.floats[n + 2 * lags : 2 * n + 3 * lags]
    work = scratch.floats[2 * n + 3 * lags : 3 * n + 4 * lags]
    partial = scratch.floats[3 * n + 4 * lags :]
    for i in range(n):
        deviations[i] = x[i] - series.moments[MEAN]
    for i in range(lags):
        deviations[n + i] = 0.0
    lagged_products(deviations, deviations, n, lags, sums)

    aggregated = n if variance < NEGLIGIBLE or n == 1 else lags - 1
    if aggregated == n:
        for i in range(n):
            correlations[i] = 0.0
    else:
        for lag in range(1, lags):
            correlations[lag - 1] = ratio(sums[lag] / (n - lag), sums[0] / n)
    partial_autocorrelations(sums, n, partial_lags, partial, work)

    for k in range(rows.shape[0]):
        code, lag = int(rows[k, CODE]), int(rows[k, LAG])
        value = math.nan
        if code == AT_LAG:
            if lag < n and not variance <= CLOSE_TO_ZERO:
                total = sums[lag] if lag < lags else product_at(deviations, n, lag)
                value = total / ((n - lag) * variance)
        elif code == AGGREGATED:
            value = aggregate_any(int(rows[k, AGGREGATE]), correlations, min(lag, aggregated), work, scratch.stack)
        elif lag < partial_lags:
            value = partial[lag]
        out[k] = value


def largest_partial_lag(length: int, wanted: int) -> int:
    """The largest lag that a partial autocorrelation is computed for, below half of the length; -1 for none."""
    lag = wanted if wanted < length // 2 else length // 2 - 1
    return lag if lag > 0 else -1


def product_at(deviations: FloatArray, n: int, lag: int) -> float:
    """Sum of the products of values `lag` apart."""
    total = 0.0
    for i in range(n - lag):
        total += deviations[i] * deviations[i + lag]
    return total


def aggregate_any(code: int, values: FloatArray, count: int, work: FloatArray, stack: FloatArray) -> float:
    """An aggregate as numpy's functions make it of values with NaN among them."""
    for i in range(count):
        if math.isnan(values[i]):
            return float(i) if code in (ARGMAX, ARGMIN) else math.nan
    return pick(code, values, 0, count, work, stack)


def partial_autocorrelations(sums: FloatArray, n: int, count: int, partial: FloatArray, work: FloatArray) -> None:
    """Partial autocorrelations below lag `count` by the recursion of Levinson and Durbin, as statsmodels' `pacf`.

    Autocovariances are `sums` over the number of pairs; `work` has room for `2 * count` values.
    """
    if count < 2:
        return
    coefficients = work[:count]
    earlier = work[count : 2 * count]
    partial[0] = 1.0
    first = sums[1] / (n - 1)
    variance = sums[0] / n
    coefficients[1] = ratio(first, variance)
    partial[1] = coefficients[1]
    variance -= coefficients[1] * first
    for k in range(2, count):
        explained = 0.0
        for j in range(1, k):
            earlier[j] = coefficients[j]
            explained += coefficients[j] * (sums[k - j] / (n - k + j))
        partial[k] = ratio(sums[k] / (n - k) - explained, variance)
        for j in range(1, k):
            coefficients[j] = earlier[j] - partial[k] * earlier[k - j]
        coefficients[k] = partial[k]
        variance *= 1.0 - partial[k] * partial[k]


def _encode(requests: Sequence[Request]) -> Encoded:
    rows = [_row(request) for request in requests]
    shared = [lag for code, lag, _ in rows if code != AT_LAG or lag <= NEARBY]
    partial = [lag for code, lag, _ in rows if code == PARTIAL]
    return Encoded(
        np.array(rows, dtype=np.float64), np.array([[max(shared, default=0), max(partial, default=0)]], float)
    )


def _row(request: Request) -> tuple[int, int, int]:
    code = OPCODES[request.calculator]
    if code != AGGREGATED:
        return code, integer(request, "lag", least=0), 0
    name = request.parameters["f_agg"]
    if not isinstance(name, str) or name not in FUNCTIONS:
        raise refused(request, "f_agg", "the name of a numpy function")
    return code, integer(request, "maxlag", least=1), FUNCTIONS[name]


def _beyond_aggregates(parameters: Parameters) -> str | None:
    name, lags = parameters["f_agg"], parameters["maxlag"]
    if not isinstance(name, str):
        return None
    if name not in FUNCTIONS and hasattr(np, name):
        return f"aggregate {name} has no kernel of its own"
    return None if isinstance(lags, Integral) and int(lags) > 0 else "maxlag is no whole number above 0"


def _beyond_partial(parameters: Parameters) -> str | None:
    lag = parameters["lag"]
    return "a negative lag counts from the largest" if isinstance(lag, Integral) and int(lag) < 0 else None


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    lags = min(int(encoded.table[0, 0]), length - 1) + 1
    partial = largest_partial_lag(length, int(encoded.table[0, 1])) + 1
    return 3 * length + 4 * lags + partial, 0


KERNEL = Kernel(autocorrelation_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (
    Calculator("autocorrelation", KERNEL, keys=("lag",)),
    Calculator("agg_autocorrelation", KERNEL, keys=("f_agg", "maxlag"), beyond=_beyond_aggregates),
    Calculator("partial_autocorrelation", KERNEL, keys=("lag",), beyond=_beyond_partial),
)
