"""An era a piece at a time, for a memory that does not hold it whole: the same frame, bit for bit."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import polars as pl

from feature_platform.device.faults import Fault, classify, device_errors
from feature_platform.preprocessing.columns import frame_schema
from feature_platform.preprocessing.engines import Run
from feature_platform.preprocessing.layout import EPOCH, MICROSECOND, TIME, Layout
from feature_platform.preprocessing.plan import CELL_COUNTS, COVERAGE_SCHEMA, build_finish, build_plan, split
from feature_platform.preprocessing.scaling import ScalingStatistics
from feature_platform.preprocessing.steps.coverage import READING_COUNTS

LEAST_CELLS = 64
"""Shorter pieces are not cut: the readings around them would outweigh their own."""

Frames = tuple[pl.DataFrame, pl.DataFrame]
Part = TypeVar("Part")


def preprocess_in_pieces(
    readings: pl.LazyFrame, layout: Layout, scaling: ScalingStatistics | None, run: Run
) -> tuple[Frames, int]:
    """Frame and coverage as the whole plan gives them, and in how many pieces: halves, and halves of those.

    Onto the grid the era goes by time, each piece with the readings that interpolation looks at on either side. What
    rolls and scales then goes over the gridded columns by sensors: a rolling sum carries its rounding along the whole
    column, and cut by time it would end in other digits.

    Raises
    ------
    MemoryError, RuntimeError
        The engine's own, if a piece of `LEAST_CELLS` cells or one sensor's columns are too much as well.
    """
    least = max(LEAST_CELLS, 2 * layout.gap)

    def grid(first: int, stop: int) -> Frames:
        piece = _piece(layout, first, stop)
        return split(run(build_plan(_readings(readings, layout, piece), piece, None)), piece)

    def finish(first: int, stop: int) -> pl.DataFrame:
        some = Layout(layout.sensors[first:stop], layout.start, layout.end, layout.settings)
        columns = [TIME, *(sensor.id for sensor in some.sensors)]
        return run(build_finish(gridded.select(columns).lazy(), some, scaling))

    # Only what rolls looks at gridded cells before the era.
    before = [grid_piece for grid_piece, _ in _halved(grid, -layout.lead, 0, least)] if _rolls(layout) else []
    era = list(_halved(grid, 0, layout.cells, least, whole=False))
    coverage = _add_up([counts for _, counts in era], layout)
    gridded = pl.concat([*before, *(cells for cells, _ in era)], rechunk=True)
    count = len(before) + len(era)
    if not _rolls(layout) and scaling is None:
        return (gridded, coverage), count
    parts = list(_halved(finish, 0, len(layout.sensors), 1))
    columns = [parts[0], *(part.drop(TIME) for part in parts[1:])]
    frame = pl.concat(columns, how="horizontal_extend").select(frame_schema(layout.sensors, layout.settings).names())
    return (frame, coverage), count


def _rolls(layout: Layout) -> bool:
    return bool(layout.settings.rolling_windows)


def _halved(
    compute: Callable[[int, int], Part], first: int, stop: int, least: int, *, whole: bool = True
) -> Iterator[Part]:
    """The parts of `first` to `stop`, in order: each as large as memory lets it be."""
    middle = (first + stop) // 2
    is_least = stop - first < 2 * least
    if whole or is_least:
        try:
            found = compute(first, stop)
        except device_errors() as error:
            if is_least or classify(error).fault is not Fault.OUT_OF_MEMORY:
                raise
        else:
            yield found
            return
    yield from _halved(compute, first, middle, least)
    yield from _halved(compute, middle, stop, least)


def _piece(layout: Layout, first: int, stop: int) -> Layout:
    """The era's cells from `first` to before `stop`, which reads as far past them as interpolation does."""
    plain = layout.settings.model_copy(update={"rolling_windows": (), "scaling": "none", "scaling_eras": ()})
    step = layout.settings.step
    end = min(layout.start + stop * step, layout.end)
    return Layout(layout.sensors, layout.start + first * step, end, plain, min(end + layout.gap * step, layout.end))


def _readings(readings: pl.LazyFrame, layout: Layout, piece: Layout) -> pl.LazyFrame:
    """Only what the piece needs, cut out on the host: of a filter the GPU would read both sides."""
    time = pl.col("time")
    begin = EPOCH + max(piece.first, layout.first) * MICROSECOND
    end = EPOCH + (piece.first + piece.stop) * MICROSECOND
    return readings.filter(time >= begin, time < end).collect(engine="in-memory").lazy()


def _add_up(pieces: Sequence[pl.DataFrame], layout: Layout) -> pl.DataFrame:
    counts = pl.concat(pieces).group_by("sensor_id", maintain_order=True)
    total = counts.agg(pl.col(*READING_COUNTS, *CELL_COUNTS).sum())
    share = (layout.cells - pl.col("null")) / layout.cells
    return total.with_columns(share.alias("coverage")).select(COVERAGE_SCHEMA.names())
