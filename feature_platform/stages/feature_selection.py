"""The fan-in: one selection over all eras of a scope, pinned as a version."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from feature_platform.errors import SelectionError
from feature_platform.selection.api import SelectionReport, select_features
from feature_platform.selection.drift import Drift, drift
from feature_platform.selection.target import read_target
from feature_platform.stages import tsfresh_features
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Manifest
from feature_platform.storage.selections import PinnedSelection, Scope


@dataclass(frozen=True)
class SelectionOutcome:
    """One scope's selection: what was pinned, why, and from which eras."""

    scope: Scope
    pinned: PinnedSelection
    report: SelectionReport
    drift: Drift | None
    eras_missing: tuple[str, ...]
    seconds: float
    simulated: bool


def scopes(platform: Platform, source: str | None = None, level: str | None = None) -> list[Scope]:
    """The scopes that have eras, as their sources' descriptions stand now."""
    return sorted(
        {
            Scope(record.era.source, record.era.level, platform.catalogue.source(record.era.source).features.scope_name)
            for record in platform.catalogue.eras(source=source)
            if level is None or record.era.level == level
        }
    )


def pin_selection(platform: Platform, scope: Scope) -> SelectionOutcome:
    """Select over every era of the scope that has features, and pin the result.

    Eras without features, or with features of other settings, are named in the outcome.

    Raises
    ------
    SelectionError
        If no era of the scope has features, or no column passes.
    StorageError
        If stored features are damaged or the version cannot be written.
    """
    began = time.perf_counter()
    description = platform.catalogue.source(scope.source)
    manifests: dict[str, Manifest] = {}
    missing = []
    for record in platform.catalogue.eras(source=scope.source, level=scope.level):
        if not record.row_count:
            continue
        manifest = platform.datasets.manifest(tsfresh_features.DATASET, record.era_id)
        if manifest is None or manifest.settings_version != scope.feature_set:
            missing.append(record.era_id)
        else:
            manifests[record.era_id] = manifest
    if not manifests:
        raise SelectionError(
            f"no era of {scope.source!r}, level {scope.level!r}, has features of the set {scope.feature_set!r} yet; "
            "materialize tsfresh_features for some of them first"
        )
    target = None
    if description.selection.target is not None:
        target = read_target(description.folder / description.selection.target)
    report = select_features(
        {era_id: _reader(platform, manifest) for era_id, manifest in manifests.items()},
        settings=description.selection,
        target=target,
    )
    before = platform.selections.latest(scope)
    pinned = platform.selections.pin(
        scope,
        report,
        settings=description.selection,
        eras_used={era_id: manifest.version for era_id, manifest in manifests.items()},
        eras_missing=missing,
    )
    return SelectionOutcome(
        scope=scope,
        pinned=pinned,
        report=report,
        drift=None if before is None else drift(before.columns, report.kept),
        eras_missing=tuple(missing),
        seconds=time.perf_counter() - began,
        simulated=description.simulated,
    )


def _reader(platform: Platform, manifest: Manifest) -> Callable[[], pl.DataFrame]:
    return lambda: platform.datasets.read(manifest)
