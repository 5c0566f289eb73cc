"""Where the extremes lie, as shares of the length."""

import math

from feature_platform.features.calculators.kernel import (
    Calculator,
    FloatArray,
    Kernel,
    Scratch,
    Series,
    opcode_encoder,
)
from feature_platform.features.calculators.moments import MAXIMUM, MINIMUM

FIRST_MAXIMUM, LAST_MAXIMUM, FIRST_MINIMUM, LAST_MINIMUM = range(4)


def locations_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """One location for each opcode."""
    x, moments = series.x, series.moments
    n = x.shape[0]
    for k in range(rows.shape[0]):
        code = int(rows[k, 0])
        value = math.nan
        if code == FIRST_MAXIMUM:
            value = first_place(x, moments[MAXIMUM]) / n
        elif code == LAST_MAXIMUM:
            value = 1.0 - places_after(x, moments[MAXIMUM]) / n
        elif code == FIRST_MINIMUM:
            value = first_place(x, moments[MINIMUM]) / n
        elif code == LAST_MINIMUM:
            value = 1.0 - places_after(x, moments[MINIMUM]) / n
        out[k] = value


def first_place(x: FloatArray, value: float) -> int:
    """The place of the first value that equals one that is there."""
    place = 0
    while place < x.shape[0] - 1 and x[place] != value:
        place += 1
    return place


def places_after(x: FloatArray, value: float) -> int:
    """How many places follow the last value that equals one that is there."""
    last = x.shape[0] - 1
    count = 0
    while count < last and x[last - count] != value:
        count += 1
    return count


OPCODES = {
    "first_location_of_maximum": FIRST_MAXIMUM,
    "last_location_of_maximum": LAST_MAXIMUM,
    "first_location_of_minimum": FIRST_MINIMUM,
    "last_location_of_minimum": LAST_MINIMUM,
}

KERNEL = Kernel(locations_kernel, encode=opcode_encoder(OPCODES))

CALCULATORS = tuple(Calculator(name, KERNEL, exact=True) for name in OPCODES)
