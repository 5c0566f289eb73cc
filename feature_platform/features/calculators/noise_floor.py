"""Whether a peak stands out of the noise around it, as `scipy.signal.find_peaks_cwt` decides.

The noise at a place is the tenth percentile of the values in a window around it, a twentieth of the series long; a peak
counts where its own value is at least as large as the noise, in absolute terms. Nearly always it is enough to count how
many values of the window lie on either side of the peak's value: no percentile is computed and nothing is sorted.
"""

import math

from feature_platform.features.calculators.kernel import FloatArray, IntArray
from feature_platform.features.calculators.window_counts import BLOCK, level_of, on_or_below

FRACTION = 10 / 100.0
WINDOWS = 20
LARGEST = 1.7976931348623157e308

UNSURE = 1e-9
"""So near to each other, relatively, that a percentile's rounding decides which of two values is larger."""


def is_signal(value: float, smoothed: FloatArray, place: int, work: FloatArray) -> bool:
    """Whether a value is at least as large as the noise of `smoothed` around a place.

    `work` is as long as a window. A NaN, which is no noise, is beaten by every value.
    """
    n = smoothed.shape[0]
    window = window_length(n)
    begin = max(place - window // 2, 0)
    around = smoothed[begin : min(place + window // 2 + window % 2, n)]
    rank = FRACTION * (around.shape[0] - 1)
    lower = int(rank)
    upper = lower if lower == rank else lower + 1
    size = abs(value)
    below, surely_below, surely_within = 0, 0, 0
    for i in range(around.shape[0]):
        below += 1 if around[i] < -size * (1 - UNSURE) else 0
        surely_below += 1 if around[i] < -size * (1 + UNSURE) else 0
        surely_within += 1 if around[i] <= size * (1 - UNSURE) else 0
    if surely_below > upper:
        return False
    if below <= lower and surely_within > upper:
        return True
    noise = percentile(around, rank, work)
    # Said so that noise that is no number lets the peak pass, as in scipy.
    return not size < abs(noise)


def is_surely_signal(value: float, smoothed: FloatArray, place: int, reach: float, counts: IntArray) -> int:
    """What `is_signal` says, 1 or 0, from `window_counts` and the window's ends alone; -1 where these do not tell."""
    n = smoothed.shape[0]
    window = window_length(n)
    begin, end = max(place - window // 2, 0), min(place + window // 2 + window % 2, n)
    first, last = (begin + BLOCK - 1) // BLOCK, end // BLOCK
    rank = FRACTION * (end - begin - 1)
    lower = int(rank)
    upper = lower if lower == rank else lower + 1
    size = abs(value)
    least, most, highest = -size * (1 + UNSURE), -size * (1 - UNSURE), size * (1 - UNSURE)
    below = on_or_below(counts, level_of(most, reach), first, last)
    surely_below = on_or_below(counts, level_of(least, reach) - 1, first, last)
    surely_within = on_or_below(counts, level_of(highest, reach) - 1, first, last)
    for side in range(2):
        stretch = smoothed[begin : BLOCK * first] if side == 0 else smoothed[BLOCK * last : end]
        for i in range(stretch.shape[0]):
            below += 1 if stretch[i] < most else 0
            surely_below += 1 if stretch[i] < least else 0
            surely_within += 1 if stretch[i] <= highest else 0
    if surely_below > upper:
        return 0
    return 1 if below <= lower and surely_within > upper else -1


def window_length(length: int) -> int:
    """The length of a window for a series of a length."""
    return -(-length // WINDOWS)


def percentile(values: FloatArray, rank: float, work: FloatArray) -> float:
    """`scipy.stats.scoreatpercentile`: the value at a rank among the sorted ones, or between two; NaN come last."""
    count = values.shape[0]
    for i in range(count):
        # NaN must not be compared with: infinity stands in for it, and the largest number for infinity.
        work[i] = math.inf if math.isnan(values[i]) else min(values[i], LARGEST)
    lower = int(rank)
    put_in_place(work, count, lower)
    score = work[lower]
    if lower != rank:
        following = work[lower + 1]
        for i in range(lower + 2, count):
            following = min(following, work[i])
        left = lower + 1 - rank
        right = rank - lower
        score = (work[lower] * left + following * right) / (left + right)
    return math.nan if score == math.inf else score


def put_in_place(values: FloatArray, count: int, place: int) -> None:
    """Order `values[:count]` so far that `values[place]` is what it is in sorted order, with no larger one before."""
    first, last = 0, count - 1
    while first < last:
        pivot = values[place]
        i, j = first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < place:
            first = i
        if place < i:
            last = j
