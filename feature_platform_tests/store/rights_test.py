"""What the two group roles may do, and what not."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa
from psycopg2.errors import InsufficientPrivilege, RaiseException

from feature_platform.errors import StoreError
from feature_platform.store import installation
from feature_platform.store.feature_store import FeatureStore
from feature_platform_tests.postgres_server import PostgresServer
from feature_platform_tests.store.conftest import DATABASE, url_of
from feature_platform_tests.store.values import START, era_values, windows

pytestmark = pytest.mark.postgres
TABLES = ("selection_lists", "era_versions", "window_values", "window_values_2023")
VIEWS = ("selections", "era_history", "window_history", "eras", "windows", "feature_values")

NOBODY_MAY = [
    *(f"DROP TABLE features.{table}" for table in TABLES),
    *(f"TRUNCATE features.{table}" for table in TABLES),
    *(f"DELETE FROM features.{table}" for table in TABLES),  # noqa: S608 - constants
    *(f"DROP VIEW features.{view}" for view in VIEWS),
    "DROP SCHEMA features CASCADE",
    "DROP FUNCTION features.ensure_partitions",
    "CREATE TABLE features.mine (a int)",
    "UPDATE features.schema_version SET version_num = '0'",
    "UPDATE features.window_values SET values = '{}'",
    "UPDATE features.era_versions SET manifest_version = ''",
    "SELECT * FROM other.secrets",
    "SELECT * FROM public.catalogue_eras",
    "CREATE ROLE friend",
]
A_READER_MAY_NOT = [
    *(f"TABLE features.{table}" for table in TABLES),
    "INSERT INTO features.selections (source) VALUES ('x')",
    "INSERT INTO features.window_values VALUES (1, 'e', now(), now(), '{}')",
    "DELETE FROM features.selections",
    "UPDATE features.era_versions SET replaced_at = now()",
    "SELECT features.ensure_partitions(now(), now())",
]


@pytest.fixture
def filled(store_server: PostgresServer, store_url: str) -> str:
    """A store with an era, beside other people's tables."""
    FeatureStore(url_of("worker", store_url)).put(
        era_values(["a__mean"]), windows({"a__mean": [1.0, 2.0]}), still_wanted=lambda: True
    )
    for statement in (
        "CREATE SCHEMA IF NOT EXISTS other",
        "CREATE TABLE IF NOT EXISTS other.secrets (a int)",
        "CREATE TABLE IF NOT EXISTS public.catalogue_eras (a int)",
    ):
        store_server.execute(statement, database=DATABASE)
    return store_url


def refused(url: str, statements: Sequence[str]) -> list[str]:
    """Those that the server refuses for want of a right; it must refuse or carry out all."""
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    found = []
    with closing(psycopg2.connect(plain)) as connection:
        for statement in statements:
            with connection.cursor() as cursor:
                try:
                    cursor.execute(statement)
                except InsufficientPrivilege:
                    found.append(statement)
            connection.rollback()
    return found


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(plain)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_a_reader_reads_the_views_and_nothing_else(filled: str) -> None:
    reader = url_of("analyst", filled)
    assert refused(reader, [*NOBODY_MAY, *A_READER_MAY_NOT]) == [*NOBODY_MAY, *A_READER_MAY_NOT]
    assert [len(rows(reader, f"TABLE features.{view}")) for view in VIEWS] == [1, 1, 2, 1, 2, 2]
    with pytest.raises(StoreError, match=r"permission denied.*grant this user feature_platform_writer to store"):
        FeatureStore(reader).put(
            era_values(["a__mean"], content="m2"), windows({"a__mean": [1.0]}), still_wanted=lambda: True
        )


def test_a_writer_writes_and_can_neither_destroy_nor_look_elsewhere(filled: str) -> None:
    writer = url_of("worker", filled)
    assert refused(writer, NOBODY_MAY) == NOBODY_MAY
    with pytest.raises(StoreError, match=r"permission denied.*init and prune need the owner's URL"):
        FeatureStore(writer).prune(START)
    with pytest.raises(RaiseException, match="are of no one era"):
        rows(writer, "SELECT features.ensure_partitions('1000-01-01', '9000-01-01')")


def test_who_may_not_make_roles_is_told_what_an_administrator_must_run(
    store_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_server.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    store_server.execute("CREATE DATABASE plain_room OWNER plain")
    owner = sa.make_url(store_server.url("plain_room")).set(username="plain", password="plain")  # noqa: S106 - a throw-away user
    url = owner.render_as_string(hide_password=False)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(installation, "WRITER", "nobody_yet")
            with pytest.raises(
                StoreError, match=r"role nobody_yet is not there .* run: CREATE ROLE nobody_yet NOLOGIN"
            ):
                installation.install_store(url)
        installation.install_store(url)
        assert FeatureStore(url).held() == []
    finally:
        store_server.drop_database("plain_room")
        store_server.execute("DROP ROLE plain")
