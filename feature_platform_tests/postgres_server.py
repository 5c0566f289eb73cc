"""A private PostgreSQL cluster for the tests: real server, own data folder, own port, gone at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2 import sql

USER = "platform"
PASSWORD = "not a secret: only this test's server knows it"  # noqa: S105 - a throw-away cluster on loopback
SERVER_OWNER = "postgres"
STARTS = 5
DATA = "data"
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = 32MB
max_connections = 100
max_wal_senders = 0
wal_level = minimal
"""


class MissingPostgresError(RuntimeError):
    """No PostgreSQL server is installed, or none may be started."""


@dataclass(frozen=True)
class PostgresServer:
    """A running cluster. It listens on 127.0.0.1 (password) and on a unix socket in `folder` (trust)."""

    folder: Path
    port: int
    user: str = USER
    password: str = PASSWORD

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database, over TCP, with the password in it."""
        url = sa.URL.create(
            "postgresql+psycopg2", self.user, self.password, host="127.0.0.1", port=self.port, database=database
        )
        return url.render_as_string(hide_password=False)

    def execute(self, statement: sql.Composable | str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, outside any transaction, and return its rows."""
        connection = psycopg2.connect(host=str(self.folder), port=self.port, user=self.user, dbname=database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def create_database(self, name: str) -> None:
        """Make an empty database."""
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server at once, whoever is connected."""
        command = [
            server_program("pg_ctl"),
            "stop",
            "--pgdata",
            str(self.folder / DATA),
            "--mode",
            "immediate",
            "--wait",
        ]
        _run_as_owner(command)

    def start(self) -> None:
        """Start it on its port, and wait until it answers."""
        log = self.folder / "log"
        command = [server_program("pg_ctl"), "start", "--pgdata", str(self.folder / DATA), "--log", str(log), "--wait"]
        _run_as_owner([*command, "--options", f"-p {self.port}"])


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a cluster in a folder of its own; stop it and remove the folder at the end.

    Raises
    ------
    MissingPostgresError
        If this machine has no server, or root has no other user to run it as.
    """
    initdb = server_program("initdb")
    folder = Path(tempfile.mkdtemp(prefix="fpg"))  # short: a unix socket's path may have 107 bytes
    try:
        (folder / "password").write_text(PASSWORD)
        give_to_owner(folder, folder / "password")
        data = folder / DATA
        _run_as_owner(
            [
                initdb,
                f"--pgdata={data}",
                f"--username={USER}",
                f"--pwfile={folder / 'password'}",
                "--auth-host=scram-sha-256",
                "--auth-local=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]
        )
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(f"{SETTINGS}unix_socket_directories = '{folder}'\nlisten_addresses = '127.0.0.1'\n")
        server = _started(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_program(name: str) -> str:
    """Full path of one of PostgreSQL's server programs, from the PATH or from Debian's newest version.

    Raises
    ------
    MissingPostgresError
        If it is nowhere.
    """
    found = shutil.which(name)
    if found:
        return found
    installed = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(installed, key=lambda path: float(path.parents[1].name), default=None)
    if newest is None:
        raise MissingPostgresError(f"{name} is not installed; Debian: apt-get install postgresql")
    return str(newest)


def _started(folder: Path) -> PostgresServer:
    for _ in range(STARTS):
        server = PostgresServer(folder, free_port())  # another process may take the port before the server does
        with suppress(subprocess.CalledProcessError):
            server.start()
            return server
    log = folder / "log"
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text() if log.exists() else 'no log'}")


def free_port() -> int:
    """A TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def give_to_owner(*paths: Path) -> None:
    """Hand files to the user that servers run as, where that is another one."""
    if os.geteuid() != 0:
        return
    for path in paths:
        try:
            shutil.chown(path, SERVER_OWNER)
        except LookupError as error:
            raise MissingPostgresError(
                f"the server refuses to run as root, and there is no user {SERVER_OWNER!r} to run it as"
            ) from error


def as_owner() -> dict[str, Any]:
    """What makes `subprocess` run a server: as root in the name of `postgres`, because servers refuse root."""
    if os.geteuid() != 0:
        return {}
    return {"user": SERVER_OWNER, "group": SERVER_OWNER, "extra_groups": []}


def _run_as_owner(command: Sequence[str]) -> None:
    # Output goes nowhere: a pipe would be inherited, and kept open, by the server itself.
    subprocess.run(
        command,
        check=True,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_owner(),
    )
