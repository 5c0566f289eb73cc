"""The unpartitioned assets: a bad source is named and keeps nobody else's readings, eras or selection back."""

from pathlib import Path

import dagster as dg
import pytest

from feature_platform.sources.description import SourceDescription, load_description
from feature_platform.stages.platform import Platform
from feature_platform_tests.tiny_source import TinySource, tiny_source


def run(
    definitions: dg.Definitions, instance: dg.DagsterInstance, asset: str, **config: object
) -> dg.ExecuteInProcessResult:
    run_config = {"ops": {asset: {"config": config}}} if config else {}
    job = definitions.resolve_job_def(f"{asset}_job")
    return job.execute_in_process(instance=instance, run_config=run_config, raise_on_error=False)


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = (event for event in result.all_events if event.is_step_failure)
    data = event.step_failure_data.user_failure_data
    assert data is not None
    return str(data.description)


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, dg.MetadataValue]:
    (event,) = (event for event in result.get_asset_materialization_events() if event.asset_key == dg.AssetKey(asset))
    return dict(event.materialization.metadata)


@pytest.fixture
def sources(tmp_path: Path, platform: Platform) -> list[TinySource]:
    made = [tiny_source(tmp_path / name, name=name, days=8) for name in ("barn", "house")]
    for source in made:
        platform.catalogue.register_source(load_description(source.yaml))
    return made


def test_sources_become_readings_then_partitions(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, sources: list[TinySource]
) -> None:
    imported = run(definitions, instance, "source_readings")
    assert imported.success
    found = metadata(imported, "source_readings")
    assert found["readings"].value == 2 * 8 * 144 * 3
    assert {"sources", "sensors of barn", "sensors of house"} <= set(found)
    cut = run(definitions, instance, "era_catalogue")
    assert cut.success
    assert set(instance.get_dynamic_partitions("eras")) == {r.era_id for r in platform.catalogue.eras() if r.row_count}
    assert "data:image/png;base64," in str(metadata(cut, "era_catalogue")["plot of barn"].value)
    again = run(definitions, instance, "source_readings")
    assert metadata(again, "source_readings")["files_read_now"].value == 0


def test_a_bad_source_is_named_and_the_others_are_taken_in(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, sources: list[TinySource]
) -> None:
    (sources[0].folder / "barn-0.csv").write_text("time,air_temp\n2024-03-01 00:00:00,1\n", encoding="utf-8")
    result = run(definitions, instance, "source_readings")
    assert not result.success
    said = failure(result)
    assert said.startswith("1 source(s) were not imported: barn: ")
    assert "barn-0.csv: every row is one column when divided at ';'" in said
    assert platform.readings.sources() == ["house"]
    cut = run(definitions, instance, "era_catalogue")
    assert "1 source(s) were not cut: barn: source 'barn' has no readings yet" in failure(cut)
    assert {r.era.source for r in platform.catalogue.eras()} == {"house"}
    assert set(instance.get_dynamic_partitions("eras")) == {r.era_id for r in platform.catalogue.eras() if r.row_count}


def test_a_postgres_that_is_down_is_named_and_the_others_are_taken_in(
    platform: Platform,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    sources: list[TinySource],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWAY_URL", "postgresql://grower:hunter2@127.0.0.1:1/greenhouse")
    away = SourceDescription.model_validate(
        {
            "source": "away",
            "format": "postgres",
            "postgres": {"url_env": "AWAY_URL", "table": "readings"},
            "sensors": [{"id": "co2"}],
        }
    )
    platform.catalogue.register_source(away)
    said = failure(run(definitions, instance, "source_readings"))
    assert "1 source(s) were not imported: away: source away: database 'greenhouse' on 127.0.0.1:1 cannot be" in said
    assert "start it or correct AWAY_URL" in said
    assert "hunter2" not in said
    assert platform.readings.sources() == ["barn", "house"]


def test_an_unknown_source_is_named_with_those_that_there_are(
    definitions: dg.Definitions, instance: dg.DagsterInstance, sources: list[TinySource]
) -> None:
    result = run(definitions, instance, "source_readings", sources=["hose"])
    (event,) = (event for event in result.all_events if event.is_step_failure)
    error = event.step_failure_data.error
    assert error is not None
    assert "sources hose are not registered (there is barn, house)" in str(error.cause or error)


def test_one_scope_without_features_keeps_no_other_from_being_pinned(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, sources: list[TinySource]
) -> None:
    for asset in ("source_readings", "era_catalogue"):
        assert run(definitions, instance, asset).success
    nothing = run(definitions, instance, "feature_selection")
    assert "no era of 'barn', level 'calendar', has features" in failure(nothing)
    barn = [record.era_id for record in platform.catalogue.eras(source="barn") if record.row_count]
    for era_id in barn:
        assert (
            definitions.resolve_job_def("era_job").execute_in_process(instance=instance, partition_key=era_id).success
        )
    result = run(definitions, instance, "feature_selection")
    assert result.success
    found = metadata(result, "feature_selection")
    assert "no era of 'house'" in str(found["not_selected"].value)
    (scope,) = platform.selections.scopes()
    assert scope.source == "barn"
    for plot in ("dropped by reason", "correlation"):
        assert "data:image/png;base64," in str(found[f"{plot} in {scope}"].value)
    assert dg.AssetKey("pinned_selection") in {e.asset_key for e in result.get_asset_materialization_events()}


def test_the_checks_tell_missing_eras_and_what_moved_since_the_version_before(
    platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance, sources: list[TinySource]
) -> None:
    for asset in ("source_readings", "era_catalogue"):
        assert run(definitions, instance, asset, sources=["barn"]).success
    first, *others = [record.era_id for record in platform.catalogue.eras(source="barn") if record.row_count]
    job = definitions.resolve_job_def("era_job")
    assert job.execute_in_process(instance=instance, partition_key=others[0]).success
    checks = {e.check_name: e for e in run(definitions, instance, "feature_selection").get_asset_check_evaluations()}
    assert checks["selection_drift"].passed
    assert not checks["all_eras_present"].passed
    assert first in str(checks["all_eras_present"].description)
    sources[0].describe(selection={"maximum_correlation": 0.2})
    platform.catalogue.register_source(load_description(sources[0].yaml))
    moved = {e.check_name: e for e in run(definitions, instance, "feature_selection").get_asset_check_evaluations()}
    assert not moved["selection_drift"].passed
    assert moved["selection_drift"].severity == dg.AssetCheckSeverity.WARN
    assert "columns came" in str(moved["selection_drift"].description)
