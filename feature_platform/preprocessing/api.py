"""Readings of one era in, its frame out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from feature_platform.preprocessing.engines import Engine, Run, collect
from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.pieces import Frames, preprocess_in_pieces
from feature_platform.preprocessing.plan import build_plan, split
from feature_platform.preprocessing.scaling import ScalingStatistics
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription


@dataclass(frozen=True)
class FrameResult:
    """An era's frame and how it was made.

    `frame` has the columns of `frame_schema`. `coverage` has one row per sensor: `sensor_id`, `readings` in the era
    (after deduplication), `out_of_range`, `non_finite`, grid cells `known`, `interpolated` and `null` (all i64), and
    `coverage`, the share of cells that are not null (f64).
    """

    frame: pl.DataFrame
    engine: Engine
    engine_reason: str
    seconds: float
    coverage: pl.DataFrame


def preprocess(
    readings: pl.LazyFrame,
    sensors: Sequence[SensorDescription],
    *,
    start: datetime,
    end: datetime,
    settings: PreprocessingSettings,
    scaling: ScalingStatistics | None = None,
) -> FrameResult:
    """Put an era's readings on its regular grid.

    Readings of other sensors are ignored. Without any reading the frame is all null; an era shorter than one step
    is one cell.

    Parameters
    ----------
    readings
        `READINGS_SCHEMA`, in order of arrival. Those from `start - settings.warm_up` on may reach into the frame;
        those at `end` or later never do.
    start, end
        The era `[start, end)` in UTC. The grid is anchored at `start`, with every step that begins before `end`.

    Raises
    ------
    PreprocessingError
        If bounds, sensors, columns, grid size, scaling or engine are unusable.
    """
    layout = Layout(tuple(sensors), start, end, settings)
    plan = build_plan(readings, layout, scaling)

    def whole(run: Run) -> Frames:
        return split(run(plan), layout)

    def pieces(run: Run) -> tuple[Frames, int]:
        return preprocess_in_pieces(readings, layout, scaling, run)

    collected = collect(whole, pieces, settings.engine)
    frame, coverage = collected.result
    return FrameResult(frame, collected.engine, collected.reason, collected.seconds, coverage)
