"""Reading features from the storage root: pinned columns of eras, as known now or at an earlier time."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import polars as pl

from feature_platform.storage.frames import EraDatasets, Manifest
from feature_platform.storage.root import StorageRoot
from feature_platform.storage.selections import Pinned, PinnedSelection, PinnedSelections, Scope


class ParquetFeatures:
    """Features of some eras in the storage root, as known at `as_of`, by default now."""

    def __init__(self, root: StorageRoot, dataset: str, era_ids: Sequence[str], as_of: datetime | None) -> None:
        self._root = root
        self._datasets = EraDatasets(root)
        self._selections = PinnedSelections(root)
        self._dataset = dataset
        self._era_ids = era_ids
        self._as_of = as_of

    @property
    def place(self) -> str:
        """Where errors say that features are looked for."""
        return self._root.url

    @property
    def cure(self) -> str:
        """What errors say to do where there are none."""
        needed = dict.fromkeys(("tsfresh_features", self._dataset))
        return f"materialize {' and '.join(needed)} for some of them first"

    @cached_property
    def feature_sets(self) -> set[str]:
        """The sets that the eras' features are of."""
        return {manifest.settings_version for manifest in self._features.values() if manifest is not None}

    @cached_property
    def _features(self) -> dict[str, Manifest | None]:
        return {era_id: self._manifest("tsfresh_features", era_id) for era_id in self._era_ids}

    def latest(self, scope: Scope) -> PinnedSelection | None:
        """The scope's newest version."""
        return self._selections.latest(scope, self._as_of)

    def version(self, scope: Scope, number: int) -> PinnedSelection:
        """One version.

        Raises
        ------
        SelectionError
            If the scope has no such version.
        """
        return self._selections.version(scope, number)

    def tables(self, scope: Scope, pinned: Pinned | None) -> dict[str, pl.DataFrame]:
        """By era id what is stored of it, for the eras that have the dataset."""
        found = {}
        for era_id, features in self._features.items():
            if features is None or features.settings_version != scope.feature_set:
                continue
            manifest = features if self._dataset == "tsfresh_features" else self._selected(era_id, features, pinned)
            if manifest is not None:
                found[era_id] = self._datasets.read(manifest)
        return found

    def _selected(self, era_id: str, features: Manifest, pinned: Pinned | None) -> Manifest | None:
        """The manifest to read selected columns from; None where a provisional choice was never stored."""
        selected = self._manifest("selected_features", era_id)
        if pinned is None:
            return selected
        if selected is None or (selected.settings_version, selected.input_version) != (pinned.label, features.version):
            # Not projected anew since the version was pinned or the features changed: all features hold its columns too
            return features
        return selected

    def _manifest(self, dataset: str, era_id: str) -> Manifest | None:
        return self._datasets.manifest(dataset, era_id, as_of=self._as_of)
