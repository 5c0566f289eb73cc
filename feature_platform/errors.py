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


class FeatureError(FeaturePlatformError):
    """Features cannot be computed as asked."""


class SelectionError(FeaturePlatformError):
    """Columns cannot be selected as asked."""


class StorageError(FeaturePlatformError):
    """Stored data is missing, damaged, or cannot be written."""


class RoutingError(FeaturePlatformError):
    """The queue, a route or a worker process is not configured in a usable way."""
