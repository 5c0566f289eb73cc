"""Stage 4: an era's features, projected onto its scope's pinned selection."""

import time

import polars as pl

from feature_platform.selection.api import select_features
from feature_platform.selection.summary import SENSOR, kept_by
from feature_platform.stages import feature_store, tsfresh_features
from feature_platform.stages.feature_store import serve_features
from feature_platform.stages.feature_units import described_columns, feature_units
from feature_platform.stages.outcome import CheckOutcome, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Manifest, Provenance
from feature_platform.storage.selections import PinnedSelection, Scope

DATASET = "selected_features"
CODE_VERSION = "1"
CHECKS = {
    feature_store.CHECK: "The store of features in PostgreSQL holds what this era's manifest says.",
    "pinned_columns": "Every column of the pinned selection is there.",
    "null_features": "The share of null feature values is within the source's limit.",
}
"""The last one always has a result: by it a batch's retry knows that an era is done."""
KEYS = ("window_start", "window_end")
PROVISIONAL = "provisional"


def settings_version(pinned: PinnedSelection | None) -> str:
    """What a selected_features manifest says of the selection that it follows."""
    return PROVISIONAL if pinned is None else pinned.label


def project_features(platform: Platform, era_id: str) -> StageOutcome:
    """Store one era's selected features: the pinned version's columns, or a provisional selection of its own.

    Raises
    ------
    EraError
        If the era is unknown or superseded.
    StorageError
        If its tsfresh_features are missing or damaged, or the result cannot be written.
    SelectionError
        If nothing can be selected.
    """
    began = time.perf_counter()
    record = platform.current_era(era_id)
    era = record.era
    description = platform.catalogue.source(era.source)
    features = platform.datasets.require(tsfresh_features.DATASET, era_id)
    table = platform.datasets.read(features)
    pinned = platform.selections.latest(Scope(era.source, era.level, features.settings_version))
    if pinned is None:
        report = select_features({era_id: lambda: table}, settings=description.selection, matrix=False)
        kept, engine = report.kept, f"{report.engine}: {report.engine_reason}"
    else:
        kept, engine = pinned.columns, "none: the columns are pinned"
    present = set(table.columns)
    absent = [name for name in kept if name not in present]
    nothing = pl.repeat(None, table.height, dtype=pl.Float64, eager=True)
    selected = table.select(KEYS).hstack([table[name] if name in present else nothing.alias(name) for name in kept])
    manifest = platform.datasets.write(
        DATASET,
        era_id,
        selected,
        Provenance(
            data_version=features.data_version,
            data_revision=features.data_revision,
            input_version=features.version,
            settings_version=settings_version(pinned),
            code_version=CODE_VERSION,
            engine="polars",
            details={"row_count": features.details["row_count"], "windows": selected.height, "features": len(kept)},
        ),
    )
    return StageOutcome(
        manifest=manifest,
        feature_set=description.features.cost_name,
        metadata={
            "selection": settings_version(pinned),
            "selection_engine": engine,
            "selected": len(kept),
            "of_features": len(features.details["features"]),
            "windows": selected.height,
            "bytes": manifest.bytes,
            "seconds": round(time.perf_counter() - began, 3),
            "selected_by_sensor": kept_by(SENSOR, kept, features.details["features"]),
            "selected_columns": described_columns(kept, feature_units(description)),
        },
        checks=(
            *serve_features(platform, era, selected),
            *_checks(manifest, selected, absent, description.limits.null_feature_share),
        ),
    )


def _checks(manifest: Manifest, selected: pl.DataFrame, absent: list[str], limit: float) -> tuple[CheckOutcome, ...]:
    nulls = sum(column.null_count() for column in selected.iter_columns() if column.name not in KEYS)
    share = nulls / max(selected.height * (selected.width - len(KEYS)), 1)
    return (
        CheckOutcome.of_problems(
            "pinned_columns",
            [f"{name} is in the pinned selection but not among this era's features" for name in absent],
            f"the columns are those of selection {manifest.settings_version}",
        ),
        CheckOutcome(
            name="null_features",
            passed=share <= limit,
            severity="warning",
            description=f"{share:.2%} of the selected values are null; the limit is {limit:.2%}",
            metadata={"null_feature_share": share, "limit": limit},
        ),
    )
