"""Division by what may be zero."""

import math


def ratio(numerator: float, denominator: float) -> float:
    """The quotient as IEEE 754 has it: infinite or NaN over zero, also where Python would raise."""
    if denominator != 0:
        return numerator / denominator
    if numerator > 0 or numerator < 0:
        return math.copysign(math.inf, numerator) * math.copysign(1.0, denominator)
    return math.nan
