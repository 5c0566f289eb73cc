"""Retries that Dagster decided on and never launched: it is sent back to look at their runs again.

Dagster's daemon reads each failure once, by the number of its event. It passes over failures from before its first
look, and over one that is committed after another with a higher number was read; whoever waits for the retry of such a
run would wait without end.
"""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

GRACE = timedelta(seconds=60)
"""Dagster looks every 5 s, and launches one retry after the other."""
LOOK_BACK = timedelta(days=1)
TIMES = 5
"""So often is Dagster sent back for a run before that run is given up."""
PAGE = 500

CURSOR = "EVENT_LOG_CONSUMER_CURSOR-PIPELINE_FAILURE"
"""Dagster's own key; its module would bring the whole daemon into every worker."""


@dg.sensor(
    name="overlooked_retries_sensor",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Has Dagster look again at failed runs that it was to retry and did not.",
)
def overlooked_retries_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """The cursor counts by run id how often Dagster was sent back for it."""
    before = json.loads(context.cursor or "{}")
    counts = look_again(context.instance, before, datetime.now(UTC))
    said = f"sent Dagster back to the failures of {', '.join(counts)}" if counts else "no retry was overlooked"
    return dg.SensorResult(skip_reason=said, cursor=json.dumps(counts))


def look_again(instance: dg.DagsterInstance, counts: dict[str, int], now: datetime) -> dict[str, int]:
    """Set Dagster's cursor to before the oldest overlooked failure; returns the counts by run id with this time.

    What was retried since is not retried again: Dagster looks for a run's retry before it makes one. A run for which it
    was sent back `TIMES` times is marked as one that is not retried.
    """
    overlooked = _overlooked(instance, now)
    again = {}
    for run in overlooked:
        if counts.get(run.run_id, 0) >= TIMES:
            instance.report_engine_event(
                f"Gave up waiting for the retry: Dagster was sent back to this failure {TIMES} times and launched "
                "none. Is its job still defined, and its backfill still there? Re-execute it by hand.",
                run,
            )
            instance.add_run_tags(run.run_id, {WILL_RETRY_TAG: "false"})
        else:
            again[run.run_id] = counts.get(run.run_id, 0) + 1
    if again:
        first = next(_event_ids(instance, again, now - LOOK_BACK), None)
        storage = instance.daemon_cursor_storage
        read = storage.get_cursor_values({CURSOR}).get(CURSOR)
        if first is not None and (read is None or int(read) >= first):
            storage.set_cursor_values({CURSOR: str(first - 1)})
    return again


def _overlooked(instance: dg.DagsterInstance, now: datetime) -> list[dg.DagsterRun]:
    if not instance.run_retries_enabled:
        return []
    records = instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE], tags={WILL_RETRY_TAG: "true"}, updated_after=now - LOOK_BACK
        )
    )
    return [
        record.dagster_run
        for record in records
        if AUTO_RETRY_RUN_ID_TAG not in record.dagster_run.tags
        and record.end_time is not None
        and record.end_time < (now - GRACE).timestamp()
    ]


def _event_ids(instance: dg.DagsterInstance, run_ids: Collection[str], since: datetime) -> Iterator[int]:
    """Numbers of the runs' failures in the log of all runs, ascending."""
    failures = dg.RunStatusChangeRecordsFilter(
        event_type=dg.DagsterEventType.RUN_FAILURE, after_timestamp=since.timestamp()
    )
    cursor, has_more = None, True
    while has_more:
        page = instance.fetch_run_status_changes(failures, limit=PAGE, cursor=cursor, ascending=True)
        yield from (record.storage_id for record in page.records if record.run_id in run_ids)
        cursor, has_more = page.cursor, page.has_more
