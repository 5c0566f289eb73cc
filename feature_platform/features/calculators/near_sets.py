"""Counts of times at which a series does nearly the same, with sixty-two comparisons in one operation.

A column of words holds, for each time i, which of sixty-two times j have `abs(x[i] - x[j]) <= tolerance`: a stretch of
the sorted values, and so the difference of two prefixes of their order. Joined with the next time's word, moved by one
bit, it tells which templates of two values are near each other, and so forth for longer templates.
"""

import math

from feature_platform.features.calculators.kernel import FloatArray, IntArray

BITS = 62
"""Bits of a word: all of them stay clear of the sign."""

PAIRS, FOURS, BYTES, ONES = 0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x0101010101010101


def write_ranks(x: FloatArray, ordered: FloatArray, ranks: IntArray, taken: IntArray) -> None:
    """Write each value's place among the sorted ones; equal values have places in the order of their times."""
    n = x.shape[0]
    for i in range(n):
        taken[i] = 0
    for i in range(n):
        place = smaller_than(ordered, x[i])
        ranks[i] = place + taken[place]
        taken[place] += 1


def smaller_than(ordered: FloatArray, value: float) -> int:
    """How many sorted values are smaller than one of them."""
    first = 0
    length = ordered.shape[0]
    while length > 1:
        half = length // 2
        first += half if ordered[first + half - 1] < value else 0
        length -= half
    return first


def work_needed(n: int, length: int) -> int:
    """Integers of work space for `count_near`."""
    return (5 + length) * n + 1


def count_near(
    ordered: FloatArray,
    ranks: IntArray,
    tolerance: float,
    length: int,
    counts: IntArray,
    longer: IntArray,
    work: IntArray,
    stop: IntArray,
) -> None:
    """How many templates of a length, and of one more, are near the one at each time, itself among them."""
    n = ordered.shape[0]
    for i in range(n):
        counts[i] = 0
        longer[i] = 0
    if math.isnan(tolerance):
        return
    first, end = work[:n], work[n : 2 * n]
    words, others = work[2 * n : 3 * n], work[3 * n : 4 * n]
    prefixes, carried = work[4 * n : 5 * n + 1], work[5 * n + 1 :]
    # The other work space is free until the columns begin.
    write_bounds(ordered, ranks, tolerance, first, end, words, others)
    for i in range(length * n):
        carried[i] = 0
    for column in range((n - 1) // BITS, -1, -1):
        if stop[0] != 0:
            return
        write_prefixes(ranks, BITS * column, prefixes)
        for i in range(n):
            words[i] = prefixes[end[i]] ^ prefixes[first[i]]
        for shorter in range(1, length + 1):
            if shorter == length:
                add_bits(words, max(0, n - length + 1), counts)
            join_next(words, carried[(shorter - 1) * n : shorter * n], max(0, n - shorter), others)
            words, others = others, words
        add_bits(words, max(0, n - length), longer)


def write_bounds(
    ordered: FloatArray,
    ranks: IntArray,
    tolerance: float,
    first: IntArray,
    end: IntArray,
    sorted_first: IntArray,
    sorted_end: IntArray,
) -> None:
    """For each time the stretch, from `first` to before `end`, of sorted values that are near its own."""
    n = ordered.shape[0]
    for k in range(n):
        sorted_first[k] = 0
    high = 0
    for k in range(n):
        while high < n and ordered[high] - ordered[k] <= tolerance:
            high += 1
        sorted_end[k] = high
        # Being near is mutual: k is no longer near any value from `high` on.
        if high < n:
            sorted_first[high] = k + 1
    low = 0
    for k in range(n):
        low = max(low, sorted_first[k])
        sorted_first[k] = low
    for i in range(n):
        first[i] = sorted_first[ranks[i]]
        end[i] = sorted_end[ranks[i]]


def write_prefixes(ranks: IntArray, begin: int, prefixes: IntArray) -> None:
    """For each number of smallest values, which of them have a time in the column that begins here."""
    n = ranks.shape[0]
    for k in range(n + 1):
        prefixes[k] = 0
    for bit in range(min(BITS, n - begin)):
        prefixes[ranks[begin + bit] + 1] = 1 << bit
    seen = 0
    for k in range(n + 1):
        seen ^= prefixes[k]
        prefixes[k] = seen


def join_next(words: IntArray, carried: IntArray, count: int, out: IntArray) -> None:
    """Keep the times whose following time is in the next word; `carried` is the column after this, and becomes this."""
    following, edge = words[1:], carried[1:]
    for i in range(count):
        out[i] = words[i] & ((following[i] >> 1) | ((edge[i] & 1) << (BITS - 1)))
    for i in range(words.shape[0]):
        carried[i] = words[i]


def add_bits(words: IntArray, count: int, counts: IntArray) -> None:
    """Add the number of bits of each of the first words to its count."""
    for i in range(count):
        counts[i] += ones_of(words[i])


def ones_of(word: int) -> int:
    """The number of bits that are set, in the steps that LLVM knows as one instruction."""
    word -= (word >> 1) & PAIRS
    word = (word & FOURS) + ((word >> 2) & FOURS)
    word = (word + (word >> 4)) & BYTES
    return ((word * ONES) >> 56) & 127
