"""Straight lines through a series by least squares: over its values, its times, or chunks of it."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from scipy import special

from feature_platform.features.calculators.aggregates import METHODS, UNIT_POWERS, aggregate, chunk_count
from feature_platform.features.calculators.arguments import integer, place
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
from feature_platform.features.calculators.summation import pairwise_sum

OVER_INDEX, OVER_HOURS, OVER_CHUNKS = range(3)
SLOPE, INTERCEPT, RVALUE, PVALUE, STDERR, INTERCEPT_STDERR = range(6)
RESULTS = 6
ATTRIBUTES = ("slope", "intercept", "rvalue", "pvalue", "stderr", "intercept_stderr")

TINY = 1e-20
"""What scipy adds so that Student's t of a perfect fit stays finite."""

POWERLESS: Mapping[str, int] = MappingProxyType({"rvalue": 0, "pvalue": 0})


def trend_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """Fit each line of `table` once; then `rows`, (line, attribute), pick from what was fitted.

    A p-value leaves as Student's t: `_p_values` makes one of it.
    """
    x = series.x
    n = x.shape[0]
    positions = scratch.floats[:n]
    chunks = scratch.floats[n : 2 * n]
    work = scratch.floats[2 * n : 3 * n]
    fits = scratch.floats[3 * n :]
    for i in range(n):
        positions[i] = i
    for line in range(table.shape[0]):
        kind, length, code = int(table[line, 0]), int(table[line, 1]), int(table[line, 2])
        fit = fits[RESULTS * line : RESULTS * line + RESULTS]
        if kind == OVER_INDEX:
            regress(positions, x, n, fit, scratch.stack)
        elif kind == OVER_HOURS:
            regress(series.hours, x, n, fit, scratch.stack)
        elif length >= n:
            for i in range(RESULTS):
                fit[i] = math.nan
        else:
            aggregate(code, x, n, length, chunks, work, scratch.stack)
            regress(positions, chunks, chunk_count(n, length), fit, scratch.stack)
    for k in range(rows.shape[0]):
        out[k] = fits[RESULTS * int(rows[k, 0]) + int(rows[k, 1])]


def regress(x: FloatArray, y: FloatArray, n: int, fit: FloatArray, stack: FloatArray) -> None:
    """`scipy.stats.linregress` of the first `n` points; in the place of the p-value Student's t, but for two points."""
    x_mean = pairwise_sum(x, 0, n, stack) / n
    y_mean = pairwise_sum(y, 0, n, stack) / n
    xx, xy, yy = 0.0, 0.0, 0.0
    for i in range(n):
        dx = x[i] - x_mean
        dy = y[i] - y_mean
        xx += dx * dx
        xy += dx * dy
        yy += dy * dy
    weight = 1.0 / n
    xx *= weight
    xy *= weight
    yy *= weight
    if xx == 0 or yy == 0:
        r = math.nan if xy == 0 else 0.0
    else:
        r = xy / math.sqrt(xx * yy)
        if r > 1:
            r = 1.0
        elif r < -1:
            r = -1.0
    slope = xy / xx if xx != 0 else math.nan
    fit[SLOPE] = slope
    fit[INTERCEPT] = y_mean - slope * x_mean
    fit[RVALUE] = r
    if n == 2:
        fit[PVALUE] = 1.0 if y[0] == y[1] else 0.0
        fit[STDERR] = 0.0
        fit[INTERCEPT_STDERR] = 0.0
    elif n == 1 or xx == 0:
        fit[PVALUE] = math.nan
        fit[STDERR] = math.nan
        fit[INTERCEPT_STDERR] = math.nan
    else:
        freedom = n - 2.0
        fit[PVALUE] = r * math.sqrt(freedom / ((1.0 - r + TINY) * (1.0 + r + TINY)))
        stderr = math.sqrt((1.0 - r * r) * yy / xx / freedom)
        fit[STDERR] = stderr
        fit[INTERCEPT_STDERR] = stderr * math.sqrt(xx + x_mean * x_mean)


def _encode(requests: Sequence[Request]) -> Encoded:
    lines: dict[tuple[int, int, int], int] = {}
    rows = []
    for request in requests:
        line = _line(request)
        rows.append([lines.setdefault(line, len(lines)), place(request, "attr", ATTRIBUTES)])
    return Encoded(np.array(rows, dtype=np.float64), np.array(list(lines), dtype=np.float64))


def _line(request: Request) -> tuple[int, int, int]:
    if request.calculator == "linear_trend":
        return OVER_INDEX, 0, 0
    if request.calculator == "linear_trend_timewise":
        return OVER_HOURS, 0, 0
    return OVER_CHUNKS, integer(request, "chunk_len", least=1), place(request, "f_agg", METHODS)


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    return 3 * length + RESULTS * len(encoded.table), 0


def _p_values(values: FloatArray, length: int, encoded: Encoded) -> None:
    """Turn Student's t into the two-sided p-value, as scipy does it."""
    lines = encoded.table[encoded.rows[:, 0].astype(int)]
    over_chunks = lines[:, 0] == OVER_CHUNKS
    points = np.where(over_chunks, np.ceil(length / np.maximum(lines[:, 1], 1)), length)
    wanted = (encoded.rows[:, 1] == PVALUE) & (points != 2)
    values[:, wanted] = 2 * special.stdtr(points[wanted] - 2, -np.abs(values[:, wanted]))


def _power(parameters: Parameters) -> int:
    unit = UNIT_POWERS.get(parameters.get("f_agg", "mean"), 1)
    return POWERLESS.get(parameters["attr"], unit)


KERNEL = Kernel(trend_kernel, encode=_encode, needs=frozenset(), scratch=_scratch, finish=_p_values)
TIMED = Kernel(trend_kernel, encode=_encode, needs=frozenset({"hours"}), scratch=_scratch, finish=_p_values)
"""The same function for lines over times, so that a plan without them asks for no times."""

CALCULATORS = (
    Calculator("linear_trend", KERNEL, keys=("attr",), power=_power, extremes=True),
    Calculator("linear_trend_timewise", TIMED, keys=("attr",), power=_power, extremes=True),
    Calculator("agg_linear_trend", KERNEL, keys=("attr", "chunk_len", "f_agg"), power=_power, extremes=True),
)
