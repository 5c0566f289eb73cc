"""The augmented Dickey-Fuller test for a unit root, as statsmodels' `adfuller` makes it with a constant."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import refused
from feature_platform.features.calculators.dickey_fuller import (
    CERTAIN,
    CONSTANT_COLUMN,
    CONSTANT_OUT,
    RANK,
    RESIDUAL,
    T_VALUE,
    explain,
    fit_differences,
    largest_lag,
    room,
)
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
from feature_platform.features.calculators.moments import MAXIMUM, MEAN, MINIMUM

AKAIKE, BAYES, T_STATISTIC, ALL_LAGS, UNKNOWN = range(5)
METHODS = ("aic", "bic", "t-stat")
ATTRIBUTES = ("teststat", "pvalue", "usedlag")
RESULTS = 3
NO_ATTRIBUTE = -1

SIGNIFICANT = 1.6448536269514722
"""The 95 % quantile of the normal distribution, by which lags are kept."""


def stationarity_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """Test once for each way of choosing the lags in `table`; then `rows`, (way, attribute), pick from the results."""
    low, high = series.moments[MINIMUM], series.moments[MAXIMUM]
    lags = largest_lag(series.x.shape[0])
    for way in range(table.shape[0]):
        method = int(table[way, 0])
        statistic, used = math.nan, math.nan
        if method != UNKNOWN and lags >= 0 and low < high and math.isfinite(high - low):
            best = lags
            if method != ALL_LAGS:
                best = best_lag(series.x, series.moments[MEAN], lags, method, scratch.floats)
            statistic = level_statistic(series.x, series.moments[MEAN], best, scratch.floats)
            used = float(best)
        for k in range(rows.shape[0]):
            if int(rows[k, 0]) == way:
                attribute = int(rows[k, 1])
                if attribute == 0:
                    out[k] = statistic
                elif attribute == 1:
                    out[k] = p_value(statistic)
                else:
                    out[k] = used if attribute == 2 else math.nan


def best_lag(x: FloatArray, mean: float, lags: int, method: int, work: FloatArray) -> int:
    """The number of lags that an information criterion, or the t-value of the last of them, chooses."""
    observations = x.shape[0] - 1 - lags
    way = fit_differences(x, mean, lags, 0, work)
    first = 2 if way == CONSTANT_COLUMN else 1
    size = first + lags + 1
    ranks = work[size * size : size * size + size]
    hidden = 1 if way == CONSTANT_OUT else 0
    residual = work[size * size - 1]
    place = size - 2
    fit = work[size * size + size : size * size + size + 3]
    rest = work[size * size + size + 3 :]
    certain = ranks[size - 1] == CERTAIN
    best, lowest = 0, math.inf
    for lag in range(lags, -1, -1):
        columns = first + lag
        rank = int(ranks[columns - 1])
        while place >= rank:
            residual += work[place * size + size - 1] * work[place * size + size - 1]
            place -= 1
        fit[RANK] = rank
        fit[RESIDUAL] = residual
        if method == T_STATISTIC or not certain:
            explain(work, size, columns, residual, observations - hidden, rest, fit)
        if method == T_STATISTIC:
            if abs(fit[T_VALUE]) >= SIGNIFICANT:
                return lag
        else:
            weight = 2.0 if method == AKAIKE else math.log(observations)
            criterion = -2.0 * log_likelihood(fit[RESIDUAL], observations) + weight * (fit[RANK] + hidden)
            if criterion <= lowest:
                best, lowest = lag, criterion
    return best


def log_likelihood(residual: float, observations: int) -> float:
    """Of a linear model with normal errors, given the sum of its squared residuals."""
    half = observations / 2.0
    if residual == 0:
        return math.inf
    return -half * math.log(2 * math.pi) - half * math.log(residual / observations) - half


def level_statistic(x: FloatArray, mean: float, lags: int, work: FloatArray) -> float:
    """The t-value of the level beside so many lags of the differences."""
    observations = x.shape[0] - 1 - lags
    way = fit_differences(x, mean, lags, lags, work)
    columns = lags + (2 if way == CONSTANT_COLUMN else 1)
    size = columns + 1
    hidden = 1 if way == CONSTANT_OUT else 0
    residual = work[size * size - 1]
    for place in range(int(work[size * size + columns - 1]), columns):
        residual += work[place * size + size - 1] * work[place * size + size - 1]
    fit = work[size * size + size : size * size + size + 3]
    explain(work, size, columns, residual, observations - hidden, work[size * size + size + 3 :], fit)
    return fit[T_VALUE]


def p_value(statistic: float) -> float:
    """MacKinnon's (1994) approximate p-value for a regression with a constant."""
    if statistic > 2.74:
        return 1.0
    if statistic < -18.83:
        return 0.0
    if statistic <= -1.61:
        z = 2.1659 + statistic * (1.4412 + statistic * 3.8269e-2)
    else:
        z = 1.7339 + statistic * (9.3202e-1 + statistic * (-1.2745e-1 - statistic * 1.0368e-2))
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _encode(requests: Sequence[Request]) -> Encoded:
    ways: dict[int, int] = {}
    rows = []
    for request in requests:
        way = ways.setdefault(_method(request), len(ways))
        attribute = request.parameters["attr"]
        rows.append([way, ATTRIBUTES.index(attribute) if attribute in ATTRIBUTES else NO_ATTRIBUTE])
    return Encoded(np.array(rows, dtype=np.float64), np.array([[method] for method in ways], dtype=np.float64))


def _method(request: Request) -> int:
    autolag = request.parameters.get("autolag", "AIC")
    if autolag is None:
        return ALL_LAGS
    if not isinstance(autolag, str):
        raise refused(request, "autolag", f"None or one of {', '.join(METHODS)}")
    # tsfresh turns statsmodels' refusal of any other name into NaN.
    return METHODS.index(autolag.lower()) if autolag.lower() in METHODS else UNKNOWN


def _label(parameters: Parameters) -> str:
    return f'attr_"{parameters["attr"]}"__autolag_"{parameters.get("autolag", "AIC")}"'


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return room(length), 0


KERNEL = Kernel(stationarity_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (
    Calculator("augmented_dickey_fuller", KERNEL, keys=("attr",), optional=("autolag",), label=_label, extremes=True),
)
