"""An era's frame becomes a table of features per window."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from feature_platform.features.batches import Progress, extract_complete
from feature_platform.features.columns import COVERAGE_SUFFIX, SEPARATOR, WINDOW_END, WINDOW_START, feature_names, kinds
from feature_platform.features.engine import FeatureEngine
from feature_platform.features.native import NativeEngine
from feature_platform.features.reference import TsfreshEngine
from feature_platform.features.settings import FeatureSettings
from feature_platform.features.windows import cut_windows

ENGINES: dict[str, Callable[[], FeatureEngine]] = {"native": NativeEngine, "tsfresh": TsfreshEngine}
SHOWN = 3


@dataclass(frozen=True)
class FeatureResult:
    """One era's features.

    `table` has a row per window: `window_start` and `window_end` (microseconds, UTC), `{column}__coverage` per
    column that features come from, and the features `names`, all f64, null in a window with gaps and where tsfresh
    leaves a feature undefined. `series` counts windows times columns, `null_series` those with gaps, `dropped_tail`
    is what of the era lies after the last window; `delegated` calculators went through tsfresh, with the reason.
    """

    table: pl.DataFrame
    names: tuple[str, ...]
    windows: int
    dropped_tail: timedelta
    engine: str
    engine_version: str
    delegated: dict[str, str]
    seconds: float
    series: int
    null_series: int


def extract_era_features(
    frame: pl.DataFrame,
    sensors: Sequence[str],
    *,
    start: datetime,
    end: datetime,
    step: timedelta,
    settings: FeatureSettings,
    progress: Progress | None = None,
) -> FeatureResult:
    """Features of the sensors' columns, and of the extra columns that the settings name, over the era's windows.

    `frame` has `time` (microseconds, UTC) on a grid of `step` from `start`, and a numeric column per sensor.
    `progress` is told after each batch how many complete series of how many are done.

    Raises
    ------
    FeatureError
        If the frame or the settings cannot be used; the text names the column, calculator or window setting.
    """
    began = time.perf_counter()
    named = kinds(sensors, settings.columns)
    windows = cut_windows(frame, tuple(named), start=start, end=end, step=step, settings=settings.windows)
    engine = ENGINES[settings.engine]()
    values, calculated, complete = extract_complete(windows, engine, settings, progress)
    count = len(windows.starts)
    names = feature_names(named, calculated)
    bounds = pl.DataFrame(
        {WINDOW_START: windows.starts, WINDOW_END: windows.ends},
        schema={WINDOW_START: pl.Datetime("us", "UTC"), WINDOW_END: pl.Datetime("us", "UTC")},
    )
    coverage = pl.DataFrame({f"{kind}{COVERAGE_SUFFIX}": windows.coverage[column] for column, kind in named.items()})
    by_name = zip(names, values.reshape(count, len(names)).T, strict=True)
    features = pl.DataFrame([pl.Series(name, column, nan_to_null=True) for name, column in by_name])
    return FeatureResult(
        table=bounds.hstack(coverage).hstack(features),
        names=names,
        windows=count,
        dropped_tail=windows.dropped_tail,
        engine=engine.name,
        engine_version=engine.version,
        delegated=engine.delegated(settings),
        seconds=time.perf_counter() - began,
        series=count * len(named),
        null_series=count * len(named) - complete,
    )


def check_features(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Problems of an era's feature table, each in words; empty where there is none.

    A window with gaps (coverage below 1) must have no value in any feature of that column, a complete one at least
    one; an undefined feature must be null, not NaN; every feature must belong to a column with a coverage in [0, 1].
    """
    columns = set(table.columns)
    absent = [name for name in names if name not in columns]
    problems = [f"{_listed(absent)}: named as features, not in the table"] * bool(absent)
    by_kind: dict[str, list[str]] = {
        name.removesuffix(COVERAGE_SUFFIX): [] for name in table.columns if name.endswith(COVERAGE_SUFFIX)
    }
    orphans: list[str] = []
    for name in sorted(set(names) - set(absent)):
        by_kind.get(name.partition(SEPARATOR)[0], orphans).append(name)
    problems += [f"{_listed(orphans)}: features without a coverage column"] * bool(orphans)
    for kind, own in by_kind.items():
        problems += [f"{kind}: {problem}" for problem in _kind_problems(table, f"{kind}{COVERAGE_SUFFIX}", own)]
    return problems


def _kind_problems(table: pl.DataFrame, coverage: str, own: list[str]) -> list[str]:
    share, values = table[coverage], table.select(own)
    if share.null_count() or not share.is_between(0, 1).all():
        return ["coverage is not between 0 and 1 in every window"]
    if not own:
        return ["has a coverage but no features"]
    known = ~np.isnan(np.column_stack([column.to_numpy() for column in values]))
    nulls = [column.null_count() for column in values]
    unmarked = [name for name, null, blank in zip(own, nulls, (~known).sum(axis=0), strict=True) if blank > null]
    complete = (share == 1).to_numpy()
    invented, forgotten = known & ~complete[:, None], complete & ~known.any(axis=1)
    problems = [f"NaN where null says undefined: {_listed(unmarked)}"] * bool(unmarked)
    if invented.any():
        guilty = [name for name, wrong in zip(own, invented.any(axis=0), strict=True) if wrong]
        problems.append(
            f"{int(invented.sum())} values in windows with gaps, first in {_first(table, invented.any(axis=1))}: "
            f"{_listed(guilty)}"
        )
    if forgotten.any():
        problems.append(
            f"no feature at all in {int(forgotten.sum())} complete windows, first {_first(table, forgotten)}"
        )
    return problems


def _first(table: pl.DataFrame, windows: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    return f"{table[WINDOW_START][int(windows.argmax())]:%Y-%m-%d %H:%M}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
