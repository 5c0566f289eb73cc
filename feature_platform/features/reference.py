"""The reference engine: tsfresh itself."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from feature_platform.errors import FeatureError, SeriesError
from feature_platform.features.engine import FeaturePlan, FloatArray, TimeArray
from feature_platform.features.engines import engine_version
from feature_platform.features.feature_sets import ParameterList
from feature_platform.features.parameters import Calculators, calculators_of, parameters_hint, refuse_unknown

if TYPE_CHECKING:
    import pandas as pd

    from feature_platform.features.settings import FeatureSettings

CALCULATOR_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What tsfresh's calculators raise on parameters that they cannot take; they check none themselves."""

PROBE_LENGTH = 64


class CalculatorError(FeatureError):
    """A calculator, one of tsfresh's or a user's function, raised on its parameters or on a series."""

    def __init__(self, calculator: object, parameters: ParameterList, error: Exception) -> None:
        self.is_tsfreshs = isinstance(calculator, str)
        self.name = str(getattr(calculator, "__name__", calculator))
        by = "tsfresh" if self.is_tsfreshs else "it"
        super().__init__(
            f"calculator {self.name} with parameters {parameters}: {by} raised {type(error).__name__}: {error}"
        )


@dataclass(frozen=True)
class TsfreshEngine:
    """Runs tsfresh's own per-series function in this process, with BLAS held to one thread.

    A series is handed over with its times as a DatetimeIndex, so that `linear_trend_timewise` is computed as tsfresh
    computes it for such an index.
    """

    name: str = "tsfresh"
    reason: str = "the settings ask for tsfresh itself"
    version: str = engine_version("tsfresh")
    batch_size: int = 16

    def plan(self, settings: "FeatureSettings") -> FeaturePlan:
        """See `FeatureEngine.plan`."""
        calculators = calculators_of(settings)

        def extract(series: FloatArray, times: TimeArray) -> FloatArray:
            values, _ = reference_values(calculators, series, times)
            return values

        return FeaturePlan(probe_columns(calculators), {}, extract)


def reference_values(
    calculators: Calculators, x: FloatArray, times: TimeArray | None
) -> tuple[FloatArray, tuple[str, ...]]:
    """Values (n_series, n_columns) by tsfresh of series `x` (n_series, n_time), and the columns' names.

    `times` are (n_time,) or (n_series, n_time); without them the series have no DatetimeIndex.

    Raises
    ------
    FeatureError
        If a calculator cannot take its parameters.
    SeriesError
        If it cannot take a series.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import; a native engine does without

    names = probe_columns(calculators, timewise=times is not None)
    values = np.empty((len(x), len(names)), dtype=np.float64)
    with _one_blas_thread():
        for number, row in enumerate(x):
            when = None if times is None else pd.DatetimeIndex(times if times.ndim == 1 else times[number])
            try:
                found = _features(pd.Series(row, index=when), calculators)
            except CalculatorError as error:
                raise SeriesError(number, f"{error}; {_state(row)}") from error
            values[number] = [found[name] for name in names]
    return values, names


def probe_columns(calculators: Calculators, *, timewise: bool = True) -> tuple[str, ...]:
    """The columns that tsfresh gives calculators with their parameters, found by running it on a wave.

    Raises
    ------
    FeatureError
        If there is no such calculator, or it cannot take its parameters.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import; a native engine does without

    for name in calculators:
        if isinstance(name, str):
            refuse_unknown(name)
    wave = np.sin(np.arange(PROBE_LENGTH) * 0.7) + np.arange(PROBE_LENGTH) * 0.01
    index = pd.date_range("2024-01-01", periods=PROBE_LENGTH, freq="1h") if timewise else None
    with _one_blas_thread():
        try:
            return tuple(_features(pd.Series(wave, index=index), calculators))
        except CalculatorError as error:
            if not error.is_tsfreshs:
                raise
            hint = parameters_hint(error.name)
            raise FeatureError(f"{error}; tsfresh's own parameters of it begin with {hint}") from error


def _one_blas_thread() -> AbstractContextManager[object]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: PLC0415 - only tsfresh needs it

    # Short series keep a BLAS pool busy waiting for itself: 4 to 13 times slower on two cores.
    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits


def _features(series: "pd.Series[float]", calculators: Calculators) -> dict[str, float]:
    from statsmodels.tools.sm_exceptions import MissingDataError  # noqa: PLC0415 - seconds; only the reference needs it

    raised = (*CALCULATOR_ERRORS, MissingDataError)
    try:
        return _tsfresh(series, calculators)
    except raised:
        for name, parameters in calculators.items():
            try:
                _tsfresh(series, {name: parameters})
            except raised as error:
                raise CalculatorError(name, parameters, error) from error
        raise


def _state(x: FloatArray) -> str:
    """What is odd about a series that a calculator raised on, for an error's text."""
    endless = np.flatnonzero(np.isinf(x))
    if len(endless):
        return f"the series is infinite ({x[endless[0]]}) at {endless[0]}: mend it, or leave the calculator out"
    return f"the series goes from {x.min()} to {x.max()}: mend it, or leave the calculator out"


def _tsfresh(series: "pd.Series[float]", calculators: Calculators) -> dict[str, float]:
    from tsfresh.feature_extraction import extraction  # noqa: PLC0415 - seconds; only the reference needs it

    rows: list[tuple[Any, str, Any]] = extraction._do_extraction_on_chunk(  # noqa: SLF001 - the pinned release's own loop, so that values cannot differ
        (0, "", series), calculators, {}, show_warnings=False
    )
    # Its rows are named kind__calculator; the kind is empty here.
    return {name.removeprefix("__"): float(value) for _, name, value in rows}
