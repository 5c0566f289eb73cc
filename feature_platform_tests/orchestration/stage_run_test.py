"""What stages took is noted by the run's route, for one era and for a batch, and never stands in a result's way."""

import logging
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import NullPool, create_engine, text

from feature_platform.routing.cost_model import STAGES
from feature_platform.sources.description import SourceDescription, load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import tiny_source

READINGS = 144 * 3


@pytest.fixture
def description(tmp_path: Path) -> SourceDescription:
    return load_description(tiny_source(tmp_path / "source", days=2, eras={"method": "calendar", "unit": "day"}).yaml)


@pytest.fixture
def eras(platform: Platform, instance: dg.DagsterInstance, description: SourceDescription) -> list[str]:
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    eras = [record.era_id for record in cut_source(platform, description.source).eras]
    instance.add_dynamic_partitions("eras", eras)
    return eras


def run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, era_id: str, **tags: str
) -> dg.ExecuteInProcessResult:
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance, partition_key=era_id, tags={f"feature_platform/{name}": tag for name, tag in tags.items()}
    )


def test_one_era_and_a_batch_are_noted_alike(
    platform: Platform,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    description: SourceDescription,
    eras: list[str],
) -> None:
    single = run(definitions, instance, "era_job", eras[0], route="gpu", price_per_hour="3600")
    assert single.success
    batch = definitions.resolve_job_def("era_batch_job").execute_in_process(
        instance=instance,
        run_config={"ops": {"process_eras": {"config": {"eras": eras[1:]}}}},
        tags={"feature_platform/route": "cpu"},
    )
    assert batch.success
    costs = platform.catalogue.stage_costs()
    assert {(cost.route, cost.era_id, cost.stage) for cost in costs} == {
        *(("gpu", eras[0], stage) for stage in STAGES),
        *(("cpu", eras[1], stage) for stage in STAGES),
    }
    assert {cost.feature_set for cost in costs} == {description.features.scope_name}
    assert {cost.readings for cost in costs} == {READINGS}
    assert all(0 < cost.seconds < 60 for cost in costs)
    assert all(0 < (cost.cpu_seconds or 0) < 100 and (cost.memory_mib or 0) > 50 for cost in costs)
    paid = {
        event.asset_key.to_user_string(): event.materialization.metadata
        for event in single.get_asset_materialization_events()
        if event.asset_key
    }
    for cost in costs:
        if cost.route == "gpu":
            assert paid[cost.stage]["cost"].value == pytest.approx(cost.seconds)
    unpaid = batch.get_asset_materialization_events()
    assert unpaid
    assert all("cost" not in event.materialization.metadata for event in unpaid)
    for stage in STAGES:
        manifest = platform.datasets.require(stage, eras[0])
        (noted,) = (cost for cost in costs if (cost.era_id, cost.stage) == (eras[0], stage))
        assert (noted.engine, noted.columns) == (manifest.engine, manifest.columns)


def test_the_same_columns_by_another_engine_are_another_cost(description: SourceDescription) -> None:
    by_tsfresh = description.features.model_copy(update={"engine": "tsfresh"})
    assert by_tsfresh.scope_name == description.features.scope_name == description.features.cost_name
    assert by_tsfresh.cost_name == f"{by_tsfresh.scope_name}+tsfresh"


def test_a_run_without_a_route_is_measured_for_none(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    assert run(definitions, instance, "raw_readings_job", eras[0]).success
    assert platform.catalogue.stage_costs() == []


def test_costs_that_cannot_be_noted_are_a_warning_and_the_result_stands(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    with create_engine(platform.catalogue_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP TABLE catalogue_stage_costs"))
    result = run(definitions, instance, "raw_readings_job", eras[0], route="cpu")
    assert result.success
    assert platform.datasets.require("raw_readings", eras[0]).rows == READINGS
    (warning,) = (entry.user_message for entry in instance.all_logs(result.run_id) if entry.level == logging.WARNING)
    assert warning.startswith("the seconds of 1 stage(s) were not noted, their results stand: era catalogue sqlite:///")
