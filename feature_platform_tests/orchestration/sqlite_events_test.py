"""The kept event log on a real Dagster home: the same events for everybody, and no database opened for each."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, StepMaterializationData
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from feature_platform.orchestration.sqlite_events import kept_connections


def materialize(instance: dg.DagsterInstance, run_id: str, era_id: str) -> None:
    event = DagsterEvent(
        event_type_value="ASSET_MATERIALIZATION",
        job_name="job",
        event_specific_data=StepMaterializationData(dg.AssetMaterialization("asset", partition=era_id)),
    )
    instance.report_dagster_event(event, run_id)


def test_events_are_stored_at_once_for_everybody_over_connections_that_stay_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        run = instance.add_run(dg.DagsterRun(job_name="job"))
        with kept_connections(instance.event_log_storage):
            materialize(instance, run.run_id, "first")
            with monkeypatch.context() as patch, ThreadPoolExecutor(4) as pool:
                patch.delattr(sqlite_event_log, "create_engine")
                list(pool.map(lambda n: materialize(instance, run.run_id, f"era-{n}"), range(20)))
            with dg.DagsterInstance.from_ref(instance.get_ref()) as another:
                expected = {"first", *(f"era-{n}" for n in range(20))}
                assert another.get_materialized_partitions(dg.AssetKey("asset")) == expected
                assert len(another.all_logs(run.run_id)) == len(expected)
                materialize(another, run.run_id, "of another")
            materialize(instance, run.run_id, "last")
        assert {"_connect", "has_table"}.isdisjoint(vars(instance.event_log_storage))
        assert len(instance.all_logs(run.run_id)) == len(expected) + 2
