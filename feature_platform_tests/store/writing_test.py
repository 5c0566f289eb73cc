"""An era's values arrive to the bit, flip in one transaction, and no older writer replaces newer ones."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import psycopg2
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from feature_platform.errors import StorageError, StoreError
from feature_platform.storage.selections import Scope
from feature_platform.store.feature_store import FeatureStore
from feature_platform.store.installation import install_store
from feature_platform.store.reading import StoredFeatures
from feature_platform_tests.pgbouncer import running_pgbouncer
from feature_platform_tests.postgres_server import PASSWORD, MissingPostgresError, PostgresServer
from feature_platform_tests.store.conftest import DATABASE, url_of
from feature_platform_tests.store.values import DAY, ERA, SET, START, NamedEra, era_values, windows

pytestmark = pytest.mark.postgres
SCOPE = Scope(ERA.source, ERA.level, SET)
HOSTILE = ["'; DROP TABLE features.era_versions; --", 'a"b', "a\\N\t{,}\n%s:x", "\U0001f345", "NULL", "x" * 10_000]


@pytest.fixture
def store(store_url: str) -> FeatureStore:
    return FeatureStore(url_of("worker", store_url))


@pytest.fixture
def pooled(store_server: PostgresServer, store_url: str) -> Iterator[str]:
    """The store through pgbouncer in transaction mode, all clients on two server connections."""
    try:
        with running_pgbouncer(store_server, pool_size=2) as bouncer:
            yield bouncer.url(DATABASE)
    except MissingPostgresError as error:
        pytest.skip(str(error))


def always() -> bool:
    return True


def read(url: str, era_id: str = ERA.era_id, version: int = 1) -> pl.DataFrame:
    stored = StoredFeatures(url, [era_id], None)
    return stored.tables(SCOPE, stored.version(SCOPE, version))[era_id]


def test_every_float_name_and_id_comes_back_as_it_was(store: FeatureStore, store_url: str) -> None:
    bits = np.random.default_rng(5).integers(0, 2**64, size=(len(HOSTILE), 900), dtype=np.uint64).view(np.float64)
    special = [None, float("nan"), float("inf"), float("-inf"), -0.0, 5e-324]
    table = windows({name: [*special, *column] for name, column in zip(HOSTILE, bits.tolist(), strict=True)})
    for name in HOSTILE[:5]:
        era = NamedEra("house", "declared", START, START + table.height * DAY, label=name)
        assert store.put(era_values(HOSTILE, era=era), table, still_wanted=always) == "written"
        found = read(store_url, name)
        assert_frame_equal(found, table, check_exact=True)
        for column in HOSTILE:
            there, wanted = (frame[column].drop_nulls().drop_nans().to_numpy() for frame in (found, table))
            assert (there.view(np.uint64) == wanted.view(np.uint64)).all()


def test_the_same_manifest_writes_nothing_and_another_flips_the_era(
    store: FeatureStore, store_url: str, store_server: PostgresServer
) -> None:
    names = ["a__mean"]
    assert store.put(era_values(names), windows({"a__mean": [1.0, 2.0]}), still_wanted=always) == "written"
    (first,) = store.held()
    assert store.put(era_values(names), windows({"a__mean": [8.0, 8.0]}), still_wanted=always) == "unchanged"
    assert store.held() == [first]
    newer = era_values(names, content="m2", features="f2", hour=1)
    assert store.put(newer, windows({"a__mean": [3.0, None, 4.0]}), still_wanted=always) == "written"
    assert read(store_url)["a__mean"].to_list() == [3.0, None, 4.0]
    history = store_server.execute(
        "SELECT manifest_version, recorded_at, replaced_at FROM features.era_history ORDER BY stored_id",
        database=DATABASE,
    )
    assert history == [("m1", era_values(names).since, newer.since), ("m2", newer.since, None)]


def test_values_of_the_same_features_stay_for_the_older_selection(store: FeatureStore, store_url: str) -> None:
    table = windows({"a__mean": [1.0], "a__maximum": [2.0]})
    store.put(era_values(["a__mean"]), table, still_wanted=always)
    store.put(era_values(["a__maximum"], version=2, content="m2"), table, still_wanted=always)
    assert (read(store_url).columns[2:], read(store_url, version=2).columns[2:]) == (["a__mean"], ["a__maximum"])
    store.put(era_values(["a__maximum"], version=2, content="m3", features="f2"), table, still_wanted=always)
    assert [held.label for held in store.held()] == ["v2"]


def test_what_was_overtaken_or_lacks_a_column_changes_nothing(store: FeatureStore, store_url: str) -> None:
    store.put(era_values(["a__mean"]), windows({"a__mean": [1.0]}), still_wanted=always)
    older = era_values(["a__mean"], content="m0", features="f0")
    assert store.put(older, windows({"a__mean": [0.0]}), still_wanted=lambda: False) == "overtaken"
    with pytest.raises(StorageError, match=rf"era {ERA.era_id}: its selected features lack 'a__mean' of selection v1"):
        store.put(older, windows({"b__mean": [0.0]}), still_wanted=always)
    with pytest.raises(StoreError, match="with other columns: another deployment writes there"):
        store.put(era_values(["b__mean"], content="m2"), windows({"b__mean": [0.0]}), still_wanted=always)
    assert read(store_url)["a__mean"].to_list() == [1.0]


def test_many_writers_of_one_era_through_pgbouncer_leave_the_newest_and_nothing_on_the_connections(pooled: str) -> None:
    newest, gate = 0, threading.Lock()

    def write(number: int) -> str:
        nonlocal newest
        with gate:  # commits a manifest
            newest = max(newest, number)
        wanted = era_values(["a__mean"], content=f"m{number}", features=f"f{number}", hour=number)
        table = windows({"a__mean": [float(number)] * 3})
        return FeatureStore(pooled).put(wanted, table, still_wanted=lambda: newest == number)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(1, 9)))
    assert outcomes[-1] == "written"
    assert [held.manifest_version for held in FeatureStore(pooled).held()] == ["m8"]
    assert read(pooled)["a__mean"].to_list() == [8.0] * 3
    plain = sa.make_url(pooled).set(drivername="postgresql").render_as_string(hide_password=False)
    for _ in range(4):
        with closing(psycopg2.connect(plain)) as connection, connection.cursor() as cursor:
            for setting, value in (("lock_timeout", "0"), ("statement_timeout", "0"), ("transaction_read_only", "off")):
                cursor.execute(f"SHOW {setting}")
                assert cursor.fetchone() == (value,)
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert cursor.fetchone() == (0,)


def test_errors_name_the_store_and_the_cure_without_the_password(
    store_url: str, store_server: PostgresServer, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = sa.make_url(store_url)
    wrong = {
        "check that the server runs and that host, port": url.set(port=9),
        "password authentication failed": url.set(password=f"{PASSWORD} or not"),
        "run `feature-platform store init`": sa.make_url(postgres_url),
        "does not exist": url.set(database="nowhere"),
    }
    for cure, wrong_url in wrong.items():
        with pytest.raises(StoreError, match=cure) as caught:
            FeatureStore(wrong_url.render_as_string(hide_password=False)).held()
        said = str(caught.value)
        assert said.startswith(f"feature store postgresql+psycopg2://platform:***@127.0.0.1:{wrong_url.port}/")
        assert PASSWORD not in said + repr(caught.value.__cause__) + caplog.text
    with pytest.raises(StoreError, match=r"URL cannot be read; write postgresql://USER") as caught:
        FeatureStore(f"{PASSWORD}://")
    assert PASSWORD not in str(caught.value)


def test_a_store_of_another_schema_is_refused_and_an_installation_mends_grants(
    store_server: PostgresServer, store_url: str, store: FeatureStore, tmp_path: Path
) -> None:
    store_server.execute("REVOKE SELECT ON features.era_versions FROM feature_platform_writer", database=DATABASE)
    with pytest.raises(StoreError, match=r"permission denied.*grant this user feature_platform_writer"):
        store.held()
    install_store(store_url)
    assert store.held() == []
    store_server.execute("UPDATE features.schema_version SET version_num = '9999'", database=DATABASE)
    try:
        with pytest.raises(StoreError, match="its schema is 9999, this program's is 0001; upgrade the older"):
            store.held()
        with pytest.raises(StoreError, match="'9999' is newer than this program's; upgrade it"):
            install_store(store_url)
    finally:
        store_server.execute("UPDATE features.schema_version SET version_num = '0001'", database=DATABASE)
