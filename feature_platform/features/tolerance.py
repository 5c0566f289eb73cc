"""When a value is tsfresh's value: relatively near, or near at the feature's own natural scale."""

import math

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray

RELATIVE = 1e-6
ABSOLUTE = 1e-8


def scale(x: FloatArray) -> float:
    """What a series' values amount to: its standard deviation, or a rounding error of its size where it has none."""
    return float(max(x.std(), 1e-12 * np.abs(x).max()))


def natural_scale(x: FloatArray, power: int) -> float:
    """A power of the series' scale; also a negative one of a series that has none."""
    unit = scale(x)
    return float(unit**power) if unit > 0 else float(power == 0)


def close(own: float, wanted: float, natural: float, *, exact: bool) -> bool:
    """Whether a value is tsfresh's: both NaN, equal, or within the tolerance at the feature's natural scale."""
    if math.isnan(own) or math.isnan(wanted):
        return math.isnan(own) and math.isnan(wanted)
    if own == wanted or exact:
        return own == wanted
    return bool(abs(own - wanted) <= RELATIVE * abs(wanted) + ABSOLUTE * natural)
