"""Coefficients of an autoregressive model with a constant, as statsmodels' `AutoReg` fits it."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer
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
from feature_platform.features.calculators.lag_gram import lag_gram, lag_sums, largest_square
from feature_platform.features.calculators.least_squares import (
    cholesky,
    minimum_norm,
    reflect,
    substitute,
    svd_room,
)
from feature_platform.features.calculators.moments import MAXIMUM, MEAN, MINIMUM

DEPENDENT = 1e-14
"""A column of which only this part is left beside others is taken to depend on them."""
CUTOFF = 1e-15
"""statsmodels takes singular values below this part of the largest for 0."""

MOST_LAGS = 1024
"""Work space grows with their square."""

TRUSTED_PIVOT = 1e-8
TRUSTED_RANK = 1e-12
"""Above these no singular value comes near the cutoff, and a Gram matrix keeps the digits that parity needs."""


def autoregression_kernel(
    series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch
) -> None:
    """Fit each number of lags in `table` once; then `rows`, (model, coefficient), pick from what was fitted."""
    n = series.x.shape[0]
    for model in range(table.shape[0]):
        lags = int(table[model, 0])
        # As tsfresh: no coefficient where the series is too short, but 0 for the last.
        count = lags
        coefficients = scratch.floats[: lags + 1]
        for i in range(lags + 1):
            coefficients[i] = math.nan
        if n - lags >= lags + 1:
            count = lags + 1
            if math.isfinite(series.moments[MAXIMUM]) and math.isfinite(series.moments[MINIMUM]):
                fit(series.x, series.moments[MEAN], lags, coefficients, scratch.floats[lags + 1 :])
        for k in range(rows.shape[0]):
            if int(rows[k, 0]) != model:
                continue
            wanted = int(rows[k, 1])
            place = wanted if wanted >= 0 else count + wanted
            if wanted > lags:
                out[k] = math.nan
            elif 0 <= place < count:
                out[k] = coefficients[place]
            else:
                out[k] = 0.0


def fit(x: FloatArray, mean: float, lags: int, coefficients: FloatArray, work: FloatArray) -> None:
    """Write the constant and the coefficients of lags 1 to `lags`; `work` has `fit_room` floats."""
    n = x.shape[0]
    size = lags + 1
    centred = work[:n]
    gram = work[n : n + size * size]
    triangle = work[n + size * size : n + 2 * size * size]
    sums = work[n + 2 * size * size : n + 2 * size * size + size]
    rest = work[n + 2 * size * size + size :]
    for i in range(n):
        centred[i] = x[i] - mean
    rows = n - lags
    lag_gram(centred, n, lags, gram, rest)
    lag_sums(centred, n, lags, sums)
    largest = largest_square(gram, size)
    if not largest > 0:
        fit_safely(x, lags, coefficients, work)
        return
    # Lag 0 is what the model explains: it goes last.
    kept = 1.0
    for i in range(size):
        a = (i + 1) % size
        for j in range(i, size):
            b = (j + 1) % size
            triangle[i * size + j] = gram[min(a, b) * size + max(a, b)] - sums[a] * sums[b] / rows
        kept = min(kept, triangle[i * size + i] / largest)
    if not (kept * cholesky(triangle, size) > TRUSTED_PIVOT and far_from_cutoff(triangle, lags, mean, rows)):
        fit_safely(x, lags, coefficients, work)
        return
    substitute(triangle, size, lags, coefficients[1:])
    constant = sums[0] / rows + mean
    for lag in range(1, size):
        constant -= coefficients[lag] * (sums[lag] / rows + mean)
    coefficients[0] = constant


def far_from_cutoff(triangle: FloatArray, lags: int, mean: float, rows: int) -> bool:
    """Whether no singular value of the constant and the lags, not centred, is small beside the largest."""
    if lags == 0:
        return True
    size = lags + 1
    root = math.sqrt(rows)
    spread = triangle[0] / root
    level = math.sqrt(mean * mean + spread * spread)
    smallest = spread / level
    for j in range(lags):
        smallest = min(smallest, triangle[j * size + j] / root)
    return smallest > TRUSTED_RANK * max(1.0, level * math.sqrt(lags))


def fit_safely(x: FloatArray, lags: int, coefficients: FloatArray, work: FloatArray) -> None:
    """The same by reflections and singular values of the columns themselves, for any rank."""
    n = x.shape[0]
    rows, count, size = n - lags, lags + 1, lags + 2
    columns = work[: size * rows]
    triangle = work[size * rows : size * rows + size * size]
    ranks = work[size * rows + size * size : size * rows + size * size + size]
    rest = work[size * rows + size * size + size :]
    for i in range(rows):
        columns[i] = 1.0
    for lag in range(1, count):
        for i in range(rows):
            columns[lag * rows + i] = x[lags + i - lag]
    for i in range(rows):
        columns[count * rows + i] = x[lags + i]
    reflect(columns, rows, size, DEPENDENT, triangle, ranks)
    minimum_norm(triangle, size, count, CUTOFF, rest, coefficients)


def fit_room(length: int, lags: int) -> int:
    """Floats of work space that `fit` needs."""
    size = lags + 2
    return size * max(length, 1) + 2 * size * size + size + svd_room(size)


def _encode(requests: Sequence[Request]) -> Encoded:
    models: dict[int, int] = {}
    rows = []
    for request in requests:
        lags = integer(request, "k", least=0, most=MOST_LAGS)
        rows.append([models.setdefault(lags, len(models)), integer(request, "coeff")])
    return Encoded(np.array(rows, dtype=np.float64), np.array([[lags] for lags in models], dtype=np.float64))


def _power(parameters: Parameters) -> int:
    return 1 if parameters["coeff"] == 0 else 0


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    return max(int(lags) + 1 + fit_room(length, int(lags)) for lags in encoded.table[:, 0]), 0


KERNEL = Kernel(autoregression_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("ar_coefficient", KERNEL, keys=("coeff", "k"), power=_power, extremes=True),)
