"""When a value is tsfresh's value: relatively near, or near at the feature's own natural scale."""

import math
from collections.abc import Mapping

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.parameters import Calculators

RELATIVE = 1e-6
ABSOLUTE = 1e-8

Powers = Mapping[str, tuple[int, bool]]
"""By column, with which power of the series' unit its values come, and whether they must be exact."""


def scale(x: FloatArray) -> float:
    """What a series' values amount to: its standard deviation, or a rounding error of its size where it has none."""
    size = float(np.abs(x).max())
    # Divided first: the squares of values near the smallest floats are 0, those of the largest infinite.
    spread = float((x / size).std()) * size if size else 0.0
    return max(spread, 1e-12 * size)


def natural_scale(x: FloatArray, power: int) -> float:
    """A power of the series' scale, also a negative one of a series that has none; 0 where no float is so large."""
    unit = scale(x)
    if not unit or not math.isfinite(unit):
        return float(power == 0)
    try:
        return float(unit**power)
    except OverflowError:
        return 0.0


def close(own: float, wanted: float, natural: float, *, exact: bool) -> bool:
    """Whether a value is tsfresh's: both NaN, equal, or within the tolerance at the feature's natural scale."""
    if math.isnan(own) or math.isnan(wanted):
        return math.isnan(own) and math.isnan(wanted)
    if own == wanted or exact:
        return own == wanted
    return bool(abs(own - wanted) <= RELATIVE * abs(wanted) + ABSOLUTE * natural)


def powers_of(calculators: Calculators) -> Powers:
    """The columns of the registry's calculators."""
    from feature_platform.features.calculators.registry import CALCULATORS  # noqa: PLC0415 - a second, for samples only

    return {
        calculator.column(parameters): (calculator.power(parameters), calculator.exact)
        for name, parameter_list in calculators.items()
        if (calculator := CALCULATORS.get(name)) is not None
        for parameters in parameter_list or ({},)
    }


def nudged(x: FloatArray, ways: int) -> list[FloatArray]:
    """The series with values moved by at most one unit in the last place, equal ones alike, in several ways."""
    random = np.random.default_rng(len(x))
    levels, places = np.unique(x, return_inverse=True)
    steps = [random.choice([-np.inf, np.inf], len(levels)) for _ in range(ways)]
    return [np.where(random.random(len(levels)) < 1 / 2, np.nextafter(levels, step), levels)[places] for step in steps]
