"""The last stage puts its values into the store; a store out of reach takes nothing from the era."""

from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from feature_platform.definitions import build_definitions
from feature_platform.load import load_features
from feature_platform.stages.feature_selection import pin_selection, scopes
from feature_platform.stages.outcome import CheckOutcome, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.stages.selected_features import project_features
from feature_platform.stages.store_sync import sync_store
from feature_platform_tests.postgres_server import PASSWORD
from feature_platform_tests.stages.house import check, house, run_stages, take_in
from feature_platform_tests.store.conftest import url_of

pytestmark = pytest.mark.postgres


@pytest.fixture
def platform(tmp_path: Path, store_url: str) -> Platform:
    return Platform(str(tmp_path / "data"), f"sqlite:///{tmp_path / 'catalogue.db'}", url_of("worker", store_url))


@pytest.fixture
def eras(platform: Platform, tmp_path: Path) -> list[str]:
    return take_in(platform, house(tmp_path / "source", days=11))[1:]


def served(outcome: StageOutcome) -> CheckOutcome:
    return check(outcome, "feature_store")


def test_values_are_stored_once_a_selection_is_pinned_and_are_those_of_the_files(
    platform: Platform, eras: list[str], store_url: str
) -> None:
    provisional = served(run_stages(platform, eras[0])["selected_features"])
    assert provisional.passed
    assert provisional.description.startswith("provisional, or of features that were replaced meanwhile")
    run_stages(platform, eras[1])
    pin_selection(platform, scopes(platform)[0])
    for said in ("stored in postgresql+psycopg2://worker:***@", "holds these values already"):
        found = served(project_features(platform, eras[0]))
        assert found.passed
        assert said in found.description
    project_features(platform, eras[1])
    where = {"source": "tiny", "level": "calendar", "catalogue": platform.catalogue_url, "eras": eras}
    stored = load_features(store=url_of("analyst", store_url), **where)  # type: ignore[call-overload]
    assert stored.height == 10
    assert_frame_equal(stored, load_features(storage=platform.storage_url, **where), check_exact=True)  # type: ignore[call-overload]


def test_a_store_out_of_reach_is_a_warning_and_sync_makes_up_for_it(platform: Platform, eras: list[str]) -> None:
    url = sa.make_url(platform.store_url or "").set(port=9).render_as_string(hide_password=False)
    cut_off = Platform(platform.storage_url, platform.catalogue_url, url)
    run_stages(cut_off, eras[0])
    pin_selection(cut_off, scopes(cut_off)[0])
    outcome = project_features(cut_off, eras[0])
    found = served(outcome)
    assert (found.passed, found.severity) == (False, "warning")
    assert "port 9 failed" in found.description
    assert PASSWORD not in found.description
    assert platform.datasets.require("selected_features", eras[0]) == outcome.manifest
    assert sync_store(platform).written == (eras[0],)


def test_a_run_records_the_check_of_its_era(
    platform: Platform, eras: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATURE_PLATFORM_STORE_URL", platform.store_url or "")
    run_stages(platform, eras[0])
    pin_selection(platform, scopes(platform)[0])
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("eras", eras)
        job = definitions.resolve_job_def("selected_features_job")
        result = job.execute_in_process(instance=instance, partition_key=eras[0])
    (found,) = (found for found in result.get_asset_check_evaluations() if found.check_name == "feature_store")
    assert (found.passed, found.partition, found.severity) == (True, eras[0], dg.AssetCheckSeverity.WARN)
    assert {held.era_id for held in platform.store.held()} == {eras[0]} if platform.store else False
