"""A batch of eras and single eras leave the same events; a bad era stops no other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import tiny_source

ERA_ASSETS = ("raw_readings", "preprocessed_frame", "tsfresh_features", "selected_features")
ERAS = """
- {start: 2024-03-01, end: 2024-03-03}
- {start: 2024-06-01, end: 2024-06-05}
- {start: 2024-03-05, end: 2024-03-07}
"""


@pytest.fixture
def eras(tmp_path: Path, platform: Platform, instance: dg.DagsterInstance) -> list[str]:
    """Ids of three eras, the one in the middle without readings."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "eras.yaml").write_text(ERAS, encoding="utf-8")
    source = tiny_source(folder, eras={"method": "declared", "file": "eras.yaml"})
    description = load_description(source.yaml)
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    outcome = cut_source(platform, source.name)
    instance.add_dynamic_partitions("eras", outcome.partitions)
    first, last, empty = (record.era_id for record in sorted(outcome.eras, key=lambda record: record.era.start))
    return [first, empty, last]


def run_batch(definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str]) -> dg.ExecuteInProcessResult:
    return definitions.resolve_job_def("era_batch_job").execute_in_process(
        instance=instance, run_config={"ops": {"process_eras": {"config": {"eras": eras}}}}, raise_on_error=False
    )


def recorded(instance: dg.DagsterInstance, run_id: str) -> dict[tuple[str, ...], Any]:
    """What a run's events say of each era, but for times and the input events, which no two runs share."""
    found: dict[tuple[str, ...], Any] = {}
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.is_step_materialization:
            made = event.step_materialization_data.materialization
            values = without_times(made.metadata)
            tags = {name: tag for name, tag in (made.tags or {}).items() if not name.startswith("dagster/input_")}
            found["asset", made.asset_key.to_user_string(), str(made.partition)] = values, tags
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            key = ("check", check.asset_key.to_user_string(), check.check_name, str(check.partition))
            found[key] = check.passed, check.severity, check.description, without_times(check.metadata)
    return found


def without_times(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if "second" not in name}


def test_finished_eras_are_recorded_and_the_bad_one_is_named(
    definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    first, empty, last = eras
    result = run_batch(definitions, instance, eras)
    assert not result.success
    for name in ERA_ASSETS:
        assert instance.get_materialized_partitions(dg.AssetKey(name)) == {first, last}
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    error = failure.step_failure_data.user_failure_data
    assert error is not None
    assert f"1 of 3 eras failed, the others are recorded: {empty}: era {empty} has no readings" in str(
        error.description
    )


def test_a_batch_leaves_the_events_that_single_runs_leave(
    definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    first, _, last = eras
    job = definitions.resolve_job_def("era_job")
    single: dict[tuple[str, ...], Any] = {}
    for era_id in (first, last):
        result = job.execute_in_process(instance=instance, partition_key=era_id)
        single |= recorded(instance, result.run_id)
    batch = recorded(instance, run_batch(definitions, instance, [first, last]).run_id)
    assert len(batch) == 2 * (4 + 12)
    assert batch == single


def test_a_superseded_era_is_skipped_without_a_failure(
    definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str], platform: Platform
) -> None:
    first = eras[0]
    platform.catalogue.record_cut("tiny", "declared", [platform.catalogue.era(eras[2]).era], settings={})
    assert run_batch(definitions, instance, [first]).success
    alone = definitions.resolve_job_def("era_job").execute_in_process(instance=instance, partition_key=first)
    assert alone.success
    assert instance.get_materialized_partitions(dg.AssetKey("raw_readings")) == set()
