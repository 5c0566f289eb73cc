"""The last stage puts its values into the store; a store out of reach takes nothing from the era."""

import dagster as dg
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from feature_platform.definitions import build_definitions
from feature_platform.stages.outcome import CheckOutcome, StageOutcome
from feature_platform.stages.platform import Platform
from feature_platform.stages.selected_features import project_features
from feature_platform.stages.store_sync import sync_store
from feature_platform_tests.postgres_server import PASSWORD
from feature_platform_tests.stages.house import check
from feature_platform_tests.store.conftest import url_of
from feature_platform_tests.stored_house import House

pytestmark = pytest.mark.postgres


@pytest.fixture
def eras(house: House) -> list[str]:
    """Two eras with features."""
    found = house.cut(2)
    for number, era_id in enumerate(found):
        house.features(era_id, float(number))
    return found


def served(outcome: StageOutcome) -> CheckOutcome:
    return check(outcome, "feature_store")


def test_values_are_stored_once_a_selection_is_pinned_and_are_those_of_the_files(
    house: House, platform: Platform, eras: list[str], store_url: str
) -> None:
    provisional = served(project_features(platform, eras[0]))
    assert provisional.passed
    assert provisional.description.startswith("provisional, or of features that were replaced meanwhile")
    house.pin("a__mean", "a__minimum")
    for said in ("stored in postgresql+psycopg2://worker:***@", "holds these values already"):
        found = served(project_features(platform, eras[0]))
        assert found.passed
        assert said in found.description
        assert PASSWORD not in found.description
    project_features(platform, eras[1])
    stored = house.load(store=url_of("analyst", store_url))
    assert stored.shape == (4, 5)
    assert_frame_equal(stored, house.load(), check_exact=True)


@pytest.mark.parametrize(
    ("change", "says"), [({"port": 9}, "port 9 failed"), ({"drivername": "mysql"}, "'mysql' is not")]
)
def test_a_store_that_cannot_be_used_is_a_warning_and_sync_makes_up_for_it(
    house: House, platform: Platform, eras: list[str], change: dict[str, object], says: str
) -> None:
    house.pin("a__mean")
    url = sa.make_url(platform.store_url or "").set(**change).render_as_string(hide_password=False)  # type: ignore[arg-type]
    outcome = project_features(Platform(house.storage, house.catalogue_url, url), eras[0])
    found = served(outcome)
    assert (found.passed, found.severity) == (False, "warning")
    assert says in found.description
    assert PASSWORD not in found.description
    assert platform.datasets.require("selected_features", eras[0]) == outcome.manifest
    assert sync_store(platform).written == (eras[0],)


def test_a_run_records_the_check_of_its_era(
    house: House, platform: Platform, eras: list[str], store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.pin("a__mean")
    monkeypatch.setenv("FEATURE_PLATFORM_STORE_URL", platform.store_url or "")
    definitions = build_definitions(storage=platform.storage_url, catalogue=platform.catalogue_url)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("eras", eras)
        job = definitions.resolve_job_def("selected_features_job")
        result = job.execute_in_process(instance=instance, partition_key=eras[0])
    (found,) = (found for found in result.get_asset_check_evaluations() if found.check_name == "feature_store")
    assert (found.passed, found.partition, found.severity) == (True, eras[0], dg.AssetCheckSeverity.WARN)
    assert house.load(store=store_url, eras=eras[:1])["a__mean"].to_list() == [0.0, 0.5]
