"""A real pgbouncer, as docker/pgbouncer.ini configures it, before the tests' PostgreSQL cluster."""

import configparser
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
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


SHIPPED = Path(__file__).parents[1] / "docker" / "pgbouncer.ini"


@dataclass(frozen=True)
class Pgbouncer(PostgresServer):
    """A pgbouncer that can be stopped and started again; it is used like the cluster, on another port."""

    command: tuple[str, ...] = ()
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it answers."""
        process = subprocess.Popen(
            self.command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_owner(),
        )
        self.processes.append(process)
        _wait(self)

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        process = self.processes.pop()
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def running_pgbouncer(
    server: PostgresServer, *, pool_size: int = 1, changes: Mapping[str, str] | None = None
) -> Iterator[Pgbouncer]:
    """Pool all databases of a cluster on `pool_size` connections for each; `changes` go over the shipped settings.

    Raises
    ------
    MissingPostgresError
        If this machine has no pgbouncer.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise MissingPostgresError("pgbouncer is not installed; Debian: apt-get install pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="fpb"))
    port = free_port()
    try:
        users = folder / "users"
        users.write_text(f'"{server.user}" "{server.password}"\n')
        settings = configparser.ConfigParser(delimiters="=", comment_prefixes=";")
        settings.read(SHIPPED)
        settings.read_dict(
            {
                "databases": {"*": f"host=127.0.0.1 port={server.port}"},
                "pgbouncer": {
                    "listen_addr": "127.0.0.1",
                    "listen_port": str(port),
                    "unix_socket_dir": "",
                    "auth_file": str(users),
                    "default_pool_size": str(pool_size),
                    "reserve_pool_size": "0",
                    **(changes or {}),
                },
            }
        )
        configuration = folder / "pgbouncer.ini"
        with configuration.open("w") as file:
            settings.write(file)
        give_to_owner(folder, users, configuration)
        pgbouncer = Pgbouncer(folder, port, server.user, server.password, (program, str(configuration)))
        pgbouncer.start()
        try:
            yield pgbouncer
        finally:
            pgbouncer.stop()
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
