"""Routing of feature_selection: by columns squared times rows, which is what correlating its columns takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feature_platform.errors import EraError
from feature_platform.routing.cost_policy import shortened
from feature_platform.routing.policy import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta

    import dagster as dg

    from feature_platform.eras.catalogue import Catalogue

SELECTION = "feature_selection"
FEATURES = "tsfresh_features"

DEFAULT_SELECTION_THRESHOLD = 1_000_000_000_000
"""Multiplications, each with an addition: 50 s of one core at the 20 thousand million a second of its BLAS, and about
140 s of the whole selection at its 7 thousand million (measured). Below that a larger worker's start eats its gain."""


def selects(run: dg.DagsterRun) -> bool:
    """Whether the run is one of feature_selection."""
    named = {key.to_user_string() for key in run.asset_selection or ()}
    return SELECTION in named or run.job_name == f"{SELECTION}_job"


def route_selection(
    run_config: Mapping[str, Any], opened: Callable[[], Catalogue], *, threshold: int, default: str, large: str
) -> Route:
    """Choose the class by the largest scope of a run, from the windows of its eras and the columns measured last.

    A size that cannot be looked up goes to `default`, and the reason says why.
    """
    try:
        sizes = list(_scopes(opened(), _asked(run_config, "source"), _asked(run_config, "level")))
    except EraError as error:
        return Route(default, 0, shortened(f"size unknown: {error}"))
    known = [(columns**2 * rows, scope, columns, rows) for scope, columns, rows in sizes if columns is not None]
    if not known:
        scopes = ", ".join(scope for scope, _, _ in sizes) or "any scope"
        return Route(default, 0, shortened(f"no features measured yet of {scopes}"))
    work, scope, columns, rows = max(known)
    side = f"at least {threshold:.3g}" if work >= threshold else f"below {threshold:.3g}"
    return Route(
        large if work >= threshold else default,
        0,
        shortened(f"{scope}: {columns:,} columns² x {rows:,} rows are {work:.3g}, {side}"),
    )


def _asked(run_config: Mapping[str, Any], key: str) -> str | None:
    match run_config:
        case {"ops": {"feature_selection": {"config": {**config}}}} if isinstance(config.get(key), str):
            return str(config[key])
    return None


def _scopes(catalogue: Catalogue, source: str | None, level: str | None) -> Iterator[tuple[str, int | None, int]]:
    """Each scope's name, columns and rows."""
    scopes: dict[tuple[str, str], list[timedelta]] = {}
    for record in catalogue.eras(source=source):
        if record.row_count and level in {None, record.era.level}:
            scopes.setdefault((record.era.source, record.era.level), []).append(record.era.end - record.era.start)
    for (name, cut), lengths in scopes.items():
        features = catalogue.source(name).features
        columns = catalogue.stage_columns(FEATURES, source=name, feature_set=features.cost_name)
        yield f"{name}/{cut}/{features.scope_name}", columns, sum(map(features.windows.count, lengths))
