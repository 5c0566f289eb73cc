"""How many values of a window lie below a limit, nearly, without a look at each: from counts of coarse levels.

Values are parted into `LEVELS` levels, equal between minus and plus a reach, beyond which the first and the last go on;
places into blocks. `counts[LEVELS * b + level]` is how many values before block b lie on this level or below.
"""

from feature_platform.features.calculators.kernel import FloatArray, IntArray

LEVELS = 64
BLOCK = 64
MEANS = 4.0
"""Levels reach so many times the mean size: a few huge values, such as at a series' ends, must not widen them all."""
SMALLEST, LARGEST = 1e-300, 1e300


def counts_needed(length: int) -> int:
    """Integers of work space for the counts of a series."""
    return LEVELS * (length // BLOCK + 1)


def useful_reach(values: FloatArray) -> float:
    """How far levels reach; NaN or infinite where the values have no finite mean size."""
    total = 0.0
    for i in range(values.shape[0]):
        total += abs(values[i])
    return MEANS * total / values.shape[0]


def write_counts(values: FloatArray, reach: float, counts: IntArray) -> bool:
    """Count all whole blocks; False, and nothing to be used, where there are no levels."""
    if not SMALLEST < reach < LARGEST:
        return False
    for level in range(LEVELS):
        counts[level] = 0
    for block in range(values.shape[0] // BLOCK):
        here, following = counts[LEVELS * block :], counts[LEVELS * block + LEVELS :]
        own = values[BLOCK * block : BLOCK * block + BLOCK]
        for level in range(LEVELS):
            following[level] = 0
        for i in range(BLOCK):
            following[level_of(own[i], reach)] += 1
        passed = 0
        for level in range(LEVELS):
            passed += following[level]
            following[level] = here[level] + passed
    return True


def level_of(value: float, reach: float) -> int:
    """The level of a number: lower levels hold smaller numbers, higher ones larger."""
    place = (value + reach) * (LEVELS / (2 * reach))
    return int(min(max(place, 0.0), LEVELS - 1.0))


def on_or_below(counts: IntArray, level: int, first: int, last: int) -> int:
    """How many values of the blocks from `first` to before `last` lie on a level or below; none do below the first."""
    return counts[LEVELS * last + level] - counts[LEVELS * first + level] if level >= 0 else 0
