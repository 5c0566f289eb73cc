"""One native value, for tests that know it by hand, and the series that a module holds against tsfresh."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform_tests.parity.comparison import native_values
from feature_platform_tests.parity.series import named_series


def native(x: Sequence[float], calculator: str, **parameters: Any) -> float:
    values, _ = native_values(np.array([x], dtype=np.float64), {calculator: [parameters] if parameters else None})
    return float(values[0, 0])


def series_of(lengths: Iterable[int]) -> list[tuple[str, FloatArray]]:
    return [(name, x) for length in lengths for name, x in named_series(length, seed=7).items()]


def each(key: str, *values: float) -> list[dict[str, float]]:
    return [{key: value} for value in values]
