"""The nightly backlog: what the sensor would ask for, where the sensor is left off."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from feature_platform.definitions import build_definitions
from feature_platform.orchestration import requests
from feature_platform.orchestration.assets.era import STAGES
from feature_platform.routing.era_keys import era_keys
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import tiny_source


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """On disk: a schedule opens its instance by reference."""
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as opened:
        yield opened


@pytest.fixture
def eras(tmp_path: Path, platform: Platform) -> list[str]:
    """Ids of the eras that have readings."""
    source = tiny_source(tmp_path / "source", days=15)
    description = load_description(source.yaml)
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    cut_source(platform, source.name)
    return [record.era_id for record in platform.catalogue.eras(source=source.name) if record.row_count]


def night(platform: Platform, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    schedule = definitions.resolve_schedule_def("backlog_schedule")
    repository = definitions.get_repository_def()
    with dg.build_schedule_context(
        instance=instance, repository_def=repository, resources=dict(definitions.resources or {})
    ) as context:
        return list(schedule.evaluate_tick(context).run_requests or [])


def carry_out(platform: Platform, asked: list[dg.RunRequest]) -> None:
    for era_id in partitions(asked):
        for stage in STAGES:
            stage.run(platform, era_id)


def partitions(asked: list[dg.RunRequest]) -> list[str]:
    return sorted(era_id for request in asked for era_id in era_keys({}, request.run_config or {}, list))


def test_it_runs_at_night_and_only_when_switched_on() -> None:
    schedule = build_definitions().resolve_schedule_def("backlog_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "UTC")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_it_adds_partitions_and_asks_for_every_era_once(
    platform: Platform, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    asked = night(platform, instance)
    assert partitions(asked) == eras
    assert instance.get_dynamic_partitions("eras") == eras
    assert len({request.run_key for request in asked}) == len(asked) < len(eras)
    assert night(platform, instance) == []
    carry_out(platform, asked)
    assert night(platform, instance) == []


def test_a_newer_selection_is_left_to_the_sensor(
    platform: Platform, instance: dg.DagsterInstance, eras: list[str]
) -> None:
    carry_out(platform, night(platform, instance))
    (scope,) = scopes(platform)
    pin_selection(platform, scope)
    assert night(platform, instance) == []


def test_finished_eras_never_hide_those_behind_them(
    platform: Platform, instance: dg.DagsterInstance, eras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "EXAMINE_SECONDS", 0.0)
    monkeypatch.setattr(requests, "MAXIMUM_CLAIMS", 1)
    seen = []
    for _ in eras:
        asked = night(platform, instance)
        assert len(partitions(asked)) == 1
        carry_out(platform, asked)
        seen += partitions(asked)
    assert seen == eras


def test_a_tick_asks_for_two_hundred_at_most() -> None:
    assert requests.MAXIMUM_REQUESTS == 200
