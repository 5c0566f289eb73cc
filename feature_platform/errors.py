"""The one error family that users meet: each text names the place and says what to do about it."""


class FeaturePlatformError(Exception):
    """Bad input or state that a user can mend."""


class SourceError(FeaturePlatformError):
    """A source's description, file, table or readings are unusable."""


class EraError(FeaturePlatformError):
    """An era, a way of cutting eras, or the era catalogue is unusable."""


class CatalogueUnreachableError(EraError):
    """The era catalogue's database does not answer, is locked, or cannot be written."""


class PreprocessingError(FeaturePlatformError):
    """Readings cannot be put on a grid as asked."""


class FeatureError(FeaturePlatformError, ValueError):
    """Features cannot be computed as asked; a ValueError, since that is what tsfresh raises on bad input."""


class SeriesError(FeatureError):
    """One series of several cannot be computed: the one at `position`, because of `problem`."""

    def __init__(self, position: int, problem: str) -> None:
        super().__init__(f"series {position}: {problem}")
        self.position = position
        self.problem = problem


class SelectionError(FeaturePlatformError):
    """Columns cannot be selected as asked."""


class StorageError(FeaturePlatformError):
    """Stored data is missing, damaged, or cannot be written."""


class StoreError(StorageError):
    """The feature store in PostgreSQL cannot be reached, read or written."""


class RoutingError(FeaturePlatformError):
    """The queue, a route or a worker process is not configured in a usable way."""
