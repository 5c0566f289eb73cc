"""A real pgbouncer in transaction mode before the tests' PostgreSQL cluster."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import sqlalchemy as sa

from feature_platform_tests.postgres_server import (
    MissingPostgresError,
    PostgresServer,
    as_owner,
    free_port,
    give_to_owner,
)

STARTS = 100


@contextmanager
def running_pgbouncer(server: PostgresServer, *, pool_size: int = 1) -> Iterator[PostgresServer]:
    """Pool all databases of a cluster; the result is used like the cluster, on another port.

    Raises
    ------
    MissingPostgresError
        If this machine has no pgbouncer.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise MissingPostgresError("pgbouncer is not installed; Debian: apt-get install pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="fpb"))
    try:
        port = free_port()
        users = folder / "users"
        users.write_text(f'"{server.user}" "{server.password}"\n')
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            f"""[databases]
* = host=127.0.0.1 port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 50
"""
        )
        give_to_owner(folder, users, configuration)
        process = subprocess.Popen(
            [program, str(configuration)],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_owner(),
        )
        pooled = PostgresServer(folder, port, server.user, server.password)
        try:
            _wait(pooled)
            yield pooled
        finally:
            process.terminate()
            process.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(pooled: PostgresServer) -> None:
    address = sa.make_url(pooled.url()).translate_connect_args(username="user", database="dbname")
    for _ in range(STARTS):
        try:
            psycopg2.connect(**address).close()
        except psycopg2.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("pgbouncer did not start")
