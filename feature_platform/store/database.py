"""The feature store's database: connections, transactions, and one clear error when it cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import cast

import psycopg2
from psycopg2.extensions import cursor
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from feature_platform.errors import StoreError

SCHEMA = "features"
SCHEMA_REVISION = "0001"
"""The newest migration; `feature-platform store init` brings a store there."""
VERSION_TABLE = "schema_version"

CONNECT_SECONDS = 5
LOCK_SECONDS = 30
STATEMENT_SECONDS = 60
SILENCE_MILLISECONDS = 30_000
"""A server that vanished without a word is given up after this long, not after the system's quarter of an hour."""

CURES = {
    "UndefinedTable": "run `feature-platform store init` on this database",
    "InvalidSchemaName": "run `feature-platform store init` on this database",
    "InsufficientPrivilege": "grant this user feature_platform_writer to store or feature_platform_reader to read; "
    "init and prune need the owner's URL",
    "LockNotAvailable": "another writer holds this era; end it or wait, then run `feature-platform store sync`",
    "QueryCanceled": "the server was too slow or is overloaded; run `feature-platform store sync` later",
    "DiskFull": "free space on the server's disk, then run `feature-platform store sync`",
    "ReadOnlySqlTransaction": "name the primary server, not a read replica",
}
UNREACHABLE = "check that the server runs and that host, port, user and password fit"
UNFIT = "see the server's log"


class StoreDatabase:
    """A PostgreSQL database that holds the feature store.

    Every method holds one transaction and no connection beyond it, and all that is set is set for the transaction
    alone, so that pgbouncer may hand a connection to someone else after each transaction.

    Raises
    ------
    StoreError
        If the URL is no PostgreSQL URL, and from every method if the database cannot be reached or used.
    """

    def __init__(self, url: str) -> None:
        self._url = _parse(url)

    def __str__(self) -> str:
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that no lock and no statement holds up for long."""
        with self._explained(), self._engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"))
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees the store as it was at one moment, however many statements it takes."""
        with self._explained(), self._engine.begin() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            connection.execute(text("SET LOCAL extra_float_digits = 1"))  # else a server set to 0 sends rounded values
            yield connection

    def require_schema(self, connection: Connection) -> None:
        """Refuse a store of another schema than this program's.

        Raises
        ------
        StoreError
            If the schema is older or newer.
        """
        found = connection.execute(text(f"SELECT version_num FROM {SCHEMA}.{VERSION_TABLE}")).scalar()  # noqa: S608 - constants
        if found != SCHEMA_REVISION:
            raise StoreError(
                f"feature store {self}: its schema is {found}, this program's is {SCHEMA_REVISION}; upgrade the older "
                "one, the store by `feature-platform store init`"
            )

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(
            self._url,
            poolclass=NullPool,
            connect_args={"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": SILENCE_MILLISECONDS},
            use_native_hstore=False,  # else every connection begins by asking for a type that is not used
            hide_parameters=True,  # a statement's parameters are an era's values: megabytes, and nobody's business
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, psycopg2.Error) as error:
            # COPY goes to the driver directly, where SQLAlchemy wraps nothing.
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StoreError(f"feature store {self}: {self._told(cause)}") from error

    def _told(self, cause: BaseException | None) -> str:
        found = " ".join(str(cause).split())
        if self._url.password:
            found = found.replace(str(self._url.password), "***")
        cure = next((cure for name, cure in CURES.items() if type(cause).__name__ == name), None)
        if cure is None:
            cure = UNREACHABLE if isinstance(cause, psycopg2.OperationalError) else UNFIT
        return f"cannot be used ({found}); {cure}"


def copying(connection: Connection) -> cursor:
    """The driver's own cursor, for COPY, inside the connection's transaction."""
    return cast("cursor", connection.connection.cursor())


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "the feature store's URL cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/NAME"
        ) from None
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    if parsed.drivername != "postgresql+psycopg2":
        raise StoreError(f"feature store: {parsed.drivername!r} is not supported; use a postgresql:// URL")
    return parsed
