"""A Dagster instance, in memory unless a test asks for one on disk, and a platform in a temporary folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions
from feature_platform.routing.worker_process import WORKER_VARIABLE
from feature_platform.stages.platform import Platform
from feature_platform_tests.orchestration.batches import declared_source, take_in


@pytest.fixture
def instance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    if getattr(request, "param", "in memory") == "on disk":
        with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("home"))) as opened:
            yield opened
        return
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}")


@pytest.fixture
def definitions(platform: Platform) -> dg.Definitions:
    return build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)


@pytest.fixture
def declared_eras(tmp_path: Path, platform: Platform, instance: dg.DagsterInstance) -> list[str]:
    """Ids of three eras, the one in the middle without readings."""
    return take_in(declared_source(tmp_path / "declared"), platform, instance)


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Exit codes that a worker would have ended with."""
    codes: list[int] = []
    monkeypatch.setenv(WORKER_VARIABLE, "run")
    monkeypatch.setattr(os, "_exit", codes.append)
    return codes
