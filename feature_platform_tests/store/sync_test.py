"""`store sync`: the manifests are the truth, and whatever differs in the store is mended."""

import json
import shutil
from pathlib import Path

import pytest
from psycopg2 import sql

from feature_platform.errors import StoreError
from feature_platform.stages.platform import Platform
from feature_platform.stages.store_sync import SyncReport, sync_store
from feature_platform_tests.cli.conftest import Command, command, home
from feature_platform_tests.postgres_server import PASSWORD, PostgresServer
from feature_platform_tests.store.conftest import DATABASE
from feature_platform_tests.stored_house import House, now

__all__ = ["command", "home"]  # fixtures of another room

pytestmark = pytest.mark.postgres


@pytest.fixture
def eras(house: House, platform: Platform) -> list[str]:
    """Four eras, all but the last projected onto the pinned selection and stored."""
    found = house.cut(4)
    for number, era_id in enumerate(found):
        house.features(era_id, float(number))
    house.pin("a__mean")
    for number, era_id in enumerate(found[:3]):
        house.selected(era_id, {"a__mean": float(number)}, "v1", house.datasets.manifest("tsfresh_features", era_id))
    house.selected(found[3], {"a__maximum": 1.0}, "provisional", None)
    assert sync_store(platform) == SyncReport(0, tuple(found[:3]), (), (found[3],), {})
    assert sync_store(platform) == SyncReport(3, (), (), (found[3],), {})
    return found


def test_every_kind_of_mismatch_is_mended(
    house: House, platform: Platform, eras: list[str], store_url: str, store_server: PostgresServer
) -> None:
    before = house.load(store=store_url, eras=eras[:3])
    for damage, era_id in (
        ("DELETE FROM features.window_values WHERE window_start > '2024-01-01' AND era_id = {}", eras[0]),
        ("UPDATE features.era_versions SET manifest_version = 'other' WHERE era_id = {}", eras[1]),
    ):
        store_server.execute(sql.SQL(damage).format(sql.Literal(era_id)), database=DATABASE)
    assert sync_store(platform) == SyncReport(1, tuple(eras[:2]), (), (eras[3],), {})
    assert house.load(store=store_url, eras=eras[:3]).equals(before)
    store_server.execute("TRUNCATE features.era_versions, features.selection_lists", database=DATABASE)
    assert sync_store(platform) == SyncReport(0, tuple(eras[:3]), (), (eras[3],), {})
    assert house.load(store=store_url, eras=eras[:3]).equals(before)


def test_an_era_that_is_gone_is_withdrawn_and_a_damaged_one_stops_no_other(
    house: House, platform: Platform, eras: list[str], store_url: str, store_server: PostgresServer
) -> None:
    known = now()
    shutil.rmtree(Path(house.storage, "selected_features", f"era_id={eras[0]}"))
    file = Path(house.storage, house.datasets.require("selected_features", eras[1]).file)
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    store_server.execute("UPDATE features.era_versions SET manifest_version = 'other'", database=DATABASE)
    report = sync_store(platform)
    assert (report.right, report.written, report.withdrawn, report.behind) == (0, (eras[2],), (eras[0],), (eras[3],))
    assert list(report.failed) == [eras[1]]
    assert (
        f"is damaged (its content is not what was written); materialize selected_features of era {eras[1]}"
        in (report.failed[eras[1]])
    )
    file.write_bytes(content)
    assert sync_store(platform) == SyncReport(1, (eras[1],), (), (eras[3],), {})
    with pytest.warns(UserWarning, match=f"2 eras of .* lack selected_features: {eras[0]}, {eras[3]}$"):
        assert set(house.load(store=store_url)["era_id"]) == {eras[1], eras[2]}
    # What was withdrawn stays for those who ask for what was known before.
    assert set(house.load(store=store_url, eras=eras[:1], as_of=known)["era_id"]) == {eras[0]}


def test_the_views_learn_which_eras_were_superseded(
    house: House, platform: Platform, eras: list[str], store_server: PostgresServer
) -> None:
    house.cut(1)  # the first era alone
    sync_store(platform)
    assert store_server.execute("SELECT era_id FROM features.eras", database=DATABASE) == [(eras[0],)]
    house.cut(4)
    sync_store(platform)
    assert store_server.execute("SELECT count(*) FROM features.eras", database=DATABASE) == [(3,)]


def test_a_wrong_root_or_catalogue_does_not_empty_the_store(
    platform: Platform, eras: list[str], tmp_path: Path
) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    for wrong in (
        Platform(elsewhere, platform.catalogue_url, platform.store_url),
        Platform(platform.storage_url, f"sqlite:///{elsewhere}.db", platform.store_url),
    ):
        with pytest.raises(
            StoreError, match=r"holds 3 eras, but .* know none; check .*: nothing was changed"
        ) as caught:
            sync_store(wrong)
        assert PASSWORD not in str(caught.value) + repr(wrong)
    assert sync_store(platform).right == 3


def test_the_commands(
    command: Command,
    house: House,
    platform: Platform,
    eras: list[str],
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "set FEATURE_PLATFORM_STORE_URL" in command("store", "sync").stderr
    assert "name the owner's URL: --url" in command("store", "init").stderr
    assert command("store", "init", "--url", store_url).exit_code == 0
    for name, value in (
        ("FEATURE_PLATFORM_STORAGE", platform.storage_url),
        ("FEATURE_PLATFORM_CATALOGUE_URL", platform.catalogue_url),
        ("FEATURE_PLATFORM_STORE_URL", platform.store_url or ""),
        ("FEATURE_PLATFORM_STORE_OWNER_URL", store_url),
    ):
        monkeypatch.setenv(name, value)
    assert json.loads(command("store", "sync", "--json").stdout) == {
        "right": 3,
        "written": [],
        "withdrawn": [],
        "behind": [eras[3]],
        "failed": {},
    }
    assert "***@127.0.0.1" in command("doctor").stdout
    house.features(eras[0], 7.0)
    house.selected(eras[0], {"a__mean": 7.0}, "v1", house.datasets.manifest("tsfresh_features", eras[0]))
    said = command("store", "sync").stdout
    assert said == "2 eras were right, 1 written, 0 withdrawn, 1 not yet projected onto a pinned selection\n"
    refused = command("store", "prune", "--older-than", "soon")
    assert (refused.exit_code, "--older-than: 'soon' is no duration" in refused.stderr) == (2, True)
    assert "0 replaced versions of eras pruned" in command("store", "prune", "--older-than", "1h").stderr
