"""Dagster's event log in SQLite, kept open while a batch writes its thousands of events.

Dagster opens and closes a database two or three times for each event: a set-up of SQLAlchemy, and a checkpoint of
SQLite's log. An era leaves some twenty events, so that would take longer than computing a small era.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from dagster._core.storage.event_log import EventLogStorage, SqliteEventLogStorage
from sqlalchemy import Connection, NullPool, create_engine, text

BUSY_SECONDS = 60


@contextmanager
def kept_connections(storage: EventLogStorage) -> Iterator[None]:
    """Within, the storage writes over connections that stay open; nothing happens where it is no SQLite storage."""
    if not isinstance(storage, SqliteEventLogStorage):
        yield
        return
    opened_by_dagster = storage._connect  # noqa: SLF001 - Dagster offers no setting for this
    kept: dict[str, Connection] = {}
    with ExitStack() as held:

        @contextmanager
        def connect(shard: str) -> Iterator[Connection]:
            if shard not in kept:
                with opened_by_dagster(shard):
                    pass  # so that the database is there, with its newest schema
            with storage._db_lock:  # noqa: SLF001 - held by what it stands in for, too
                if shard not in kept:
                    kept[shard] = held.enter_context(_connection(storage.conn_string_for_shard(shard)))
                with kept[shard].begin():
                    yield kept[shard]

        storage._connect = connect  # type: ignore[method-assign] # noqa: SLF001 - see above
        storage.has_table = cache(storage.has_table)  # type: ignore[method-assign] # asked for with each check
        try:
            yield
        finally:
            del storage._connect, storage.has_table  # noqa: SLF001 - the class's own are back


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    # The storage's lock lets one thread in at a time.
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    with engine.connect() as connection:
        # As Dagster's: WAL. A loss of power may then take the last events, but damages nothing.
        connection.execute(text("PRAGMA synchronous = NORMAL"))
        connection.commit()
        yield connection
    engine.dispose()
