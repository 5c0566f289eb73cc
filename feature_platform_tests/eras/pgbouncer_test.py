"""The catalogue through pgbouncer in transaction mode, where clients share server connections between transactions."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import EraCount
from feature_platform_tests.eras.conftest import DATABASE
from feature_platform_tests.eras.days import days
from feature_platform_tests.postgres_server import SERVER_OWNER, PostgresServer

pytestmark = pytest.mark.postgres
SERVER_CONNECTIONS = 2
SETTINGS = """
[databases]
* = host={server.folder} port={server.port} user={server.user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
logfile = {folder}/log
"""


@pytest.fixture
def bouncer_url(eras_server: PostgresServer) -> Iterator[str]:
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    eras_server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public", database=DATABASE)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="fpb"))
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(server=eras_server, port=port, folder=folder, size=SERVER_CONNECTIONS))
    owner = SERVER_OWNER if os.geteuid() == 0 else None  # pgbouncer refuses root
    if owner:
        for path in (folder, settings):
            shutil.chown(path, owner)
    process = subprocess.Popen([program, "--quiet", str(settings)], user=owner, cwd="/")
    try:
        wait_until_it_listens(port, process)
        url = make_url(eras_server.url(DATABASE)).set(port=port)
        yield url.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder)


def wait_until_it_listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with closing(socket.socket()) as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "pgbouncer did not start"
        time.sleep(0.05)
    raise TimeoutError("pgbouncer does not listen")


def test_many_clients_share_few_server_connections(bouncer_url: str) -> None:
    era = days(1, 5)

    def work(client: int) -> list[bool]:
        catalogue = Catalogue(bouncer_url)
        catalogue.record_cut("demo", "declared", [era], settings={})
        catalogue.record_counts([EraCount(era.era_id, client, f"v{client}")])
        claimed = catalogue.claim(era.era_id, "all", "v", backoff=timedelta(minutes=1))
        return [claimed is not None, catalogue.claim_launch("run", str(client))]

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
