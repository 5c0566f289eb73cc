"""How many values of a window lie below a limit, nearly, without a look at each: from counts of coarse levels.

Values are parted into `LEVELS` equal levels of their range, and places into blocks. `counts[LEVELS * b + level]` is how
many values before block b lie on this level or below.
"""

import math

from feature_platform.features.calculators.kernel import FloatArray, IntArray

LEVELS = 64
BLOCK = 64


def counts_needed(length: int) -> int:
    """Integers of work space for the counts of a series."""
    return LEVELS * (length // BLOCK + 1)


def write_counts(values: FloatArray, low: float, high: float, counts: IntArray) -> bool:
    """Count all whole blocks; False, and nothing to be used, where values are no numbers between the limits."""
    per_unit = LEVELS / (high - low)
    if not math.isfinite(per_unit):
        return False
    for level in range(LEVELS):
        counts[level] = 0
    for block in range(values.shape[0] // BLOCK):
        here, following = counts[LEVELS * block :], counts[LEVELS * block + LEVELS :]
        own = values[BLOCK * block : BLOCK * block + BLOCK]
        for level in range(LEVELS):
            following[level] = 0
        for i in range(BLOCK):
            place = (own[i] - low) * per_unit
            if not 0 <= place <= LEVELS + 1:
                return False
            following[min(int(place), LEVELS - 1)] += 1
        passed = 0
        for level in range(LEVELS):
            passed += following[level]
            following[level] = here[level] + passed
    return True


def level_of(limit: float, low: float, high: float) -> int:
    """The level that a limit lies on: lower levels hold smaller values, higher ones larger; -1 if all are larger."""
    place = (limit - low) * (LEVELS / (high - low))
    if place < 0:
        return -1
    return int(min(place, LEVELS - 1.0))


def on_or_below(counts: IntArray, level: int, first: int, last: int) -> int:
    """How many values of the blocks from `first` to before `last` lie on a level or below."""
    return counts[LEVELS * last + level] - counts[LEVELS * first + level] if level >= 0 else 0
