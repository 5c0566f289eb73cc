"""The catalogue through pgbouncer in transaction mode, where clients share server connections between transactions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest
from sqlalchemy import make_url

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.claim_ledger import Ask
from feature_platform.eras.era import EraCount
from feature_platform_tests.eras.conftest import DATABASE
from feature_platform_tests.eras.days import days
from feature_platform_tests.pgbouncer import running_pgbouncer
from feature_platform_tests.postgres_server import MissingPostgresError, PostgresServer

pytestmark = pytest.mark.postgres
SERVER_CONNECTIONS = 2


@pytest.fixture
def bouncer_url(eras_server: PostgresServer) -> Iterator[str]:
    eras_server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public", database=DATABASE)
    try:
        # Without the reset: what a session keeps must show here.
        changes = {"server_reset_query_always": "0"}
        with running_pgbouncer(eras_server, pool_size=SERVER_CONNECTIONS, changes=changes) as pooled:
            yield pooled.url(DATABASE)
    except MissingPostgresError as error:
        pytest.skip(str(error))


def test_many_clients_share_few_server_connections(bouncer_url: str) -> None:
    era = days(1, 5)

    def work(client: int) -> list[bool]:
        catalogue = Catalogue(bouncer_url)
        catalogue.record_cut("demo", "declared", [era], settings={})
        catalogue.record_counts([EraCount(era.era_id, client, f"v{client}")])
        claimed = catalogue.claim([Ask(era.era_id, "all", "v")], backoff=timedelta(minutes=1))
        return [bool(claimed), catalogue.claim_launch("run", str(client))]

    clients = 4 * SERVER_CONNECTIONS
    with ThreadPoolExecutor(clients) as pool:
        outcomes = list(pool.map(work, range(clients)))
    assert [sum(wins) for wins in zip(*outcomes, strict=True)] == [1, 1]
    assert Catalogue(bouncer_url).era(era.era_id).data_revision == clients


def test_nothing_is_left_on_a_shared_connection(bouncer_url: str, eras_server: PostgresServer) -> None:
    Catalogue(bouncer_url).claim_launch("run", "holder")
    left = eras_server.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert left == [(0,)]
    assert lock_timeouts(bouncer_url) == {"0"}


def lock_timeouts(url: str) -> set[str]:
    found = set()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    for _ in range(2 * SERVER_CONNECTIONS):
        with closing(psycopg2.connect(plain)) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            found.add(cursor.fetchone()[0])
    return found
