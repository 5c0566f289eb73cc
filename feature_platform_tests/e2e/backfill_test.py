"""A backfill over every asset, started through the API that the UI uses, with one bad era in five."""

import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus

from feature_platform.client.deployment import Deployment, opened_deployment
from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.sources.description import load_description
from feature_platform.sources.importing import import_source
from feature_platform.stages.era_cut import cut_source
from feature_platform.stages.platform import Platform
from feature_platform_tests.backfills import BACKFILL
from feature_platform_tests.e2e.conftest import Home
from feature_platform_tests.tiny_source import tiny_source

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ERA_ASSETS = ("raw_readings", "preprocessed_frame", "tsfresh_features", "selected_features")
EVERYTHING = ("source_readings", "era_catalogue", *ERA_ASSETS, "feature_selection")
PATIENCE_SECONDS = 800
ERAS = """
- {start: 2024-03-01, end: 2024-03-03}
- {start: 2024-03-03, end: 2024-03-05}
- {start: 2024-06-01, end: 2024-06-05, label: no readings at all}
- {start: 2024-03-05, end: 2024-03-07}
- {start: 2024-03-07, end: 2024-03-09}
"""


@pytest.fixture(scope="module")
def deployment(home: Home) -> Iterator[Deployment]:
    with opened_deployment(home.folder / "workspace.yaml") as opened:
        yield opened


def over(deployment: Deployment, backfill_id: str) -> BulkActionStatus:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        backfill = deployment.instance.get_backfill(backfill_id)
        assert backfill is not None
        if backfill.status not in {BulkActionStatus.REQUESTED, BulkActionStatus.FAILING, BulkActionStatus.CANCELING}:
            return backfill.status
        assert time.monotonic() < deadline, f"the backfill is still {backfill.status}"
        time.sleep(0.5)


def test_one_bad_era_in_five_stops_no_other(
    home: Home, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("source")
    (folder / "eras.yaml").write_text(ERAS, encoding="utf-8")
    source = tiny_source(folder, days=10, eras={"method": "declared", "file": "eras.yaml"})
    platform = Platform.from_environment()
    description = load_description(source.yaml)
    platform.catalogue.register_source(description)
    import_source(description, platform.readings)
    outcome = cut_source(platform, source.name)
    deployment.instance.add_dynamic_partitions(PARTITIONS_NAME, outcome.partitions)
    (bad,) = outcome.empty
    good = set(outcome.partitions) - {bad}
    assert len(good) == 4

    answer = deployment.query(
        BACKFILL,
        {
            "params": {
                "assetSelection": [{"path": [name]} for name in EVERYTHING],
                "partitionNames": outcome.partitions,
                "title": "everything",
            }
        },
    )
    launched = answer["data"]["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    over(deployment, launched["backfillId"])

    for name in ERA_ASSETS:
        done = deployment.instance.get_materialized_partitions(dg.AssetKey(name))
        assert done == good, name
    for name in ("source_readings", "era_catalogue"):
        assert deployment.instance.get_latest_materialization_event(dg.AssetKey(name)) is not None
    failed = deployment.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    assert {run.tags["dagster/partition"] for run in failed} == {bad}
