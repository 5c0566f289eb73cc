"""What the manifests say that the feature store should hold of an era."""

from dataclasses import dataclass
from datetime import datetime

from feature_platform.eras.era import Era
from feature_platform.storage.frames import EraDatasets, Manifest
from feature_platform.storage.selections import PinnedSelection, PinnedSelections, Scope

SELECTED, FEATURES = "selected_features", "tsfresh_features"


@dataclass(frozen=True)
class EraValues:
    """An era's selected features under a pinned selection; `since` is when the features they are of became known."""

    era: Era
    selection: PinnedSelection
    manifest: Manifest
    since: datetime


def wanted_values(datasets: EraDatasets, selections: PinnedSelections, era: Era) -> EraValues | None:
    """The era's newest selected features; None where they are provisional or of other features than the era's now."""
    manifest = datasets.manifest(SELECTED, era.era_id)
    features = datasets.manifest(FEATURES, era.era_id)
    if manifest is None or features is None or manifest.input_version != features.version:
        return None
    scope = Scope(era.source, era.level, features.settings_version)
    selection = selections.labelled(scope, manifest.settings_version)
    if selection is None:
        return None
    return EraValues(era, selection, manifest, datasets.known_since(features))
