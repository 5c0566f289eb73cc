"""An era's frame becomes a table of features per window, some windows at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from feature_platform.features.batches import extract_complete, window_batches
from feature_platform.features.columns import COVERAGE_SUFFIX, WINDOW_END, WINDOW_START, feature_names, kinds
from feature_platform.features.engine import FeatureEngine, FeaturePlan, FloatArray
from feature_platform.features.engines import make_engine
from feature_platform.features.settings import FeatureSettings
from feature_platform.features.windows import Windows, cut_windows

MOMENT = pl.Datetime("us", "UTC")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class EraFeatures:
    """One era's features, to be computed.

    `windows` are its windows, `kinds` the name that each frame column's features bear, `names` the features' own;
    `series` counts windows times columns, `null_series` those with gaps.
    """

    windows: Windows
    kinds: dict[str, str]
    engine: FeatureEngine
    plan: FeaturePlan
    names: tuple[str, ...]

    @property
    def schema(self) -> pl.Schema:
        """Of each table: `window_start`, `window_end`, `{column}__coverage` for each column, and the features."""
        coverages = {f"{kind}{COVERAGE_SUFFIX}": pl.Float64() for kind in self.kinds.values()}
        bounds = {WINDOW_START: MOMENT, WINDOW_END: MOMENT}
        return pl.Schema(bounds | coverages | dict.fromkeys(self.names, pl.Float64()))

    @property
    def count(self) -> int:
        """How many windows there are."""
        return len(self.windows.starts)

    @property
    def series(self) -> int:
        """Windows times columns."""
        return self.count * len(self.kinds)

    @property
    def null_series(self) -> int:
        """How many series have gaps, and so no features."""
        return sum(int((share < 1).sum()) for share in self.windows.coverage.values())

    def tables(self, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """The feature table, some windows at a time: memory is bounded by these, not by the era.

        A row per window: `window_start` and `window_end` (microseconds, UTC), coverages in [0, 1] and the features, all
        f64, null in a window with gaps and where tsfresh leaves a feature undefined. `progress` is told how many
        complete series of how many are done.
        """
        total, done = self.series - self.null_series, 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            if progress is not None:
                progress(done, total)

        for batch in window_batches(self.windows, len(self.names)):
            values = extract_complete(self.windows, batch, self.plan, self.engine.batch_size, advance)
            yield self._table(batch, values)

    def _table(self, batch: slice, values: FloatArray) -> pl.DataFrame:
        bounds = [
            pl.Series(WINDOW_START, self.windows.starts[batch], MOMENT),
            pl.Series(WINDOW_END, self.windows.ends[batch], MOMENT),
        ]
        coverages = [
            pl.Series(f"{kind}{COVERAGE_SUFFIX}", self.windows.coverage[column][batch])
            for column, kind in self.kinds.items()
        ]
        columns = values.reshape(len(values), len(self.names)).T
        features = [pl.Series(name, column, nan_to_null=True) for name, column in zip(self.names, columns, strict=True)]
        return pl.DataFrame([*bounds, *coverages, *features])


def plan_era_features(
    frame: pl.DataFrame,
    sensors: Sequence[str],
    *,
    start: datetime,
    end: datetime,
    step: timedelta,
    settings: FeatureSettings,
) -> EraFeatures:
    """Features of the sensors' columns, and of the extra columns that the settings name, over the era's windows.

    `frame` has `time` (microseconds, UTC) on a grid of `step` from `start`, and a numeric column per sensor.

    Raises
    ------
    FeatureError
        If the frame or the settings cannot be used; the text names the column, calculator or window setting.
    """
    named = kinds(sensors, settings.columns)
    windows = cut_windows(frame, tuple(named), start=start, end=end, step=step, settings=settings.windows)
    complete = sum(int((share == 1).sum()) for share in windows.coverage.values())
    length = next((values.shape[1] for values in windows.series.values()), 0)
    engine = make_engine(settings.engine, series=complete, length=length)
    plan = engine.plan(settings)
    return EraFeatures(windows, named, engine, plan, feature_names(named, plan.names))
