"""Feature columns of many eras become one selection."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from feature_platform.errors import SelectionError
from feature_platform.selection.clusters import find_followers
from feature_platform.selection.engines import Correlator, Engine
from feature_platform.selection.era_tables import EraReaders, EraTables, FloatArray, IntArray
from feature_platform.selection.filters import Drop, find_constant, find_missing
from feature_platform.selection.profile import Profile, profile_columns
from feature_platform.selection.settings import SelectionSettings

MINIMUM_ROWS = 3
"""Of fewer windows neither a variance nor a correlation says anything."""

LARGEST_MATRIX = 1000
"""Of more kept columns than this an even sample is correlated for the report: a picture has no room for more."""

DROPPED_SCHEMA = pl.Schema(
    {"column": pl.String(), "reason": pl.String(), "detail": pl.String(), "kept_column": pl.String()}
)

ADVICE = {
    "missing": "windows with gaps have no features: raise selection.maximum_missing or preprocessing.max_gap, or leave "
    "sensors with gaps out",
    "variance": "lower selection.minimum_variance or take longer eras",
    "relevance": "raise selection.fdr_level, give the target for more windows, or remove the target",
}


@dataclass(frozen=True)
class SelectionReport:
    """What a selection kept, and why it dropped the rest.

    `kept` is in the order of the features' own columns; `dropped` has `DROPPED_SCHEMA`, in the same order. `rows` are
    the windows of all eras together that have any value. `clusters` are the columns dropped for each kept one,
    `correlation` is the matrix of the kept columns `correlated` (NaN where undefined), None where it was not computed;
    `notes` say what was not done, and why; `engine` correlated, for `engine_reason`.
    """

    kept: tuple[str, ...]
    dropped: pl.DataFrame
    eras: tuple[str, ...]
    rows: int
    correlation: FloatArray | None
    correlated: tuple[str, ...]
    clusters: dict[str, tuple[str, ...]]
    notes: tuple[str, ...]
    engine: Engine
    engine_reason: str

    @property
    def reasons(self) -> dict[str, int]:
        """How many columns each filter dropped, in the filters' order."""
        counts = Counter(self.dropped["reason"].to_list())
        return {reason: counts[reason] for reason in ("missing", "variance", "correlation", "relevance")}


def select_features(
    eras: EraReaders, *, settings: SelectionSettings, target: pl.DataFrame | None = None, matrix: bool = True
) -> SelectionReport:
    """Select over the features of all eras: missing share, variance, correlation clusters, then relevance.

    Windows in which no column has a value take no part.

    `eras` are readers of feature tables by era id, called again for each pass unless all tables together are small;
    `window_start`, `window_end` and coverages are no features. The order of the eras changes nothing. `target` has
    era_id, target and, for a target per window, window_start. Without `matrix` the report has no correlations.

    Raises
    ------
    SelectionError
        If there is nothing to select from, the target is unusable, or no column is left.
    """
    tables = EraTables(eras)
    profile = profile_columns(tables)
    correlator = Correlator(tables, settings.engine)
    notes = [
        f"era {era_id} lacks {count} of {len(tables.columns)} columns; they count as missing there"
        for era_id, count in tables.lacking.items()
    ]
    if tables.empty_rows:
        notes.append(f"{tables.empty_rows} windows were left out: every column has gaps there")
    drops: list[Drop] = []

    def drop(found: Sequence[Drop]) -> None:
        nonlocal profile
        drops.extend(found)
        profile = _without(profile, found)
        if not profile.columns:
            raise _nothing_left(drops, tables)

    drop(find_missing(profile, maximum=settings.maximum_missing))
    enough = tables.rows >= MINIMUM_ROWS
    if enough:
        drop(find_constant(profile, minimum=settings.minimum_variance))
        followers = find_followers(correlator, profile, maximum=settings.maximum_correlation)
        drop([Drop(f.column, "correlation", f"r = {f.correlation:+.4f}", f.kept_column) for f in followers])
    else:
        notes.append(
            f"variance and correlation were not looked at: {tables.rows} windows are too few, {MINIMUM_ROWS} are needed"
        )
    if target is not None:
        from feature_platform.selection.relevance import find_irrelevant  # noqa: PLC0415 - slow to import; a target is rare

        drop(find_irrelevant(tables, profile, target, fdr_level=settings.fdr_level))
    sample = profile.take(_evenly(len(profile.columns), LARGEST_MATRIX if matrix and enough else 0))
    correlation = correlator.correlate(sample, sample) if sample.columns else None
    return SelectionReport(
        kept=profile.columns,
        dropped=_table(drops, tables.columns),
        eras=tables.eras,
        rows=tables.rows,
        correlation=correlation,
        correlated=sample.columns,
        clusters=_clusters(drops, profile.columns),
        notes=tuple(notes),
        engine=correlator.engine,
        engine_reason=correlator.reason,
    )


def _without(profile: Profile, found: Sequence[Drop]) -> Profile:
    gone = {drop.column for drop in found}
    return profile.take(np.array([place for place, name in enumerate(profile.columns) if name not in gone], np.int64))


def _evenly(count: int, most: int) -> IntArray:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _table(drops: Sequence[Drop], order: Sequence[str]) -> pl.DataFrame:
    place = {name: number for number, name in enumerate(order)}
    rows = sorted(drops, key=lambda drop: place[drop.column])
    return pl.DataFrame(
        [(drop.column, drop.reason, drop.detail, drop.kept_column) for drop in rows],
        schema=DROPPED_SCHEMA,
        orient="row",
    )


def _clusters(drops: Sequence[Drop], kept: Sequence[str]) -> dict[str, tuple[str, ...]]:
    followers: dict[str, list[str]] = {}
    for drop in drops:
        if drop.kept_column is not None:
            followers.setdefault(drop.kept_column, []).append(drop.column)
    return {column: tuple(sorted(followers[column])) for column in kept if column in followers}


def _nothing_left(drops: Sequence[Drop], tables: EraTables) -> SelectionError:
    counts = Counter(drop.reason for drop in drops)
    listed = ", ".join(f"{count} by {reason}" for reason, count in counts.items())
    return SelectionError(
        f"no column is left of {len(tables.columns)} over {len(tables.eras)} eras with {tables.rows} windows (dropped: "
        f"{listed}); {ADVICE[drops[-1].reason]}"
    )
