"""One deployment's stores and catalogue, as the stages use them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from feature_platform import home
from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import EraRecord
from feature_platform.errors import EraError
from feature_platform.storage.frames import EraDatasets
from feature_platform.storage.readings import ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform.storage.selections import PinnedSelections
from feature_platform.store.feature_store import FeatureStore


class SupersededEraError(EraError):
    """The era was replaced by a later cut: nothing is computed for it any more."""


@dataclass(frozen=True)
class Platform:
    """Opened from a storage URL and a catalogue URL; both default to the Dagster home. A feature store is optional."""

    storage_url: str
    catalogue_url: str
    store_url: str | None = field(default=None, repr=False)  # it may hold a password

    @classmethod
    def from_environment(cls, *, storage_url: str | None = None, catalogue_url: str | None = None) -> Self:
        """The deployment that the environment names, where a URL is not given."""
        return cls(storage_url or home.storage_url(), catalogue_url or home.catalogue_url(), home.store_url())

    @cached_property
    def root(self) -> StorageRoot:
        """The storage root."""
        return StorageRoot(self.storage_url)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The era catalogue, migrated to the newest schema."""
        return Catalogue(self.catalogue_url)

    @property
    def readings(self) -> ReadingsStore:
        """All imported readings."""
        return ReadingsStore(self.root)

    @property
    def datasets(self) -> EraDatasets:
        """The era datasets."""
        return EraDatasets(self.root)

    @property
    def selections(self) -> PinnedSelections:
        """The pinned selections."""
        return PinnedSelections(self.root)

    @cached_property
    def store(self) -> FeatureStore | None:
        """The feature store in PostgreSQL, where one is configured."""
        return None if self.store_url is None else FeatureStore(self.store_url)

    def current_era(self, era_id: str) -> EraRecord:
        """The era's record.

        Raises
        ------
        EraError
            If there is no such era.
        SupersededEraError
            If a later cut replaced it.
        """
        record = self.catalogue.era(era_id)
        if record.superseded_at is not None:
            heirs = ", ".join(record.superseded_by) or "no era"
            raise SupersededEraError(
                f"era {era_id} was superseded on {record.superseded_at:%Y-%m-%d %H:%M} UTC by {heirs}; "
                "it is skipped, materialize those instead"
            )
        return record
