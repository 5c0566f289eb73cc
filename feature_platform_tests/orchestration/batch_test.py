"""A batch of eras and single eras leave the same events; a bad era stops no other."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.loader import LoadingContextForTest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from feature_platform.orchestration.assets.era import STAGE_BY_NAME, STAGES
from feature_platform.orchestration.batch import FAILED_ERAS
from feature_platform.orchestration.partitions import eras as era_partitions
from feature_platform.stages.platform import Platform
from feature_platform_tests.orchestration.batches import break_stage, declared_source, failure, run_batch, take_in


def run_alone(definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, era_id: str) -> str:
    result = definitions.resolve_job_def(job).execute_in_process(instance=instance, partition_key=era_id)
    return result.run_id


def recorded(instance: dg.DagsterInstance, run_id: str) -> dict[tuple[str, ...], Any]:
    """What a run's events say of each era, but for times and the numbers of events, which no two runs share."""
    found: dict[tuple[str, ...], Any] = {}
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.is_step_materialization:
            made = event.step_materialization_data.materialization
            tags = {tag: tag if "event_pointer" in tag else value for tag, value in (made.tags or {}).items()}
            found["asset", made.asset_key.to_user_string(), str(made.partition)] = without_times(made.metadata), tags
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            assert check.target_materialization_data is not None
            key = ("check", check.asset_key.to_user_string(), str(check.partition), check.check_name)
            found[key] = (
                *(check.passed, check.severity, check.description, check.blocking),
                check.target_materialization_data.run_id == run_id,
                without_times(check.metadata),
            )
        elif event.event_type_value == "ASSET_MATERIALIZATION_PLANNED":
            assert event.asset_key is not None
            found["planned", event.asset_key.to_user_string(), str(event.partition)] = ()
    return found


def without_times(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if "second" not in name}


def stale(definitions: dg.Definitions, instance: dg.DagsterInstance, eras: Sequence[str]) -> dict[str, list[str]]:
    """By era, the assets that the UI calls stale."""
    graph = definitions.get_repository_def().asset_graph
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    return {
        era_id: [
            name
            for name in STAGE_BY_NAME
            if resolver.get_status(dg.AssetKey(name), partition_key=era_id) != StaleStatus.FRESH
        ]
        for era_id in eras
    }


def red(instance: dg.DagsterInstance, asset: str) -> set[str]:
    """The eras that the UI shows as failed."""
    status = get_and_update_asset_status_cache_value(instance, dg.AssetKey(asset), era_partitions, instance)
    assert status is not None
    return set(status.deserialize_failed_partition_subsets(era_partitions).get_partition_keys())


def checked(instance: dg.DagsterInstance, asset: str, check: str, era_id: str) -> AssetCheckExecutionRecordStatus:
    """The newest state of a check of one era."""
    (newest,) = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey(asset), check), limit=1, partition_filter=PartitionKeyFilter(key=era_id)
    )
    return newest.status


def test_finished_eras_are_green_and_the_bad_one_is_named_and_red(
    definitions: dg.Definitions, instance: dg.DagsterInstance, declared_eras: list[str]
) -> None:
    first, empty, last = declared_eras
    run = run_batch(definitions, instance, declared_eras)
    assert run.status == dg.DagsterRunStatus.FAILURE
    for stage in STAGES:
        assert instance.get_materialized_partitions(dg.AssetKey(stage.name)) == {first, last}
        assert red(instance, stage.name) == {empty}
        for check in set(stage.checks) - {"feature_store"}:  # there is no such store here
            assert checked(instance, stage.name, check, last) == AssetCheckExecutionRecordStatus.SUCCEEDED
            assert checked(instance, stage.name, check, empty) == AssetCheckExecutionRecordStatus.PLANNED
    said = failure(instance, run)
    assert f"1 of 3 eras failed, the others are recorded: {empty}: era {empty} has no readings" in str(said.description)
    assert list(said.metadata[FAILED_ERAS].value) == [empty]  # type: ignore[call-overload] # it is a dictionary


def test_a_bug_that_one_era_meets_stops_no_other_and_an_earlier_result_does_not_hide_it(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    declared_eras: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, _, last = declared_eras
    run_batch(definitions, instance, [first, last])

    def divide(era_id: str) -> None:
        _ = 1 / (0 if era_id == first else 1)

    break_stage(monkeypatch, "tsfresh_features", divide)
    run = run_batch(definitions, instance, [first, last])
    assert red(instance, "preprocessed_frame") == set()
    assert red(instance, "tsfresh_features") == red(instance, "selected_features") == {first}
    assert checked(instance, "tsfresh_features", "schema", first) == AssetCheckExecutionRecordStatus.PLANNED
    assert f"1 of 2 eras failed, the others are recorded: {first}: ZeroDivisionError" in str(
        failure(instance, run).description
    )


@pytest.mark.parametrize("instance", ["in memory", "on disk"], indirect=True)
def test_a_batch_leaves_the_events_that_single_runs_leave(
    definitions: dg.Definitions, instance: dg.DagsterInstance, declared_eras: list[str]
) -> None:
    first, _, last = declared_eras
    single: dict[tuple[str, ...], Any] = {}
    for era_id in (first, last):
        single |= recorded(instance, run_alone(definitions, instance, "era_job", era_id))
    batch = recorded(instance, run_batch(definitions, instance, [first, last]).run_id)
    assert len(batch) == 2 * (4 + 12 + 4)
    assert batch == single


def test_the_ui_calls_the_same_stale_after_either(
    definitions: dg.Definitions, instance: dg.DagsterInstance, platform: Platform, tmp_path: Path
) -> None:
    source = declared_source(tmp_path / "source")
    first, _, last = take_in(source, platform, instance)
    for asset in ("source_readings", "era_catalogue"):
        definitions.resolve_job_def(f"{asset}_job").execute_in_process(instance=instance)
    run_alone(definitions, instance, "era_job", first)
    run_batch(definitions, instance, [last])
    assert stale(definitions, instance, [first, last]) == {first: [], last: []}
    source.write_days("tiny-late.csv", 0, 1, offset=1.0)
    source.write_days("tiny-later.csv", 5, 1, offset=1.0)
    take_in(source, platform, instance)
    for era_id in (first, last):
        run_alone(definitions, instance, "raw_readings_job", era_id)
    behind = ["preprocessed_frame"]
    assert stale(definitions, instance, [first, last]) == {first: behind, last: behind}


def test_a_superseded_era_is_skipped_without_a_failure(
    definitions: dg.Definitions, instance: dg.DagsterInstance, declared_eras: list[str], platform: Platform
) -> None:
    first = declared_eras[0]
    platform.catalogue.record_cut("tiny", "declared", [platform.catalogue.era(declared_eras[2]).era], settings={})
    assert run_batch(definitions, instance, [first]).is_success
    run_alone(definitions, instance, "era_job", first)
    assert instance.get_materialized_partitions(dg.AssetKey("raw_readings")) == set()
