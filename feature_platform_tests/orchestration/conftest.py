"""An in-memory Dagster instance and a platform in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions
from feature_platform.stages.platform import Platform


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}")


@pytest.fixture
def definitions(platform: Platform) -> dg.Definitions:
    return build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
