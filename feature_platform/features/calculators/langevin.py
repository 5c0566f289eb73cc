"""Friedrich's polynomial of the drift in a Langevin model: its coefficients and its largest fixed point."""

import math
from collections.abc import Sequence
from numbers import Integral

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
    to_the,
)
from feature_platform.features.calculators.least_squares import (
    minimum_norm,
    reflect,
    smallest_part,
    substitute,
    svd_room,
)
from feature_platform.features.calculators.moments import MAXIMUM, MINIMUM
from feature_platform.features.calculators.quantiles import sorted_quantile
from feature_platform.features.calculators.roots import largest_real_part

DEGREE, BINS, WITH_ROOT, LEVELS = range(4)
FIXED_POINT = -1

HIGHEST = 16
"""Of a higher degree numpy's own fit is rounding noise."""
MOST_BINS = 2**16
"""Work space grows with the bins times the degree."""

EPSILON = 2.220446049250313e-16
WELL_CONDITIONED = 1e-9
"""Above this ratio of singular values the solution by substitution has the digits that parity needs."""


def langevin_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """Fit each model of `table`, (degree, bins, with root, levels); `rows`, (model, coefficient), pick from them."""
    finite = math.isfinite(series.moments[MAXIMUM]) and math.isfinite(series.moments[MINIMUM])
    for model in range(table.shape[0]):
        degree, bins = int(table[model, DEGREE]), int(table[model, BINS])
        coefficients = scratch.floats[: degree + 1]
        work = scratch.floats[degree + 1 :]
        for i in range(degree + 1):
            coefficients[i] = math.nan
        root = math.nan
        if finite and series.x.shape[0] > 1:
            points = drift(series, bins, table[model, LEVELS:], work)
            if points > 0:
                fit_polynomial(work, points, bins, degree, coefficients)
                if table[model, WITH_ROOT] == 1:
                    root = largest_real_part(coefficients, degree + 1, work)
        for k in range(rows.shape[0]):
            if int(rows[k, 0]) == model:
                wanted = int(rows[k, 1])
                if wanted == FIXED_POINT:
                    out[k] = root
                else:
                    out[k] = coefficients[wanted] if wanted <= degree else math.nan


def drift(series: Series, bins: int, levels: FloatArray, work: FloatArray) -> int:
    """Mean value and mean change of the values in each bin between quantiles, as pandas' `qcut` cuts them.

    Writes the means to `work[:points]` and `work[bins:bins + points]`; no points if two quantiles are equal.
    """
    x, n = series.x, series.x.shape[0]
    counts = work[2 * bins : 3 * bins]
    value_errors = work[3 * bins : 4 * bins]
    change_errors = work[4 * bins : 5 * bins]
    edges = work[5 * bins : 6 * bins + 1]
    earlier = work[6 * bins + 1 : 6 * bins + n]
    values, changes = work[:bins], work[bins : 2 * bins]
    without_one(series.ordered, x[n - 1], earlier)
    for k in range(bins + 1):
        edges[k] = sorted_quantile(earlier, levels[k])
        if k > 0 and bins > 1 and edges[k] == edges[k - 1]:
            return 0
    for k in range(bins):
        values[k] = 0.0
        changes[k] = 0.0
        counts[k] = 0.0
        value_errors[k] = 0.0
        change_errors[k] = 0.0
    for t in range(n - 1):
        value = x[t]
        k = max(count_below(edges, bins + 1, value) - 1, 0)
        counts[k] += 1.0
        add_compensated(values, value_errors, k, value)
        add_compensated(changes, change_errors, k, x[t + 1] - value)
    points = 0
    for k in range(bins):
        if counts[k] > 0:
            values[points] = values[k] / counts[k]
            changes[points] = changes[k] / counts[k]
            points += 1
    return points


def without_one(ordered: FloatArray, value: float, rest: FloatArray) -> None:
    """Copy sorted values but for one that is equal to `value`."""
    place = count_below(ordered, ordered.shape[0], value)
    for i in range(place):
        rest[i] = ordered[i]
    for i in range(place, rest.shape[0]):
        rest[i] = ordered[i + 1]


def count_below(ordered: FloatArray, count: int, value: float) -> int:
    """How many of sorted values are less than `value`, by halving in steps that no branch depends on."""
    below = 0
    while count > 1:
        half = count // 2
        below += half if ordered[below + half - 1] < value else 0
        count -= half
    return below + (1 if ordered[below] < value else 0)


def add_compensated(sums: FloatArray, errors: FloatArray, k: int, value: float) -> None:
    """Kahan's summation, as pandas adds up groups."""
    corrected = value - errors[k]
    total = sums[k] + corrected
    errors[k] = total - sums[k] - corrected
    sums[k] = total


def fit_polynomial(work: FloatArray, points: int, bins: int, degree: int, coefficients: FloatArray) -> None:
    """`numpy.polyfit` of the points that `drift` left in `work`."""
    x, y = work[:points], work[bins : bins + points]
    count, size = degree + 1, degree + 2
    scales = work[2 * bins : 2 * bins + count]
    columns = work[2 * bins + count : 2 * bins + count + size * points]
    triangle = work[2 * bins + count + size * points : 2 * bins + count + size * points + size * size]
    ranks = work[2 * bins + count + size * points + size * size : 2 * bins + count + size * points + size * size + size]
    rest = work[2 * bins + count + size * points + size * size + size :]
    for i in range(points):
        power = 1.0
        for j in range(degree, -1, -1):
            columns[j * points + i] = power
            power *= x[i]
        columns[count * points + i] = y[i]
    for j in range(count):
        square = 0.0
        for i in range(points):
            square += columns[j * points + i] * columns[j * points + i]
        scales[j] = math.sqrt(square)
        if not 0 < scales[j] < math.inf:
            return
        for i in range(points):
            columns[j * points + i] /= scales[j]
    reflect(columns, points, size, 0.0, triangle, ranks)
    if ranks[degree] == count and smallest_part(triangle, size, count, rest) > WELL_CONDITIONED:
        substitute(triangle, size, count, coefficients)
    else:
        minimum_norm(triangle, size, count, points * EPSILON, rest, coefficients)
    for j in range(count):
        coefficients[j] /= scales[j]


def _encode(requests: Sequence[Request]) -> Encoded:
    models: dict[tuple[int, int], int] = {}
    rooted = set()
    rows = []
    for request in requests:
        key = integer(request, "m", least=1, most=HIGHEST), integer(request, "r", least=1, most=MOST_BINS)
        model = models.setdefault(key, len(models))
        if request.calculator == "friedrich_coefficients":
            rows.append([model, integer(request, "coeff", least=0)])
        else:
            rows.append([model, FIXED_POINT])
            rooted.add(model)
    table = np.zeros((len(models), LEVELS + 1 + max(bins for _, bins in models)))
    for (degree, bins), model in models.items():
        table[model, :LEVELS] = degree, bins, model in rooted
        table[model, LEVELS : LEVELS + bins + 1] = quantile_levels(bins)
    return Encoded(np.array(rows, dtype=np.float64), table)


def quantile_levels(bins: int) -> FloatArray:
    """Levels of the quantiles between bins as pandas' `qcut` has them: up to the next float where not exact."""
    levels = np.linspace(0, 1, bins + 1)
    inexact = bins * levels != np.arange(bins + 1)
    return np.where(inexact, np.nextafter(levels, 1), levels)


def _beyond(parameters: Parameters) -> str | None:
    bins = parameters["r"]
    return None if isinstance(bins, Integral) and int(bins) > 0 else "r is no whole number above 0"


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    room = 0
    for degree, bins in encoded.table[:, :WITH_ROOT].astype(int).tolist():
        size = degree + 2
        binning = 6 * bins + 1 + length
        fitting = 2 * bins + 2 * size + size * bins + size * size + svd_room(size)
        room = max(room, size + max(binning, fitting, 3 * size))
    return room, 0


def _power(parameters: Parameters) -> int:
    """The change, of the series' unit, over a power of the value."""
    return 1 - (parameters["m"] - parameters["coeff"])


KERNEL = Kernel(langevin_kernel, encode=_encode, needs=frozenset({"ordered"}), scratch=_scratch)

CALCULATORS = (
    Calculator("friedrich_coefficients", KERNEL, keys=("coeff", "m", "r"), beyond=_beyond, power=_power),
    Calculator("max_langevin_fixed_point", KERNEL, keys=("m", "r"), beyond=_beyond, power=to_the(1)),
)
