"""The platform as a Dagster resource."""

import dagster as dg

from feature_platform.stages.platform import Platform


class PlatformResource(dg.ConfigurableResource[Platform]):
    """Storage root and catalogue of this deployment; both default to what the environment names."""

    storage: str | None = None
    catalogue: str | None = None
    descriptions: list[str] = []
    """Paths of source YAML files that source_readings registers before it imports."""

    def open(self) -> Platform:
        """The stores and the catalogue, opened."""
        return Platform.from_environment(storage_url=self.storage, catalogue_url=self.catalogue)
