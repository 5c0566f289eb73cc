"""What a user's own CI would run: the dagster command line against our definitions."""

import time

import dagster as dg
import pytest

from feature_platform.client.daemon import running_daemon
from feature_platform_tests.e2e.conftest import Home
from feature_platform_tests.tiny_source import tiny_source

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PATIENCE_SECONDS = 300
MODULE = ("-m", "feature_platform.definitions")


ERAS = "start,end\n2024-03-01,2024-03-02\n2024-03-02,2024-03-04\n2024-03-04,2024-03-10\n"


@pytest.fixture(scope="module")
def era_ids(home: Home, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Three eras in the catalogue, offered as partitions by the asset itself."""
    source = tiny_source(tmp_path_factory.mktemp("source"), days=10)
    declared = source.folder / "eras.csv"
    declared.write_text(ERAS, encoding="utf-8")
    home.command("feature-platform", "eras", "declare", "--source", str(source.yaml), str(declared))
    home.command("dagster", "asset", "materialize", "--select", "era_catalogue", *MODULE)
    with dg.DagsterInstance.get() as instance:
        ids = list(instance.get_dynamic_partitions("eras"))
    assert len(ids) == 3
    return ids


def test_definitions_validate(home: Home) -> None:
    home.command("dagster", "definitions", "validate", "-w", "workspace.yaml")


def test_asset_materialize_runs_in_process_and_passes_the_queue_by(home: Home, era_ids: list[str]) -> None:
    home.command(
        "dagster",
        "asset",
        "materialize",
        "--select",
        "raw_readings,preprocessed_frame",
        "--partition",
        era_ids[0],
        *MODULE,
    )
    with dg.DagsterInstance.get() as instance:
        assert instance.get_materialized_partitions(dg.AssetKey("preprocessed_frame")) == {era_ids[0]}
        (run,) = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": era_ids[0]}))
    assert "feature_platform/compute" not in run.tags


def test_job_launch_and_job_backfill_are_queued_and_routed(home: Home, era_ids: list[str]) -> None:
    home.command(
        "dagster", "job", "launch", "-j", "era_job", "-w", "workspace.yaml", "-l", "feature_platform",
        "--tags", f'{{"dagster/partition": "{era_ids[0]}"}}',
    )  # fmt: skip
    home.command(
        "dagster", "job", "backfill", "-j", "era_job", "-w", "workspace.yaml", "-l", "feature_platform",
        "--partitions", ",".join(era_ids[1:]), "--noprompt",
    )  # fmt: skip
    with dg.DagsterInstance.get() as instance, running_daemon(instance, home.folder / "workspace.yaml"):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while instance.get_materialized_partitions(dg.AssetKey("selected_features")) != set(era_ids):
            assert time.monotonic() < deadline, [(r.run_id, r.status) for r in instance.get_runs()]
            time.sleep(0.5)
        routes = {
            run.tags["dagster/partition"]: run.tags["feature_platform/compute"]
            for run in instance.get_runs(dg.RunsFilter(job_name="era_job"))
        }
    assert routes == {era_ids[0]: "cpu", era_ids[1]: "cpu", era_ids[2]: "gpu"}
