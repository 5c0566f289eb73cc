"""A plan over many series of one length, on the CPU: in blocks, by threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray, IntArray, Scratch
from feature_platform.features.calculators.moments import COUNT, MOMENTS
from feature_platform.features.calculators.summation import STACK
from feature_platform.features.cpu import welch
from feature_platform.features.cpu.compile import address, batch_call
from feature_platform.features.cpu.stages import Batch, prepare
from feature_platform.features.plan import Plan, Work

BLOCK_VALUES = 2**16
"""Values of a block: its shared parts stay in a core's cache, and a call of a kernel stays far below a second."""
BLOCKS_PER_THREAD = 4
"""So many at least, as far as there are series, and as many for each: no thread waits long for the last."""

Progress = Callable[[int, int], None]


def run(
    plan: Plan, x: FloatArray, hours: FloatArray, *, threads: int | None = None, progress: Progress | None = None
) -> FloatArray:
    """Values (n_series, n_columns) of series `x` (n_series, n_time) without NaN; columns left to tsfresh are NaN.

    `hours` (1 or n_series, n_time) is the time of each value since the series' first. `threads` defaults to the number
    of cores; values are the same for any number. `progress` is told how many series of how many are done.
    """
    out = np.full((len(x), len(plan.names)), np.nan)
    if not x.size:
        return out
    # Compiling, or reading what was compiled, once and before the threads begin.
    batch_call()
    if "density" in plan.needs:
        welch.parts()
    for kernel in (MOMENTS, *(work.kernel for work in plan.works)):
        address(kernel.function)
    workers = max(1, threads or os.cpu_count() or 1)
    share = max(BLOCKS_PER_THREAD, ceil(x.size / (BLOCK_VALUES * workers)))
    size = ceil(len(x) / (share * workers))
    blocks = [slice(first, min(first + size, len(x))) for first in range(0, len(x), size)]

    stop = np.zeros(1, dtype=np.int64)

    def block(rows: slice) -> int:
        when = hours[rows] if len(hours) == len(x) else hours
        part = np.ascontiguousarray(x[rows], dtype=np.float64)
        _write_block(plan, part, np.ascontiguousarray(when), out[rows], stop)
        return len(part)

    done = 0
    # The main thread only waits, so that it hears signals while kernels run.
    with ThreadPoolExecutor(workers) as pool:
        try:
            for finished in pool.map(block, blocks):
                done += finished
                if progress is not None:
                    progress(done, len(x))
        finally:
            # Whoever was interrupted waits for the kernels that run: these look here, and return.
            stop[0] = 1
    return out


def _write_block(plan: Plan, x: FloatArray, hours: FloatArray, out: FloatArray, stop: IntArray) -> None:
    batch = prepare(x, hours, plan.needs)
    moments = np.empty((len(x), COUNT))
    first = Work(MOMENTS, MOMENTS.encode(()), np.arange(COUNT))
    _call(first, batch, np.empty((len(x), 0)), moments, stop)
    for work in plan.works:
        values = np.empty((len(x), len(work.columns)))
        _call(work, batch, moments, values, stop)
        if stop[0]:
            return
        if work.kernel.finish is not None:
            work.kernel.finish(values, x.shape[1], work.encoded)
        out[:, work.columns] = values


def _call(work: Work, batch: Batch, moments: FloatArray, values: FloatArray, stop: IntArray) -> None:
    floats, integers = work.kernel.scratch(batch.x.shape[1], work.encoded)
    batch_call()(
        address(work.kernel.function),
        *(batch.x, moments, batch.ordered, batch.spectrum, batch.density, batch.hours),
        *(work.encoded.rows, work.encoded.table, values),
        *(0, len(values), Scratch(np.empty(floats), np.empty(integers, dtype=np.int64), np.empty(STACK), stop)),
    )
