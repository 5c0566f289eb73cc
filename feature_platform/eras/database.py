"""The catalogue's database: connections, transactions, migrations, and one clear error when it cannot be used."""

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import DatabaseError as AnyDatabaseError

from feature_platform.eras.schema import migrate, revision
from feature_platform.eras.tables import SCHEMA_REVISION
from feature_platform.errors import CatalogueUnreachableError, EraError

CONNECT_SECONDS = 5
RECONNECT_SECONDS = 0.5
WRITES = "feature_platform_writes"


class Database:
    """SQLite by file or PostgreSQL by URL, at the newest schema; at an older `schema` only to leave it to its program.

    Every method holds one transaction and no connection beyond it, and nothing is ever set on a session, so that
    pgbouncer may hand a connection to someone else after each transaction. `patience` is how long a write waits
    for another writer, and how long a database that answered before is waited for while it restarts.

    Raises
    ------
    CatalogueUnreachableError
        If the database does not answer, is locked or cannot be written.
    EraError
        If the URL is no SQLite or PostgreSQL URL, the schema is newer than this program, or the text in PostgreSQL is
        not UTF-8.
    """

    def __init__(self, url: str, *, patience: timedelta = timedelta(seconds=30), schema: str = SCHEMA_REVISION) -> None:
        self._url = _parse(url)
        self._patience = patience
        self._engine = self._create_engine()
        self._answered = False
        self._migrate(schema)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self._url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._explained(), self._connect(self._engine) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, lock: str) -> Iterator[Connection]:
        """A transaction that writes; of those with the same `lock` one runs at a time."""
        engine = self._engine.execution_options(**{WRITES: True})
        with self._explained(), self._connect(engine) as connection, connection.begin():
            if not self.is_sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = {self._patience // timedelta(milliseconds=1)}"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(lock)})
            yield connection

    def _connect(self, engine: Engine) -> Connection:
        deadline = time.monotonic() + self._patience / timedelta(seconds=1)
        while True:
            try:
                connection = engine.connect()
            except OperationalError:
                # One that never answered is a mistake in the URL: that is said at once.
                if self.is_sqlite or not self._answered or time.monotonic() > deadline:
                    raise
                time.sleep(RECONNECT_SECONDS)
            else:
                self._answered = True
                return connection

    def _create_engine(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(
                self._url,
                poolclass=NullPool,
                connect_args={"connect_timeout": CONNECT_SECONDS},
                executemany_mode="values_plus_batch",
                use_native_hstore=False,  # else every connection begins by asking for a type that is not used
            )
        engine = create_engine(
            self._url, poolclass=NullPool, connect_args={"timeout": self._patience / timedelta(seconds=1)}
        )
        event.listen(engine, "connect", self._on_sqlite_connect)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _on_sqlite_connect(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, not where sqlite3 guesses
        deadline = time.monotonic() + self._patience / timedelta(seconds=1)
        # Changing the journal mode needs the file alone and does not wait for it, so several first openers retry.
        while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    def _migrate(self, wanted: str) -> None:
        if self.is_sqlite:
            self._make_folder()
        with self.read() as connection:
            self._require_utf8(connection)
            if revision(connection) == wanted:
                return
        with self.write("migrate") as connection:
            if revision(connection) != wanted:
                migrate(connection, wanted, shown=self._shown)

    def _require_utf8(self, connection: Connection) -> None:
        if self.is_sqlite:
            return
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
        if encoding != "UTF8":
            name = self._url.database
            raise EraError(
                f"era catalogue {self._shown}: database {name!r} has the encoding {encoding}, which cannot hold every "
                f"name and unit; make another and move there: CREATE DATABASE {name}_utf8 ENCODING 'UTF8' "
                "LOCALE 'C.UTF-8' TEMPLATE template0"
            )

    def _make_folder(self) -> None:
        file = Path(self._url.database or "")
        if self._url.query.get("uri"):
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogueUnreachableError(
                f"era catalogue {file}: its folder cannot be made ({error.strerror}); name another file"
            ) from error

    @property
    def _shown(self) -> str:
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise CatalogueUnreachableError(f"era catalogue {self._shown}: {self._cause(error)}") from error
        except sqlite3.DatabaseError as error:  # raised while connecting, where SQLAlchemy does not wrap it
            raise CatalogueUnreachableError(f"era catalogue {self._shown}: {self._cause(error)}") from error
        except AnyDatabaseError as error:
            if not any(sign in str(error) for sign in ("file is not a database", "malformed", "permission denied")):
                raise
            raise CatalogueUnreachableError(f"era catalogue {self._shown}: {self._cause(error)}") from error

    def _cause(self, error: DBAPIError | sqlite3.DatabaseError) -> str:
        cause = error.orig if isinstance(error, DBAPIError) else error
        found = " ".join(str(cause).split())
        if self._url.password:
            found = found.replace(str(self._url.password), "***")
        cures = {
            "locked": "another program holds the file locked; end it or wait, then try again",
            "lock timeout": "another program holds the catalogue locked; end it or wait, then try again",
            "readonly": "give write access to the file and its folder",
            "unable to open": "it must be a file in a folder that this user can write",
            "not a database": "name another file, or restore this one from a backup",
            "malformed": "restore the file from a backup",
            "full": "free space on the disk",
            "disk I/O error": "see whether the disk is full or failing",
            "permission denied": "grant this user the right to create and write tables in its schema",
        }
        for sign, cure in cures.items():
            if sign in found:
                return f"cannot be used ({found}); {cure}"
        return f"cannot be reached ({found}); check that the database runs and that host, port, user and password fit"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise EraError(
            "the era catalogue's URL cannot be read; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    try:
        known = parsed.get_dialect().name in ("sqlite", "postgresql")
    except (NoSuchModuleError, ImportError):
        known = False
    if not known:
        raise EraError(f"era catalogue: {parsed.drivername!r} is not supported; use a sqlite:/// or postgresql:// URL")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise EraError("era catalogue: SQLite in memory is seen by one process only; name a file, as sqlite:///FILE")
    return parsed


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once when another wrote between; so writers say so first.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lock_key(name: str) -> int:
    digest = hashlib.sha256(f"feature_platform.catalogue.{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def chunks(ids: Iterable[str], size: int = 500) -> Iterator[list[str]]:
    """Distinct ids in pieces that fit into one statement of every database."""
    distinct = sorted(set(ids))
    for begin in range(0, len(distinct), size):
        yield distinct[begin : begin + size]
