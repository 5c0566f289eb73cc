"""A feature store in a real PostgreSQL, emptied before each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from psycopg2 import sql

from feature_platform.stages.platform import Platform
from feature_platform.store.installation import READER, WRITER, install_store
from feature_platform_tests.postgres_server import PASSWORD, PostgresServer
from feature_platform_tests.stored_house import House, stored_house

DATABASE = "store_room"
TABLES = "features.era_versions, features.selection_lists, features.window_values"
USERS = {"worker": WRITER, "analyst": READER}


@pytest.fixture(scope="session")
def store_server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """One installed store, and a login user of each group role."""
    postgres_server.create_database(DATABASE)
    install_store(postgres_server.url(DATABASE))
    for user, role in USERS.items():
        postgres_server.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                sql.Identifier(user), sql.Literal(PASSWORD), sql.Identifier(role)
            )
        )
    yield postgres_server
    postgres_server.drop_database(DATABASE)
    for user in USERS:
        postgres_server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))


@pytest.fixture
def store_url(store_server: PostgresServer) -> str:
    """The owner's URL of the store, which is empty."""
    store_server.execute(f"TRUNCATE {TABLES}", database=DATABASE)
    return store_server.url(DATABASE)


def url_of(user: str, url: str) -> str:
    """The same store as another user."""
    return sa.make_url(url).set(username=user).render_as_string(hide_password=False)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return stored_house(tmp_path)


@pytest.fixture
def platform(house: House, store_url: str) -> Platform:
    """The house's platform, with the store as a worker reaches it."""
    return Platform(house.storage, house.catalogue_url, url_of("worker", store_url))
