"""The rows of Dagster's event log in SQLite, for several events of a run at a time.

Dagster writes the events of a batch together only in PostgreSQL, and checks nowhere.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import AssetKeyTable, SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

WRITTEN_TOGETHER = (
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
)
INSERT = SqlEventLogStorageTable.insert()
_check = insert(AssetCheckExecutionsTable)
UPSERT_CHECK = _check.on_conflict_do_update(
    index_elements=["asset_key", "check_name", "run_id", "partition"],
    set_={
        name: _check.excluded[name]
        for name in (
            *("execution_status", "evaluation_event", "evaluation_event_timestamp"),
            *("evaluation_event_storage_id", "materialization_event_storage_id"),
        )
    },
)
"""A check that was planned has its row already."""


def write_together(storage: SqliteEventLogStorage, events: Sequence[dg.EventLogEntry]) -> list[dg.EventLogRecord]:
    """Write such events of one run as Dagster's `store_event` does one by one; their records in the log of all runs."""
    rows = [storage._event_to_row(event) for event in events]  # noqa: SLF001 - these are what Dagster writes
    with storage.run_connection(events[0].run_id) as connection:
        connection.execute(INSERT, rows)
    records = []
    with storage.index_connection() as connection:
        for event, row in zip(events, rows, strict=True):
            number = connection.execute(INSERT, row).lastrowid
            records.append(dg.EventLogRecord(number, event))
            if event.dagster_event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                _write_check(connection, event, number, serialized=row["event"])
            else:
                storage._store_asset_event_tags(connection, [event], [number])  # noqa: SLF001 - as above
                values = storage._get_asset_entry_values(event, number, has_asset_key_index_cols=True)  # noqa: SLF001 - as above
                upsert = insert(AssetKeyTable).on_conflict_do_update(index_elements=["asset_key"], set_=values)
                connection.execute(upsert, {"asset_key": row["asset_key"], **values})
    return records


def _write_check(connection: Connection, event: dg.EventLogEntry, number: int, *, serialized: str) -> None:
    found = event.get_dagster_event().asset_check_evaluation_data
    states = AssetCheckExecutionRecordStatus
    checked = found.target_materialization_data
    connection.execute(
        UPSERT_CHECK,
        {
            "asset_key": found.asset_key.to_string(),
            "check_name": found.check_name,
            "run_id": event.run_id,
            "partition": found.partition,
            "execution_status": (states.SUCCEEDED if found.passed else states.FAILED).value,
            "evaluation_event": serialized,
            "evaluation_event_timestamp": datetime.fromtimestamp(event.timestamp, UTC).replace(tzinfo=None),
            "evaluation_event_storage_id": number,
            "materialization_event_storage_id": checked and checked.storage_id,
        },
    )
