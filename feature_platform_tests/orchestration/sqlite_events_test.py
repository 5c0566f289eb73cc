"""The event log on a real Dagster home: the same rows for everybody, and no database opened for each event."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.events import (
    AssetMaterializationPlannedData,
    DagsterEvent,
    EngineEventData,
    StepMaterializationData,
)
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import NullPool, create_engine, text

from feature_platform.orchestration.partitions import eras
from feature_platform.orchestration.recorded_events import RecordedEvents
from feature_platform.orchestration.sqlite_events import recorded_events

ASSET = dg.AssetKey("asset")
RUN_ID = "0f6f0a3e-0000-4000-8000-000000000000"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
        opened.add_run(dg.DagsterRun(job_name="job", run_id=RUN_ID))
        yield opened


def event(kind: dg.DagsterEventType, data: object) -> DagsterEvent:
    return DagsterEvent(kind.value, "job", step_key="step", event_specific_data=data)  # type: ignore[arg-type] # one of many


def materialized(era_id: str) -> DagsterEvent:
    made = dg.AssetMaterialization(ASSET, partition=era_id, tags={"dagster/data_version": era_id}, metadata={"n": 1})
    return event(dg.DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(made))


def checked(era_id: str, name: str, *, passed: bool, of: int | None = 2) -> DagsterEvent:
    target = (
        None
        if of is None
        else AssetCheckEvaluationTargetMaterializationData(storage_id=of, run_id=RUN_ID, timestamp=1.7e9)
    )
    found = dg.AssetCheckEvaluation(
        asset_key=ASSET, check_name=name, passed=passed, partition=era_id, target_materialization_data=target
    )
    return event(dg.DagsterEventType.ASSET_CHECK_EVALUATION, found)


def of_an_era(era_id: str) -> list[DagsterEvent]:
    planned = AssetMaterializationPlannedData(ASSET, partition=era_id)
    check = AssetCheckEvaluationPlanned(
        asset_key=ASSET, check_name="planned", partitions_subset=eras.subset_with_partition_keys([era_id])
    )
    return [
        event(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, planned),
        materialized(era_id),
        event(dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, check),
        checked(era_id, "planned", passed=True),
        checked(era_id, "failed", passed=False),
        checked(era_id, "of nothing", passed=True, of=None),
        event(dg.DagsterEventType.ENGINE_EVENT, EngineEventData({})),
    ]


def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What both databases say of events, but for when it was written."""
    found = {}
    for file in (folder / "history" / "runs").glob("*.db"):
        engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
        with engine.connect() as connection:
            for table in ("event_logs", "asset_keys", "asset_event_tags", "asset_check_executions"):
                every = connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()  # noqa: S608 - as above
                found[f"{file.stem}.{table}"] = [{**row, "create_timestamp": None} for row in every]
    return found


def write(instance: dg.DagsterInstance, events: RecordedEvents) -> None:
    for number, era_id in enumerate(("first", "second")):
        with events.together():
            for found in of_an_era(era_id):
                instance.report_dagster_event(found, RUN_ID, timestamp=1.7e9 + number)


def test_events_written_together_leave_the_rows_that_dagster_writes(tmp_path: Path) -> None:
    for name in ("dagster", "together"):
        (tmp_path / name).mkdir()
        with dg.DagsterInstance.local_temp(str(tmp_path / name)) as instance:
            by_dagster = nullcontext(RecordedEvents(instance))
            with recorded_events(instance) if name == "together" else by_dagster as events:
                write(instance, events)
    expected, written = (rows(tmp_path / name) for name in ("dagster", "together"))
    assert len(expected["index.asset_check_executions"]) == 2 * 3
    assert written == expected


def test_events_are_stored_at_once_for_everybody_over_connections_that_stay_open(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded_events(instance) as events:
        instance.report_dagster_event(materialized("first"), RUN_ID)
        with monkeypatch.context() as patch, ThreadPoolExecutor(4) as pool:
            patch.delattr(sqlite_event_log, "create_engine")
            list(pool.map(lambda n: instance.report_dagster_event(materialized(f"era-{n}"), RUN_ID), range(20)))
        with events.together():
            instance.report_dagster_event(materialized("together"), RUN_ID)
        with dg.DagsterInstance.from_ref(instance.get_ref()) as another:
            expected = {"first", "together", *(f"era-{n}" for n in range(20))}
            assert another.get_materialized_partitions(ASSET) == expected
            assert len(another.all_logs(RUN_ID)) == len(expected)
            another.report_dagster_event(materialized("of another"), RUN_ID)
        instance.report_dagster_event(materialized("last"), RUN_ID)
    assert {"_connect", "has_table", "store_event"}.isdisjoint(vars(instance.event_log_storage))
    assert len(instance.all_logs(RUN_ID)) == len(expected) + 2


def interrupted(instance: dg.DagsterInstance, events: RecordedEvents) -> None:
    with events.together():
        instance.report_dagster_event(materialized("era"), RUN_ID)
        assert events.latest("asset", "era") == instance.fetch_materializations(ASSET, limit=1).records[0]
        instance.report_dagster_event(checked("era", "check", passed=True), RUN_ID)
        raise KeyboardInterrupt


def test_what_waits_for_others_is_found_before_and_stored_when_they_do_not_come(instance: dg.DagsterInstance) -> None:
    with recorded_events(instance) as events:
        with pytest.raises(KeyboardInterrupt):
            interrupted(instance, events)
        assert events.latest("asset", "another") is None
    assert len(instance.all_logs(RUN_ID)) == 2


def test_two_runs_of_one_process_are_not_mixed_up(instance: dg.DagsterInstance) -> None:
    other = instance.add_run(dg.DagsterRun(job_name="job")).run_id
    with recorded_events(instance) as events, recorded_events(instance), events.together():
        for run_id in (RUN_ID, other, RUN_ID):
            instance.report_dagster_event(materialized(f"of {run_id}"), run_id)
    assert [len(instance.all_logs(run_id)) for run_id in (RUN_ID, other)] == [2, 1]
    instance.report_dagster_event(materialized("after"), other)
    assert len(instance.all_logs(other)) == 2
