"""Sums as numpy makes them: where a threshold depends on a mean, its last bit decides a count."""

from feature_platform.features.calculators.kernel import FloatArray

BLOCK = 128
LANES = 8
FRAME = 4
STACK = 64 * FRAME
"""Floats that `pairwise_sum` needs as its stack, for any length."""


def pairwise_sum(values: FloatArray, start: int, count: int, stack: FloatArray) -> float:
    """Sum of `values[start:start + count]` in the order of numpy's `add.reduce` over contiguous float64.

    numpy halves the stretch until it is short enough; `stack` (of `STACK` floats) holds the halves that wait.
    """
    depth = 0
    while True:
        while count > BLOCK:
            stack[FRAME * depth] = start
            stack[FRAME * depth + 1] = count
            stack[FRAME * depth + 2] = 0.0
            depth += 1
            count = _left_half(count)
        total = block_sum(values, start, count)
        while depth > 0 and stack[FRAME * depth - FRAME + 2] == 1.0:
            depth -= 1
            total = stack[FRAME * depth + 3] + total
        if depth == 0:
            return total
        frame = FRAME * (depth - 1)
        stack[frame + 2] = 1.0
        stack[frame + 3] = total
        whole = int(stack[frame + 1])
        start = int(stack[frame]) + _left_half(whole)
        count = whole - _left_half(whole)


def _left_half(count: int) -> int:
    half = count // 2
    return half - half % LANES


def block_sum(values: FloatArray, start: int, count: int) -> float:
    """What `pairwise_sum` gives for at most `BLOCK` values."""
    if count < LANES:
        # numpy begins at -0.0, so that a sum of nothing but negative zeros keeps their sign.
        total = -0.0
        for i in range(count):
            total += values[start + i]
        return total
    r0, r1, r2, r3 = values[start], values[start + 1], values[start + 2], values[start + 3]
    r4, r5, r6, r7 = values[start + 4], values[start + 5], values[start + 6], values[start + 7]
    i = LANES
    while i < count - count % LANES:
        r0 += values[start + i]
        r1 += values[start + i + 1]
        r2 += values[start + i + 2]
        r3 += values[start + i + 3]
        r4 += values[start + i + 4]
        r5 += values[start + i + 5]
        r6 += values[start + i + 6]
        r7 += values[start + i + 7]
        i += LANES
    total = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7))
    while i < count:
        total += values[start + i]
        i += 1
    return total
