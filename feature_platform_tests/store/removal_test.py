"""Removing a source from the feature store: its owner takes all of it, and another source's rows stay."""

from pathlib import Path

import pytest

from feature_platform.errors import StoreError
from feature_platform.stages.platform import Platform
from feature_platform.stages.source_removal import source_traces
from feature_platform.stages.store_sync import sync_store
from feature_platform.store.feature_store import FeatureStore
from feature_platform_tests.cli.conftest import Command, command, home
from feature_platform_tests.postgres_server import PostgresServer
from feature_platform_tests.store.conftest import DATABASE, TABLES
from feature_platform_tests.store.values import ERA, era_values, windows
from feature_platform_tests.stored_house import House

__all__ = ["command", "home"]  # fixtures of another room

pytestmark = pytest.mark.postgres


@pytest.fixture
def filled(house: House, platform: Platform, store_url: str) -> list[str]:
    """Two eras in the store, one of them with a replaced version, and an era of another source."""
    eras = house.cut(2)
    for number, era_id in enumerate((*eras, eras[0])):
        features = house.features(era_id, float(number))
        house.pin("a__mean")
        house.selected(era_id, {"a__mean": float(number)}, "v1", features)
        sync_store(platform)
    other = era_values(["a__mean"], era=type(ERA)("house-2", "declared", ERA.start, ERA.end))
    FeatureStore(store_url).put(other, windows({"a__mean": [1.0]}), still_wanted=lambda: True)
    return eras


def counts(server: PostgresServer) -> list[int]:
    return [
        server.execute(f"SELECT count(*) FROM {table}", database=DATABASE)[0][0]  # noqa: S608 - constants
        for table in TABLES.split(", ")
    ]


def test_the_owner_removes_what_a_worker_may_not(
    platform: Platform, filled: list[str], store_url: str, store_server: PostgresServer
) -> None:
    assert source_traces(platform, "house").stored == 3 + 1
    with pytest.raises(StoreError, match=r"permission denied.*init and prune need the owner's URL"):
        FeatureStore(platform.store_url or "").remove("house")
    assert counts(store_server) == [4, 2, 7]
    owned = FeatureStore(store_url)
    for _ in range(2):
        owned.remove("house")
        assert counts(store_server) == [1, 1, 1]
    assert owned.count("house-2") == 2


def test_the_command_asks_for_the_owner_before_anything_goes(
    command: Command,
    house: House,
    platform: Platform,
    filled: list[str],
    store_url: str,
    store_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FEATURE_PLATFORM_STORAGE", platform.storage_url)
    monkeypatch.setenv("FEATURE_PLATFORM_CATALOGUE_URL", platform.catalogue_url)
    monkeypatch.setenv("FEATURE_PLATFORM_STORE_URL", platform.store_url or "")
    refused = command("sources", "remove", "house", "--yes")
    assert (refused.exit_code, "FEATURE_PLATFORM_STORE_OWNER_URL" in refused.stderr) == (2, True)
    assert len(house.catalogue.eras()) == 2
    monkeypatch.setenv("FEATURE_PLATFORM_STORE_OWNER_URL", store_url)
    assert command("sources", "remove", "house", "--yes").exit_code == 0
    assert counts(store_server) == [1, 1, 1]
    assert house.catalogue.sources() == []
    assert [file for file in Path(house.storage).rglob("*") if "house" in str(file.relative_to(house.storage))] == []
