"""Dagster's event log in SQLite while eras' runs write to it, a batch thousands of events.

Dagster opens and closes a database two or three times for each event: a set-up of SQLAlchemy, and a checkpoint of
SQLite's log. An era leaves some twenty events, so that would take longer than computing a small era. Here the databases
stay open, and events that belong together are written in one transaction.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import Connection, NullPool, create_engine, text

from feature_platform.orchestration.recorded_events import RecordedEvents
from feature_platform.orchestration.sqlite_rows import WRITTEN_TOGETHER, write_together

BUSY_SECONDS = 60


@contextmanager
def recorded_events(instance: dg.DagsterInstance) -> Iterator[RecordedEvents]:
    """The instance's events; within, those in SQLite are written over connections that stay open."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage) or "_connect" in vars(storage):  # another thread keeps it open
        yield RecordedEvents(instance)
        return
    with _kept_connections(storage):
        events = _EventsInSqlite(instance, storage)
        storage.store_event = events.store  # type: ignore[method-assign] # Dagster offers no setting for this
        try:
            yield events
        finally:
            del storage.store_event


class _EventsInSqlite(RecordedEvents):
    """Events that wait for others, and what was written last."""

    def __init__(self, instance: dg.DagsterInstance, storage: SqliteEventLogStorage) -> None:
        super().__init__(instance)
        self._storage = storage
        self._waits = False
        self._waiting: list[dg.EventLogEntry] = []
        self._written: list[dg.EventLogRecord] = []

    @contextmanager
    def together(self) -> Iterator[None]:
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
            self._write()

    def latest(self, asset: str, era_id: str | None) -> dg.EventLogRecord | None:
        self._write()
        for record in self._written:
            made = record.asset_materialization
            if made is not None and (made.asset_key, made.partition) == (dg.AssetKey(asset), era_id):
                return record
        return super().latest(asset, era_id)

    def store(self, event: dg.EventLogEntry) -> None:
        """Write an event, after those that came before it, or keep it for its like."""
        if any(other.run_id != event.run_id for other in self._waiting[:1]):
            self._write()
        if self._waits and event.dagster_event_type in WRITTEN_TOGETHER:
            self._waiting.append(event)
        else:
            self._write()
            SqliteEventLogStorage.store_event(self._storage, event)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._written = write_together(self._storage, waiting)


@contextmanager
def _kept_connections(storage: SqliteEventLogStorage) -> Iterator[None]:
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
        storage.has_table = cache(storage.has_table)  # type: ignore[method-assign] # asked for with each event
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
