"""Deleting stored files that nothing needs any more."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from feature_platform.stages import tsfresh_features
from feature_platform.stages.datasets import DATASETS
from feature_platform.stages.platform import Platform
from feature_platform.storage.outdated import forgotten_frames, outdated_frames, outdated_readings
from feature_platform.storage.root import StoredFile

READINGS = "source_readings"


@dataclass(frozen=True)
class Outdated:
    """What may go of one dataset: `files` in the folders of so many eras or sources."""

    dataset: str
    folders: int
    files: int
    bytes: int


@dataclass(frozen=True)
class CleanUpReport:
    """What may go, or went, by dataset; `unknown_eras` are stored, never were in the catalogue, and stay."""

    outdated: tuple[Outdated, ...]
    unknown_eras: tuple[str, ...]
    deleted: bool

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(each.bytes for each in self.outdated)

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return {**asdict(self), "bytes": self.bytes}


def clean_up(platform: Platform, *, before: datetime, source: str | None = None, delete: bool) -> CleanUpReport:
    """List, and with `delete` remove, what was replaced before a moment or written before it and never committed.

    The newest manifest of each era, the imports that count, and the features that pinned selections were chosen from
    stay whatever their age. An era goes whole only if it was pruned from the catalogue. Logs go before the files that
    they name: whoever stops in the middle leaves files that the next clean-up finds.

    Raises
    ------
    EraError
        If the source is not registered.
    StorageError
        If the storage root cannot be read or written.
    """
    if source is not None:
        platform.catalogue.source_version(source)
    places = _Places(platform, before, source)
    sums: dict[str, list[Outdated]] = defaultdict(list)
    for dataset, folder, files in places:
        sums[dataset].append(Outdated(dataset, 1, len(files), sum(file.bytes for file in files)))
        if delete:
            for file in files:
                platform.root.delete(file.name)
            if not platform.root.files(folder):
                platform.root.delete(folder)
    outdated = tuple(
        Outdated(dataset, len(found), sum(each.files for each in found), sum(each.bytes for each in found))
        for dataset, found in sums.items()
    )
    return CleanUpReport(outdated, tuple(sorted(places.unknown_eras)), delete)


class _Places:
    """Each folder that holds what may go: its dataset, its name, and the files in the order in which they may."""

    def __init__(self, platform: Platform, before: datetime, source: str | None) -> None:
        self._platform, self._before, self._source = platform, before, source
        self.unknown_eras: set[str] = set()

    def __iter__(self) -> Iterator[tuple[str, str, list[StoredFile]]]:
        catalogue = self._platform.catalogue
        # Listed before anything goes: what is pruned meanwhile is next time's.
        known = {record.era_id for record in catalogue.eras(include_superseded=True)}
        pruned = catalogue.pruned() - known
        pinned = self._pinned_files()
        for dataset in DATASETS:
            for era_id, files in self._by_era(dataset).items():
                folder = f"{dataset}/era_id={era_id}"
                if era_id in known:
                    chosen = outdated_frames(self._platform.root, folder, files, before=self._before, pinned=pinned)
                elif era_id in pruned:
                    chosen = forgotten_frames(folder, files, before=self._before, pinned=pinned)
                else:
                    self.unknown_eras.add(era_id)
                    continue
                if chosen:
                    yield dataset, folder, chosen
        for source in catalogue.sources() if self._source is None else [self._source]:
            files = outdated_readings(self._platform.readings, source, before=self._before)
            if files:
                yield READINGS, f"{READINGS}/source={source}", files

    def _by_era(self, dataset: str) -> dict[str, list[StoredFile]]:
        prefix = "era_id=" if self._source is None else f"era_id={self._source}."
        found: dict[str, list[StoredFile]] = defaultdict(list)
        for file in self._platform.root.files(dataset):
            place = file.name.split("/")[1]
            if place.startswith(prefix):
                found[place.removeprefix("era_id=")].append(file)
        return found

    def _pinned_files(self) -> set[str]:
        return {
            f"{tsfresh_features.DATASET}/era_id={era_id}/{version}.parquet"
            for scope in self._platform.selections.scopes()
            for pinned in self._platform.selections.versions(scope)
            for era_id, version in pinned.eras_used.items()
        }
