"""The reference engine: tsfresh itself."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from feature_platform.errors import FeatureError
from feature_platform.features.calculators import Calculators, calculators_of, parameters_hint
from feature_platform.features.engine import FloatArray, TimeArray
from feature_platform.features.settings import FeatureSettings

if TYPE_CHECKING:
    import pandas as pd

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

    def extract(
        self, series: FloatArray, times: TimeArray, settings: FeatureSettings
    ) -> tuple[FloatArray, tuple[str, ...]]:
        """See `FeatureEngine.extract`."""
        import pandas as pd  # noqa: PLC0415 - slow to import; a native engine does without
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: PLC0415 - as pandas

        calculators = calculators_of(settings)
        index = pd.DatetimeIndex(times)
        # Short series keep a BLAS pool busy waiting for itself: 4 to 13 times slower on two cores.
        with threadpool_limits(limits=1):
            names = _names(json.dumps([settings.feature_set, settings.custom]))
            values = np.empty((len(series), len(names)), dtype=np.float64)
            for number, row in enumerate(series):
                found = _features(pd.Series(row, index=index), calculators)
                values[number] = [found[name] for name in names]
        return values, names


@lru_cache(maxsize=8)
def _names(key: str) -> tuple[str, ...]:
    import pandas as pd  # noqa: PLC0415 - slow to import; a native engine does without

    feature_set, custom = json.loads(key)
    settings = FeatureSettings(feature_set=feature_set, custom=custom)
    wave = np.sin(np.arange(PROBE_LENGTH) * 0.7) + np.arange(PROBE_LENGTH) * 0.01
    index = pd.date_range("2024-01-01", periods=PROBE_LENGTH, freq="1h")
    return tuple(_features(pd.Series(wave, index=index), calculators_of(settings)))


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
