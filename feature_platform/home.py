"""Where this deployment keeps things: environment variables first, else folders of the Dagster home."""

import os
from pathlib import Path

from feature_platform.errors import FeaturePlatformError

STORAGE_VARIABLE = "FEATURE_PLATFORM_STORAGE"
CATALOGUE_VARIABLE = "FEATURE_PLATFORM_CATALOGUE_URL"
STORE_VARIABLE = "FEATURE_PLATFORM_STORE_URL"


def dagster_home() -> Path:
    """The folder that DAGSTER_HOME names.

    Raises
    ------
    FeaturePlatformError
        If it is unset or no absolute path: Dagster would run without its queue and routing, in silence.
    """
    home = os.environ.get("DAGSTER_HOME", "")
    if not Path(home).is_absolute():
        raise FeaturePlatformError(
            f"DAGSTER_HOME is {home!r}; set it to the absolute path of a folder that holds a dagster.yaml "
            "(feature-platform init makes one), or queue and routing are off"
        )
    return Path(home)


def storage_url() -> str:
    """The storage root: FEATURE_PLATFORM_STORAGE, else `data` in the Dagster home."""
    return os.environ.get(STORAGE_VARIABLE) or str(dagster_home() / "data")


def catalogue_url() -> str:
    """The era catalogue's SQLAlchemy URL: FEATURE_PLATFORM_CATALOGUE_URL, else SQLite in the Dagster home."""
    return os.environ.get(CATALOGUE_VARIABLE) or f"sqlite:///{dagster_home() / 'catalogue.db'}"


def store_url() -> str | None:
    """The feature store's PostgreSQL URL: FEATURE_PLATFORM_STORE_URL; None where there is no such store."""
    return os.environ.get(STORE_VARIABLE) or None
