"""The sensor on a real instance: what it asks for, and what it never asks for twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions
from feature_platform.orchestration import requests, settlement
from feature_platform.orchestration.assets.era import STAGES
from feature_platform.orchestration.packing import Packing
from feature_platform.routing.era_keys import era_keys
from feature_platform.sources.description import load_description
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.platform import Platform
from feature_platform_tests.stages.house import take_in
from feature_platform_tests.tiny_source import TinySource, tiny_source


@pytest.fixture
def source(tmp_path: Path, platform: Platform) -> TinySource:
    made = tiny_source(tmp_path / "source", days=15)
    take_in(platform, made)
    return made


def tick(platform: Platform, instance: dg.DagsterInstance, cursor: str = "") -> dg.SensorResult:
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, definitions=definitions, resources=dict(definitions.resources or {})
    )
    result = definitions.resolve_sensor_def("new_eras_sensor")(context)
    assert isinstance(result, dg.SensorResult)
    for request in result.dynamic_partitions_requests or []:
        instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
    return result


def carry_out(platform: Platform, instance: dg.DagsterInstance, result: dg.SensorResult) -> None:
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    for request in result.run_requests or []:
        assert request.job_name is not None
        job = definitions.resolve_job_def(request.job_name)
        job.execute_in_process(
            instance=instance,
            run_config=request.run_config,
            partition_key=request.partition_key,
            tags=dict(request.tags),
            raise_on_error=False,
        )


def eras_of(request: dg.RunRequest) -> list[str]:
    return era_keys(
        request.tags | {"dagster/partition": request.partition_key} if request.partition_key else {},
        request.run_config or {},
        list,
    )


def asked(result: dg.SensorResult) -> list[str]:
    return sorted(era_id for request in result.run_requests or [] for era_id in eras_of(request))


def test_it_adds_partitions_and_asks_for_every_era_once(
    platform: Platform, instance: dg.DagsterInstance, source: TinySource
) -> None:
    ids = [record.era_id for record in platform.catalogue.eras(source=source.name) if record.row_count]
    first = tick(platform, instance)
    assert asked(first) == ids
    assert instance.get_dynamic_partitions("eras") == ids
    assert asked(tick(platform, instance)) == []
    carry_out(platform, instance, first)
    assert asked(tick(platform, instance)) == []
    assert {claim.state for claim in platform.catalogue.claims()} == {"succeeded"}


def test_late_data_asks_again_for_the_eras_it_falls_into_and_for_no_other(
    platform: Platform, instance: dg.DagsterInstance, source: TinySource
) -> None:
    carry_out(platform, instance, tick(platform, instance))
    tick(platform, instance)
    source.write_days("tiny-late.csv", 6, 1, offset=3.0)
    take_in(platform, source)
    (late,) = [
        record.era_id
        for record in platform.catalogue.eras(source=source.name)
        if record.era.start <= datetime(2024, 3, 7, tzinfo=UTC) < record.era.end
    ]
    again = tick(platform, instance)
    assert asked(again) == [late]
    carry_out(platform, instance, again)
    assert asked(tick(platform, instance)) == []


def test_a_failure_is_tried_again_after_its_back_off_and_not_for_ever(
    platform: Platform, instance: dg.DagsterInstance, source: TinySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = load_description(source.yaml).model_dump(mode="json")
    features = {"feature_set": "custom", "custom": {"no_such_calculator": None}}
    platform.catalogue.register_source(
        type(load_description(source.yaml)).model_validate({**broken, "features": features})
    )
    count = len(asked(first := tick(platform, instance)))
    carry_out(platform, instance, first)
    assert asked(tick(platform, instance)) == []
    monkeypatch.setattr(requests, "BACKOFF", timedelta(0))
    for _ in range(2):
        again = tick(platform, instance)
        assert len(asked(again)) == count
        carry_out(platform, instance, again)
    assert asked(tick(platform, instance)) == []


def test_a_pinned_selection_asks_for_the_last_stage_only(
    platform: Platform, instance: dg.DagsterInstance, source: TinySource
) -> None:
    carry_out(platform, instance, tick(platform, instance))
    tick(platform, instance)
    (scope,) = scopes(platform)
    pin_selection(platform, scope)
    again = tick(platform, instance)
    for request in again.run_requests or []:
        stages = request.run_config and request.run_config["ops"]["process_eras"]["config"]["stages"]
        assert (request.job_name, stages) in (("era_batch_job", ["selected_features"]), ("selected_features_job", None))
    assert asked(again) == [r.era_id for r in platform.catalogue.eras(source=source.name) if r.row_count]
    carry_out(platform, instance, again)
    assert asked(tick(platform, instance)) == []


def test_changed_settings_ask_for_nothing(platform: Platform, instance: dg.DagsterInstance, source: TinySource) -> None:
    carry_out(platform, instance, tick(platform, instance))
    tick(platform, instance)
    source.describe(preprocessing={"step": "10m", "max_gap": "30m"})
    platform.catalogue.register_source(load_description(source.yaml))
    assert asked(tick(platform, instance)) == []


def test_a_superseded_era_is_left_alone(platform: Platform, instance: dg.DagsterInstance, source: TinySource) -> None:
    before = {record.era_id for record in platform.catalogue.eras(source=source.name)}
    source.describe(eras={"method": "calendar", "unit": "month"})
    take_in(platform, source)
    assert before.isdisjoint(asked(tick(platform, instance)))


def test_a_tick_asks_for_no_more_than_its_limit_and_the_next_goes_on(
    platform: Platform, source: TinySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Packing(most_eras=1)
    ids = [record.era_id for record in platform.catalogue.eras() if record.row_count]
    monkeypatch.setattr(requests, "MAXIMUM_REQUESTS", 2)
    first = requests.wanted_eras(platform, alone, after=None)
    monkeypatch.setattr(requests, "MAXIMUM_REQUESTS", 200)
    monkeypatch.setattr(requests, "EXAMINE_SECONDS", 0.0)
    slow = requests.wanted_eras(platform, alone, after=first.cursor)
    assert sorted(batch.eras for batch in first.batches) == [[era_id] for era_id in ids[:2]]
    assert [batch.eras for batch in slow.batches] == [[ids[2]]]
    assert slow.examined == 1


def test_a_claim_whose_run_never_came_is_tried_again(
    platform: Platform, instance: dg.DagsterInstance, source: TinySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "BACKOFF", timedelta(0))
    lost = asked(tick(platform, instance))
    assert lost
    monkeypatch.setattr(settlement, "LAUNCH_GRACE", timedelta(0))
    assert asked(tick(platform, instance)) == lost


def test_the_eras_of_a_failed_batch_are_settled_one_by_one_and_only_the_bad_one_is_asked_for_again(
    platform: Platform, instance: dg.DagsterInstance, declared_eras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, empty, _ = declared_eras
    monkeypatch.setattr(requests.Packing, "of", lambda _: Packing(slots=1))
    first = tick(platform, instance)
    (request,) = first.run_requests or []
    assert (request.job_name, asked(first)) == ("era_batch_job", sorted(declared_eras))
    carry_out(platform, instance, first)
    assert asked(tick(platform, instance)) == []
    states = {claim.era_id: claim.state for claim in platform.catalogue.claims()}
    assert states == dict.fromkeys(declared_eras, "succeeded") | {empty: "failed"}
    monkeypatch.setattr(requests, "BACKOFF", timedelta(0))
    assert asked(tick(platform, instance)) == [empty]


@pytest.mark.parametrize("alone", [True, False])
def test_an_era_that_took_all_memory_by_itself_is_asked_for_no_more_until_its_data_change(
    platform: Platform,
    instance: dg.DagsterInstance,
    source: TinySource,
    monkeypatch: pytest.MonkeyPatch,
    alone: bool,
) -> None:
    monkeypatch.setattr(requests, "BACKOFF", timedelta(0))
    monkeypatch.setattr(requests.Packing, "of", lambda _: Packing(slots=99 if alone else 1))
    first = tick(platform, instance)
    for request in first.run_requests or []:
        eras = {"dagster/partition": request.partition_key} if request.partition_key else {}
        run = dg.DagsterRun(
            job_name=str(request.job_name), run_config=request.run_config or {}, tags={**request.tags, **eras}
        )
        instance.add_run(run)
        lost = {"worker_lost": "out_of_memory", "lost_run": run.run_id, "max_retries": "0"}
        instance.add_run_tags(run.run_id, {f"feature_platform/{name}": tag for name, tag in lost.items()})
        instance.report_run_failed(run, "the worker was lost")
    assert asked(tick(platform, instance)) == ([] if alone else asked(first))
    states = {claim.state for claim in platform.catalogue.claims()}
    assert states == ({"given_up"} if alone else {"failed", "running"})
    source.write_days("tiny-late.csv", 6, 1, offset=3.0)
    take_in(platform, source)
    assert len(asked(tick(platform, instance))) == 1


def test_a_batch_that_died_half_way_leaves_only_the_rest_to_ask_for(
    platform: Platform, instance: dg.DagsterInstance, declared_eras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = declared_eras
    monkeypatch.setattr(requests.Packing, "of", lambda _: Packing(slots=1))
    monkeypatch.setattr(requests, "BACKOFF", timedelta(0))
    (request,) = tick(platform, instance).run_requests or []
    for stage in STAGES:
        stage.run(platform, first)
    lost = dg.DagsterRun(job_name="era_batch_job", run_config=request.run_config or {}, tags=dict(request.tags))
    instance.add_run(lost)
    assert asked(tick(platform, instance)) == []
    instance.report_run_failed(lost, "the worker was lost")
    again = tick(platform, instance)
    assert asked(again) == sorted(others)
    assert [(claim.era_id, claim.state) for claim in platform.catalogue.claims(state="succeeded")] == [
        (first, "succeeded")
    ]
    (retried,) = again.run_requests or []
    assert retried.run_key != request.run_key
