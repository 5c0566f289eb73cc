"""Approximate and sample entropy by whole blocks of threads: a block for each series, a thread for every few times.

As in `calculators.near_sets` a word tells which of sixty-two times are near one time. Here the words of a column follow
from its prefixes alone, in shared memory: columns overlap by the length of the stretches, so that none needs the bits
of the next. All counts are whole numbers, each summed up by one thread: they are those of the CPU, exactly, and their
logarithms are added up in its order.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import cuda, int64, types

from feature_platform.features.calculators import entropies, near_sets
from feature_platform.features.calculators.entropies import APPROXIMATE
from feature_platform.features.calculators.kernel import Encoded, FloatArray, IntArray
from feature_platform.features.calculators.moments import DEVIATION
from feature_platform.features.calculators.near_sets import BITS
from feature_platform.features.gpu.compile import BY_SERIES, DEVICE_OPTIONS, ROWS, compiled, device_function

ShortArray = npt.NDArray[np.int32]

THREADS = 256
"""Of a block, at most."""
BLOCKS = 1024
"""At once, each with work space of its own: as many as the largest cards run side by side."""
LONGEST_STRETCH = 30
"""Longer ones leave less than half of a column, and go through the kernel of one thread for each series."""
SHARED_BYTES = 40 * 1024
"""Every card grants 48 KiB to a block; prefixes of longer series lie in the card's memory, and in its caches."""

FIRST, END, SHORTER, LONGER = range(4)
"""What each request keeps of each time: the stretch of near values, and its counts."""
KEPT = 4

SIGNATURE = types.void(
    *(ROWS, ROWS, BY_SERIES, ROWS, BY_SERIES),
    *(types.Array(types.int64, 2, "C"), types.Array(types.int32, 2, "C"), ROWS),
)

smaller_than = device_function(near_sets.smaller_than)
mean_log_share = device_function(entropies.mean_log_share)
pairs = device_function(entropies.pairs)
sample_entropy = device_function(entropies.sample_entropy)


def suits(encoded: Encoded) -> bool:
    """Whether requests can be computed so."""
    return bool(encoded.rows[:, 1].max() <= LONGEST_STRETCH)


def shared_bytes(length: int) -> int:
    """Dynamic shared memory of a block; 0 where prefixes lie in the card's memory."""
    return 8 * (length + 1) if 8 * (length + 1) <= SHARED_BYTES else 0


def scratch_integers(length: int, encoded: Encoded) -> int:
    """32-bit integers of work space of a block."""
    return (1 + KEPT * len(encoded.rows)) * length


def _write_ranks(x: FloatArray, ordered: FloatArray, taken: IntArray, ranks: ShortArray) -> None:
    """Each value's place among the sorted ones; which of equal values comes first decides nothing here."""
    n = x.shape[0]
    for i in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        taken[i] = 0
    cuda.syncthreads()
    for i in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        place = smaller_than(ordered, x[i])
        ranks[i] = place + cuda.atomic.add(taken, place, 1)
    cuda.syncthreads()


def _write_bounds(ordered: FloatArray, ranks: ShortArray, tolerance: float, kept: ShortArray) -> None:
    """For each time the stretch of sorted values near its own, and counts of 0; a NaN is near to nothing.

    Differences of sorted values grow, rounded too, so that halving finds what going through them would.
    """
    n = ordered.shape[0]
    for i in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        value = ordered[ranks[i]]
        low, high = 0, n
        while low < high:
            middle = (low + high) // 2
            if middle < ranks[i] and not value - ordered[middle] <= tolerance:
                low = middle + 1
            else:
                high = middle
        first = low
        low, high = ranks[i], n
        while low < high:
            middle = (low + high) // 2
            if ordered[middle] - value <= tolerance:
                low = middle + 1
            else:
                high = middle
        kept[i] = first
        kept[n + i] = max(first, low)
        kept[SHORTER * n + i] = 0
        kept[LONGER * n + i] = 0


def _write_prefixes(ranks: ShortArray, begin: int, words: IntArray, partial: IntArray) -> None:
    """For each number of smallest values, which of them have a time in the column that begins here."""
    n, t, threads = ranks.shape[0], cuda.threadIdx.x, cuda.blockDim.x
    for k in range(t, n + 1, threads):
        words[k] = 0
    cuda.syncthreads()
    for bit in range(t, min(BITS, n - begin), threads):
        words[ranks[begin + bit] + 1] = 1 << bit
    cuda.syncthreads()
    share = (n + threads) // threads
    first, end = min(t * share, n + 1), min((t + 1) * share, n + 1)
    seen = 0
    for k in range(first, end):
        seen ^= words[k]
    partial[t] = seen
    cuda.syncthreads()
    reach = 1
    while reach < threads:
        before = partial[t - reach] if t >= reach else 0
        cuda.syncthreads()
        partial[t] ^= before
        cuda.syncthreads()
        reach *= 2
    seen = partial[t - 1] if t > 0 else 0
    for k in range(first, end):
        seen ^= words[k]
        words[k] = seen
    cuda.syncthreads()


def _count_column(words: IntArray, length: int, longest: int, n: int, kept: ShortArray) -> None:
    """Add to the counts which templates of a length, and of one more, that begin in a column are near each time's."""
    own = (1 << (BITS - longest)) - 1
    for i in range(cuda.threadIdx.x, n - length + 1, cuda.blockDim.x):
        word = words[kept[n + i]] ^ words[kept[i]]
        for s in range(1, length):
            word &= (words[kept[n + i + s]] ^ words[kept[i + s]]) >> s
        kept[SHORTER * n + i] += cuda.popc(word & own)
        if i < n - length:
            word &= (words[kept[n + i + length]] ^ words[kept[i + length]]) >> length
            kept[LONGER * n + i] += cuda.popc(word & own)


def _write_results(rows: FloatArray, n: int, kept: ShortArray, result: FloatArray, out: FloatArray) -> None:
    """The entropies from the counts: a thread for each sum over all times."""
    for k in range(cuda.threadIdx.x, 2 * rows.shape[0], cuda.blockDim.x):
        request, more = k // 2, k % 2
        counts = kept[(KEPT * request + SHORTER + more) * n :]
        total = n - int(rows[request, 1]) + 1 - more
        if int(rows[request, 0]) != APPROXIMATE:
            result[k] = float(pairs(counts, total))
        elif n > int(rows[request, 1]) + 1:
            result[k] = mean_log_share(counts, total)
    cuda.syncthreads()
    for k in range(cuda.threadIdx.x, rows.shape[0], cuda.blockDim.x):
        if int(rows[k, 0]) != APPROXIMATE:
            out[k] = sample_entropy(int(result[2 * k]), int(result[2 * k + 1]))
        elif n > int(rows[k, 1]) + 1:
            out[k] = abs(result[2 * k] - result[2 * k + 1])
        else:
            out[k] = 0.0


write_ranks, write_bounds, write_prefixes, count_column, write_results = (
    cuda.jit(**DEVICE_OPTIONS)(step)
    for step in (_write_ranks, _write_bounds, _write_prefixes, _count_column, _write_results)
)


def write_entropies(
    x: FloatArray,
    ordered: FloatArray,
    moments: FloatArray,
    rows: FloatArray,
    out: FloatArray,
    prefixes: IntArray,
    integers: ShortArray,
    results: FloatArray,
) -> None:
    """Fill `out` (n_series, n_requests) by blocks that go over the series.

    `x` and `ordered` are (n_series, n_time), `rows` those of `calculators.entropies`. Work space has a row for each
    block: `prefixes` (n_time + 1), or (1) where dynamic shared memory holds them; `integers` (see `scratch_integers`);
    and `results` (2 * n_requests).
    """
    shared = cuda.shared.array(0, int64)
    partial = cuda.shared.array(THREADS, int64)
    n, requests = x.shape[1], rows.shape[0]
    words = shared[: n + 1] if prefixes.shape[1] == 1 else prefixes[cuda.blockIdx.x]
    ranks = integers[cuda.blockIdx.x][:n]
    kept = integers[cuda.blockIdx.x][n:]
    result = results[cuda.blockIdx.x]
    longest = 0
    for k in range(requests):
        longest = max(longest, int(rows[k, 1]))
    for i in range(cuda.blockIdx.x, x.shape[0], cuda.gridDim.x):
        write_ranks(x[i], ordered[i], words, ranks)
        for k in range(requests):
            tolerance = rows[k, 2] * moments[i, DEVIATION]
            write_bounds(ordered[i], ranks, tolerance, kept[KEPT * k * n :])
        cuda.syncthreads()
        for begin in range(0, n, BITS - longest):
            write_prefixes(ranks, begin, words, partial)
            for k in range(requests):
                count_column(words, int(rows[k, 1]), longest, n, kept[KEPT * k * n :])
            cuda.syncthreads()
        write_results(rows, n, kept, result, out[i])
        cuda.syncthreads()


@cache
def entropy_loop() -> Any:  # noqa: ANN401 - numba ships no types
    """The CUDA kernel `write_entropies`."""
    return compiled(write_entropies, SIGNATURE)
