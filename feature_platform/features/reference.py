"""The reference engine: tsfresh itself."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from feature_platform.errors import FeatureError
from feature_platform.features.engine import FeaturePlan, FloatArray, TimeArray
from feature_platform.features.parameters import Calculators, calculators_of, parameters_hint, refuse_unknown

if TYPE_CHECKING:
    import pandas as pd

    from feature_platform.features.settings import FeatureSettings

CALCULATOR_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What tsfresh's calculators raise on parameters that they cannot take; they check none themselves."""

PROBE_LENGTH = 64


@dataclass(frozen=True)
class TsfreshEngine:
    """Runs tsfresh's own per-series function in this process, with BLAS held to one thread.

    A series is handed over with its times as a DatetimeIndex, so that `linear_trend_timewise` is computed as tsfresh
    computes it for such an index.
    """

    name: str = "tsfresh"
    version: str = version("tsfresh")
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
    """
    import pandas as pd  # noqa: PLC0415 - slow to import; a native engine does without

    names = probe_columns(calculators, timewise=times is not None)
    values = np.empty((len(x), len(names)), dtype=np.float64)
    with _one_blas_thread():
        for number, row in enumerate(x):
            when = None if times is None else pd.DatetimeIndex(times if times.ndim == 1 else times[number])
            found = _features(pd.Series(row, index=when), calculators)
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
        return tuple(_features(pd.Series(wave, index=index), calculators))


def _one_blas_thread() -> AbstractContextManager[object]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: PLC0415 - only tsfresh needs it

    # Short series keep a BLAS pool busy waiting for itself: 4 to 13 times slower on two cores.
    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits


def _features(series: "pd.Series[float]", calculators: Calculators) -> dict[str, float]:
    try:
        return _tsfresh(series, calculators)
    except CALCULATOR_ERRORS:
        for name, parameters in calculators.items():
            try:
                _tsfresh(series, {name: parameters})
            except CALCULATOR_ERRORS as error:
                raise FeatureError(
                    f"calculator {name} with parameters {parameters}: tsfresh raised {type(error).__name__}: {error}; "
                    f"tsfresh's own parameters of it begin with {parameters_hint(name)}"
                ) from error
        raise


def _tsfresh(series: "pd.Series[float]", calculators: Calculators) -> dict[str, float]:
    from tsfresh.feature_extraction import extraction  # noqa: PLC0415 - seconds; only the reference needs it

    rows: list[tuple[Any, str, Any]] = extraction._do_extraction_on_chunk(  # noqa: SLF001 - the pinned release's own loop, so that values cannot differ
        (0, "", series), calculators, {}, show_warnings=False
    )
    # Its rows are named kind__calculator; the kind is empty here.
    return {name.removeprefix("__"): float(value) for _, name, value in rows}
