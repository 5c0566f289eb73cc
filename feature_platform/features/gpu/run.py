"""A plan over many series of one length, on a card: in batches of which one is copied while another is computed."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.moments import MOMENTS
from feature_platform.features.cpu.run import Progress
from feature_platform.features.gpu import near_sets, welch
from feature_platform.features.gpu.card import Array, Lane, lane_maker
from feature_platform.features.gpu.compile import device_loop
from feature_platform.features.gpu.memory import by_blocks, most_series, stack_floats
from feature_platform.features.gpu.pace import Pace
from feature_platform.features.gpu.stages import Batch, prepare
from feature_platform.features.plan import Plan, Work

THREADS = 128
"""Of a block in which each thread has a series of its own."""
WARP = 32
LANES = 2
FEWEST = 32
"""Series of a batch that cannot be halved any more: threads of a card run by so many."""

FreeBytes = Callable[[], int]


@dataclass(frozen=True)
class _Started:
    """A batch on its way: its rows of the result, and what will hold its values once its lane has finished."""

    rows: slice
    lane: Lane
    values: FloatArray
    on_card: Array
    began: float


def run(
    plan: Plan,
    x: FloatArray,
    hours: FloatArray,
    *,
    free_bytes: FreeBytes,
    pace: Pace | None = None,
    progress: Progress | None = None,
    keep: Callable[[Array], None] | None = None,
) -> FloatArray:
    """What `cpu.run.run` gives, from the current device.

    `free_bytes` says how much of its memory may be used. A batch that finds no room is halved. `pace` is what earlier
    calls with this plan and series of this length learned. `keep` is handed each
    batch's values (n, n_columns) as they lie on the card, in order. Signals are heard between batches, of which none is
    to take longer than some seconds.

    Raises
    ------
    MemoryError
        If not even `FEWEST` series find room.
    """
    out = np.full((len(x), len(plan.names)), np.nan)
    if not x.size:
        return out
    length = x.shape[1]
    # The pool of memory must be there before numba starts CUDA.
    pace, most = pace or Pace(length), most_series(plan, length, free_bytes(), LANES)
    # Before any batch is timed.
    _compile(plan)
    make_lane = lane_maker()
    lanes = deque(make_lane() for _ in range(LANES))
    under_way: deque[_Started] = deque()
    first, done = 0, 0
    while first < len(x) or under_way:
        # The batch before this one is computed while this one is copied; the one before that must have left its lane.
        if len(under_way) == LANES or first == len(x):
            batch = under_way.popleft()
            values = out[batch.rows]
            _finish(plan, batch, values, length)
            pace.took(len(values), time.perf_counter() - batch.began)
            lanes.append(batch.lane)
            done += len(values)
            if keep is not None:
                keep(batch.on_card)
            if progress is not None:
                progress(done, len(x))
            continue
        series = min(pace.series(most), len(x) - first)
        try:
            under_way.append(_start(plan, lanes[0], x, hours, slice(first, first + series)))
        except MemoryError:
            # What was started of it must end before its memory is used again.
            lanes[0].join()
            lanes[0].finish()
            if series <= FEWEST:
                raise
            most = series // 2
            continue
        lanes.popleft()
        first += series
    return out


def _compile(plan: Plan) -> None:
    device_loop(MOMENTS.function)
    if "density" in plan.needs:
        welch.parts()
    for work in plan.works:
        if by_blocks(work):
            near_sets.entropy_loop()
        else:
            device_loop(work.kernel.function)


def _start(plan: Plan, lane: Lane, x: FloatArray, hours: FloatArray, rows: slice) -> _Started:
    began = time.perf_counter()
    if rows.start == rows.stop:
        raise MemoryError("not even one series finds room in the device's free memory")
    when = hours[rows] if len(hours) == len(x) else hours
    with lane:
        batch = prepare(lane, x[rows], when, plan.needs)
        _by_series(
            lane,
            Work(MOMENTS, MOMENTS.encode(()), np.arange(batch.moments.shape[1])),
            batch,
            batch.moments,
            aside=False,
        )
        results = []
        for work in plan.works:
            values = lane.empty((len(batch.x_rows), len(work.columns)), order="F")
            (_by_blocks if by_blocks(work) else _by_series)(lane, work, batch, values)
            results.append(values)
        lane.join()
        on_card = lane.xp.full((len(batch.x_rows), len(plan.names)), np.nan)
        for work, values in zip(plan.works, results, strict=True):
            on_card[:, lane.upload(work.columns)] = values
        return _Started(rows, lane, lane.download(on_card), on_card, began)


def _by_series(lane: Lane, work: Work, batch: Batch, values: Array, *, aside: bool = True) -> None:
    """Start a kernel with a thread for each series."""
    count, length = batch.x.shape
    floats, integers = work.kernel.scratch(length, work.encoded)
    lane.launch(
        device_loop(work.kernel.function),
        count,
        THREADS,
        *(batch.x, batch.moments, batch.ordered, batch.spectrum, batch.density, batch.hours),
        *(lane.upload(_filled(work.encoded.rows)), lane.upload(_filled(work.encoded.table)), values),
        lane.empty((count, max(floats, 1)), order="F"),
        lane.empty((count, max(integers, 1)), np.int64, order="F"),
        lane.empty((count, stack_floats(length)), order="F"),
        lane.upload(np.zeros(1, dtype=np.int64)),
        aside=aside,
    )


def _by_blocks(lane: Lane, work: Work, batch: Batch, values: Array) -> None:
    """Start a kernel with a block of threads for each series."""
    count, length = batch.x.shape
    blocks = min(count, near_sets.BLOCKS)
    threads = min(near_sets.THREADS, -(-length // WARP) * WARP)
    shared = near_sets.shared_bytes(length)
    lane.launch(
        near_sets.entropy_loop(),
        blocks * threads,
        threads,
        *(batch.x_rows, batch.ordered_rows, batch.moments, lane.upload(work.encoded.rows), values),
        lane.empty((blocks, 1 if shared else length + 1), np.int64),
        lane.empty((blocks, near_sets.scratch_integers(length, work.encoded)), np.int32),
        lane.empty((blocks, 2 * len(work.columns))),
        shared=shared,
        aside=True,
    )


def _filled(table: FloatArray) -> FloatArray:
    """A table with something in it: arrays on a card are never empty."""
    if table.size:
        return np.ascontiguousarray(table)
    return np.zeros((max(table.shape[0], 1), max(table.shape[1], 1)))


def _finish(plan: Plan, batch: _Started, values: FloatArray, length: int) -> None:
    """Wait for a batch, fill its values in, and do what scipy does best, on the card's copy too."""
    batch.lane.finish()
    values[...] = batch.values
    for work in plan.works:
        if work.kernel.finish is not None:
            part = values[:, work.columns]
            work.kernel.finish(part, length, work.encoded)
            values[:, work.columns] = part
            batch.on_card[:, batch.lane.xp.asarray(work.columns)] = batch.lane.xp.asarray(part)
