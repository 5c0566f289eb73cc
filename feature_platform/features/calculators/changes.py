"""How the values change from one to the next, and products of values some steps apart."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer, refused
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
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
from feature_platform.features.calculators.moments import DEVIATION, MEAN
from feature_platform.features.calculators.summation import pairwise_sum

(
    MEAN_CHANGE,
    MEAN_ABS_CHANGE,
    SUM_OF_CHANGES,
    SECOND_DERIVATIVE,
    COMPLEXITY,
    NORMALISED_COMPLEXITY,
    C3,
    TIME_REVERSAL,
) = range(8)


def changes_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """One value for each row of opcode and lag."""
    x, moments = series.x, series.moments
    n = x.shape[0]
    for k in range(rows.shape[0]):
        code = int(rows[k, 0])
        value = math.nan
        if code == MEAN_CHANGE:
            if n > 1:
                value = (x[n - 1] - x[0]) / (n - 1)
        elif code == MEAN_ABS_CHANGE:
            if n > 1:
                value = sum_of_changes(x, scratch) / (n - 1)
        elif code == SUM_OF_CHANGES:
            value = sum_of_changes(x, scratch)
        elif code == SECOND_DERIVATIVE:
            if n > 2:
                value = (x[n - 1] - x[n - 2] - x[1] + x[0]) / (2 * (n - 2))
        elif code == COMPLEXITY:
            value = complexity(x, 0.0, 1.0, scratch)
        elif code == NORMALISED_COMPLEXITY:
            value = 0.0
            if moments[DEVIATION] != 0:
                value = complexity(x, moments[MEAN], moments[DEVIATION], scratch)
        elif code == C3:
            value = lagged_product(x, int(rows[k, 1]), scratch)
        elif code == TIME_REVERSAL:
            value = time_reversal(x, int(rows[k, 1]), scratch)
        out[k] = value


def sum_of_changes(x: FloatArray, scratch: Scratch) -> float:
    """Sum of absolute changes; 0 for a single value."""
    n = x.shape[0]
    for i in range(n - 1):
        scratch.floats[i] = abs(x[i + 1] - x[i])
    return pairwise_sum(scratch.floats, 0, n - 1, scratch.stack)


def complexity(x: FloatArray, centre: float, scale: float, scratch: Scratch) -> float:
    """The length of the line through the values, centred and scaled: Batista, Wang and Keogh's CE."""
    n = x.shape[0]
    for i in range(n - 1):
        change = (x[i + 1] - centre) / scale - (x[i] - centre) / scale
        scratch.floats[i] = change * change
    return math.sqrt(pairwise_sum(scratch.floats, 0, n - 1, scratch.stack))


def lagged_product(x: FloatArray, lag: int, scratch: Scratch) -> float:
    """Mean product of a value and those one and two lags later: Schreiber and Schmitz' C3."""
    count = x.shape[0] - 2 * lag
    if count <= 0:
        return 0.0
    late, middle = x[2 * lag :], x[lag:]
    for i in range(count):
        scratch.floats[i] = late[i] * middle[i] * x[i]
    return pairwise_sum(scratch.floats, 0, count, scratch.stack) / count


def time_reversal(x: FloatArray, lag: int, scratch: Scratch) -> float:
    """Mean of what the cubic products of lagged values lose when time runs backwards."""
    count = x.shape[0] - 2 * lag
    if count <= 0:
        return 0.0
    late, middle = x[2 * lag :], x[lag:]
    for i in range(count):
        scratch.floats[i] = late[i] * late[i] * middle[i] - middle[i] * x[i] * x[i]
    return pairwise_sum(scratch.floats, 0, count, scratch.stack) / count


OPCODES = {
    "mean_change": MEAN_CHANGE,
    "mean_abs_change": MEAN_ABS_CHANGE,
    "absolute_sum_of_changes": SUM_OF_CHANGES,
    "mean_second_derivative_central": SECOND_DERIVATIVE,
    "cid_ce": COMPLEXITY,
    "c3": C3,
    "time_reversal_asymmetry_statistic": TIME_REVERSAL,
}
LONGEST = 2**40
"""No series is longer, so lags beyond give 0 as well."""
LAGGED = ("c3", "time_reversal_asymmetry_statistic")


def _encode(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([_row(request) for request in requests], dtype=np.float64), NO_TABLE)


def _row(request: Request) -> tuple[int, int]:
    name = request.calculator
    if name in LAGGED:
        return OPCODES[name], min(integer(request, "lag"), LONGEST)
    if name == "cid_ce" and _truth(request, "normalize"):
        return NORMALISED_COMPLEXITY, 0
    return OPCODES[name], 0


def _truth(request: Request, key: str) -> bool:
    try:
        return bool(request.parameters[key])
    except ValueError as error:
        raise refused(request, key, "true or false") from error


def _beyond(parameters: Parameters) -> str | None:
    lag = parameters["lag"]
    return "a negative lag" if isinstance(lag, int | np.integer) and lag < 0 else None


def _complexity_power(parameters: Parameters) -> int:
    return 0 if parameters["normalize"] else 1


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return length, 0


KERNEL = Kernel(changes_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (
    *(Calculator(name, KERNEL, power=to_the(1)) for name in tuple(OPCODES)[:4]),
    Calculator("cid_ce", KERNEL, keys=("normalize",), power=_complexity_power),
    *(Calculator(name, KERNEL, keys=("lag",), beyond=_beyond, power=to_the(3)) for name in LAGGED),
)
