"""The regression under the augmented Dickey-Fuller test: differences on the level before them and on their own lags."""

import math

from feature_platform.features.calculators.division import ratio
from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.lag_gram import lag_gram, lag_sums, largest_square
from feature_platform.features.calculators.lagged_products import lagged_products
from feature_platform.features.calculators.least_squares import cholesky, decompose, reflect, smallest_part, svd_room

CONSTANT_OUT, CONSTANT_COLUMN, NO_CONSTANT = range(3)
"""The constant was taken out of all columns; is the first of them; or is missing, since another column is constant."""

CERTAIN, DOUBTFUL = range(2)
RANK, T_VALUE, RESIDUAL = range(3)

TRUSTED_PIVOT = 1e-8
TRUSTED_RESIDUAL = 1e-9
TRUSTED_RANK = 1e-12
"""Below these a Gram matrix loses the digits that parity needs, or singular values come near what is taken for 0."""

DEPENDENT = 1e-14
"""A column of which only this part is left beside others is taken to depend on them."""
CUTOFF = 1e-15
"""statsmodels takes singular values below this part of the largest for 0."""
EPSILON = 2.220446049250313e-16


def largest_lag(length: int) -> int:
    """Schwert's rule, kept below half of the length; negative if the series is too short.

    The rule is 12 times the fourth root of a hundredth of the length, rounded up. In whole numbers, since a power on
    another processor may lie above the whole number that it should be.
    """
    lag = 0
    while 25 * lag * lag * lag * lag < 5184 * length:
        lag += 1
    return min(length // 2 - 2, lag)


def room(length: int) -> int:
    """Floats of work space that `fit_differences` and `last_t_value` need for any number of lags."""
    size = max(largest_lag(length), 0) + 3
    return (size + 3) * length + 4 * size * size + 4 * size + svd_room(size)


def fit_differences(x: FloatArray, mean: float, lags: int, level: int, work: FloatArray) -> int:
    """Write the triangle of the regression (see `least_squares.py`) to `work`, after it the columns' ranks and a flag.

    The flag is `DOUBTFUL` where statsmodels may take a singular value for 0 that is not.

    Its columns are a constant, where the result says so; the lags, with the level before them (`level` is 0) or after
    them (`level` is `lags`); and the difference, which they explain.
    """
    n = x.shape[0]
    size = lags + 2
    observations = n - 1 - lags
    triangle = work[: size * size]
    ranks = work[size * size : size * size + size]
    differences = work[size * size + size : size * size + size + n]
    rest = work[size * size + size + n :]
    for i in range(n - 1):
        differences[i] = x[i + 1] - x[i]
    kept = centred_gram(x, mean, differences, lags, level, triangle, rest)
    whole = triangle[size * size - 1]
    if (
        kept * cholesky(triangle, size) > TRUSTED_PIVOT
        and triangle[size * size - 1] > TRUSTED_RESIDUAL * whole
        and far_from_cutoff(triangle, size, mean, level, observations)
    ):
        for j in range(size - 1):
            ranks[j] = j + 1
        ranks[size - 1] = CERTAIN
        return CONSTANT_OUT
    return reflected(x, lags, level, work)


def centred_gram(
    x: FloatArray,
    mean: float,
    differences: FloatArray,
    lags: int,
    level: int,
    triangle: FloatArray,
    work: FloatArray,
) -> float:
    """Fill the Gram matrix of the centred columns; returns the smallest part that differences left of a square."""
    n = x.shape[0]
    count = n - 1
    terms = lags + 1
    size = lags + 2
    rows = count - lags
    gram = work[: terms * terms]
    sums = work[terms * terms : terms * terms + terms]
    products = work[terms * terms + terms : terms * terms + 2 * terms]
    levels = work[terms * terms + 2 * terms : terms * terms + 2 * terms + n]
    for i in range(n):
        levels[i] = x[i] - mean
    lag_gram(differences, count, lags, gram, products)
    lag_sums(differences, count, lags, sums)
    lagged_products(levels[lags:], differences, rows, terms, products)
    level_sum, level_square = 0.0, 0.0
    for t in range(lags, count):
        level_sum += levels[t]
        level_square += levels[t] * levels[t]
    largest = largest_square(gram, terms)
    kept = 1.0
    # Lag 0 is the difference itself, which goes last.
    for i in range(terms):
        a = (i + 1) % terms
        row = place(a, lags, level)
        for j in range(i, terms):
            b = (j + 1) % terms
            product = gram[min(a, b) * terms + max(a, b)] - sums[a] * sums[b] / rows
            triangle[row * size + place(b, lags, level)] = product
        kept = min(kept, ratio(triangle[row * size + row], largest))
        triangle[min(row, level) * size + max(row, level)] = products[lags - a] - level_sum * sums[a] / rows
    triangle[level * size + level] = level_square - level_sum * level_sum / rows
    return min(kept, ratio(triangle[level * size + level], level_square))


def place(lag: int, lags: int, level: int) -> int:
    """Which column a lag of the differences is, beside the level at `level`; the difference itself is the last."""
    if lag == 0:
        return lags + 1
    return lag if level == 0 else lag - 1


def far_from_cutoff(triangle: FloatArray, size: int, mean: float, level: int, rows: int) -> bool:
    """Whether no singular value of the columns, not centred, is small beside the largest."""
    root = math.sqrt(rows)
    spread = 0.0
    for i in range(level + 1):
        spread += triangle[i * size + level] * triangle[i * size + level]
    spread = math.sqrt(spread) / root
    height = math.sqrt(mean * mean + spread * spread)
    smallest = spread / height
    for j in range(size - 1):
        smallest = min(smallest, triangle[j * size + j] / root)
    return smallest > TRUSTED_RANK * max(1.0, height)


def reflected(x: FloatArray, lags: int, level: int, work: FloatArray) -> int:
    """The same by reflections of the columns themselves, for any rank."""
    n = x.shape[0]
    rows = n - 1 - lags
    # As statsmodels' `add_trend`: no constant is added to columns of which one is constant.
    constants = 0 if has_constant_column(x, lags) else 1
    size = constants + lags + 2
    triangle = work[: size * size]
    ranks = work[size * size : size * size + size]
    columns = work[size * size + size :]
    for i in range(constants * rows):
        columns[i] = 1.0
    for i in range(rows):
        columns[(constants + level) * rows + i] = x[lags + i]
    for lag in range(lags + 1):
        start = (constants + place(lag, lags, level)) * rows
        for i in range(rows):
            columns[start + i] = x[lags + i - lag + 1] - x[lags + i - lag]
    reflect(columns, rows, size, DEPENDENT, triangle, ranks)
    ranks[size - 1] = CERTAIN
    if ranks[size - 2] == size - 1 and not smallest_part(triangle, size, size - 1, columns) > TRUSTED_RANK:
        ranks[size - 1] = DOUBTFUL
    return CONSTANT_COLUMN if constants == 1 else NO_CONSTANT


def has_constant_column(x: FloatArray, lags: int) -> bool:
    """Whether the level, or one of the lags of the differences, has one value only, other than 0."""
    n = x.shape[0]
    for lag in range(lags + 1):
        first = x[lags] if lag == 0 else x[lags - lag + 1] - x[lags - lag]
        if first == 0:
            continue
        constant = True
        for t in range(lags, n - 1):
            value = x[t] if lag == 0 else x[t - lag + 1] - x[t - lag]
            if value != first:
                constant = False
                break
        if constant:
            return True
    return False


def explain(
    triangle: FloatArray, size: int, columns: int, residual: float, observations: int, work: FloatArray, fit: FloatArray
) -> None:
    """Write to `fit` the rank of a triangle's first `columns`, the t-value of the last, and the square they leave.

    `residual` is the square of what lies beyond the rows of these columns; `observations` are less by the constant if
    that was taken out; `work` has `svd_room(columns)` floats.
    """
    last = columns - 1
    ranks = size * size
    rank = int(triangle[ranks + last])
    if rank == columns and triangle[ranks + size - 1] == CERTAIN:
        explained = triangle[last * size + size - 1]
        t = ratio(explained, math.sqrt(residual / (observations - columns)))
        fit[T_VALUE] = t if triangle[last * size + last] > 0 else -t
    else:
        # Singular values that are dropped leave more unexplained, but for those of columns that depend on others.
        distinct, kept, rank = rank, 0, 0
        largest = decompose(triangle, size, columns, work)
        coefficient, variance, unexplained = 0.0, 0.0, 0.0
        for i in range(distinct):
            unexplained += triangle[i * size + size - 1] * triangle[i * size + size - 1]
        for p in range(columns):
            square = work[2 * columns * columns + p]
            if math.sqrt(square) > columns * EPSILON * math.sqrt(largest):
                rank += 1
            if math.sqrt(square) > CUTOFF * math.sqrt(largest):
                weight = 0.0
                for i in range(columns):
                    weight += work[p * columns + i] * triangle[i * size + size - 1]
                vector = work[columns * columns + p * columns + last]
                kept += 1
                coefficient += weight / square * vector
                variance += vector * vector / square
                unexplained -= weight * weight / square
        if kept < distinct:
            residual += max(unexplained, 0.0)
        fit[T_VALUE] = ratio(coefficient, math.sqrt(variance * residual / (observations - rank)))
    fit[RANK] = rank
    fit[RESIDUAL] = residual
