"""How an era's stored datasets stand against its data, its settings, the code and the pinned selection."""

from collections.abc import Mapping
from itertools import pairwise

from feature_platform.eras.era import EraRecord
from feature_platform.eras.staleness import EraState, assess
from feature_platform.sources.description import SourceDescription
from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features
from feature_platform.stages.datasets import DATASETS
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Manifest
from feature_platform.storage.selections import PinnedSelection, Scope

INPUTS = dict(pairwise(reversed(DATASETS)))
"""For each dataset the one that it is computed from."""


def era_state(platform: Platform, record: EraRecord, description: SourceDescription) -> EraState:
    """Which of the era's four datasets are missing, stale by data, input, settings or code, or fresh."""
    pinned = pinned_for(platform, record, description)
    settings_versions = {
        raw_readings.DATASET: description.parse_version,
        preprocessed_frame.DATASET: preprocessed_frame.settings_version(description),
        tsfresh_features.DATASET: description.features.scope_name,
        selected_features.DATASET: selected_features.settings_version(pinned),
    }
    code_versions = {
        raw_readings.DATASET: raw_readings.CODE_VERSION,
        preprocessed_frame.DATASET: preprocessed_frame.CODE_VERSION,
        tsfresh_features.DATASET: tsfresh_features.code_version(description.features),
        selected_features.DATASET: selected_features.CODE_VERSION,
    }
    manifests: Mapping[str, Manifest | None] = {
        dataset: platform.datasets.manifest(dataset, record.era_id) for dataset in DATASETS
    }
    return assess(record, manifests, settings_versions=settings_versions, code_versions=code_versions, inputs=INPUTS)


def pinned_for(platform: Platform, record: EraRecord, description: SourceDescription) -> PinnedSelection | None:
    """The newest pinned selection of the era's scope."""
    return platform.selections.latest(Scope(record.era.source, record.era.level, description.features.scope_name))


def behind_selection(
    platform: Platform, record: EraRecord, description: SourceDescription, pinned: PinnedSelection | None
) -> bool:
    """Whether the era has features of the scope's settings, but selected features of another than the pinned one."""
    if pinned is None:
        return False
    features = platform.datasets.manifest(tsfresh_features.DATASET, record.era_id)
    if features is None or features.settings_version != description.features.scope_name:
        return False
    selected = platform.datasets.manifest(selected_features.DATASET, record.era_id)
    return (
        selected is None
        or selected.settings_version != selected_features.settings_version(pinned)
        or selected.input_version != features.version
    )
