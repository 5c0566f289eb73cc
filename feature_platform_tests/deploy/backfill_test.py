"""A backfill on a cluster: runs land on their routes' nodes, within the limits, and outlive what happens to them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.execution.backfill import PartitionBackfill
from dagster_k8s.job import get_job_name_from_run_id

from feature_platform.client.daemon import running_daemon
from feature_platform_tests.deploy import cluster_definitions
from feature_platform_tests.deploy.chart_values import chart_values, instance_config
from feature_platform_tests.deploy.cluster import Cluster, Node, Pod, running_cluster
from feature_platform_tests.faults.programs import wait_until
from feature_platform_tests.routing.home import open_instance
from feature_platform_tests.routing.kubernetes_home import kubernetes_home

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(600)]

FILE = Path(cluster_definitions.__file__)
SPOT = {"key": "cloud.google.com/gke-spot", "value": "true", "effect": "NoSchedule"}
GPU = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
SMALL, LARGE = 400, 2_000_000
ASSET = dg.AssetKey("probe")
LIMITS = {"cpu": 2, "gpu": 1, "cpu-highmem": 1}


def nodes() -> list[Node]:
    """Each holds one pod of its route, but the largest two, of which none may go there."""
    gpu = {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100"}
    capacity = {"cpu": "12", "memory": "85Gi", "nvidia.com/gpu": "1"}
    return [
        Node("cpu-1", {"feature-platform/pool": "cpu"}, {"cpu": "4", "memory": "16Gi"}, (SPOT,)),
        Node("cpu-2", {"feature-platform/pool": "cpu"}, {"cpu": "4", "memory": "16Gi"}),
        Node("gpu-1", gpu, capacity, (SPOT, GPU)),
        Node("gpu-2", gpu, capacity, (GPU,)),
        Node("highmem-1", {"feature-platform/pool": "cpu-highmem"}, {"cpu": "8", "memory": "64Gi"}),
        Node("system-1", {"feature-platform/pool": "system"}, {"cpu": "64", "memory": "256Gi"}),
    ]


@dataclass
class Deployment:
    """A daemon at work on a cluster, and eras to compute."""

    cluster: Cluster
    instance: dg.DagsterInstance
    workspace: Path
    small: list[str]
    large: list[str]

    def runs(self, era_id: str) -> list[dg.DagsterRun]:
        """An era's runs, the oldest first."""
        found = self.instance.get_runs(dg.RunsFilter(tags={"dagster/partition": era_id}))
        return list(reversed(found))

    def pod(self, run: dg.DagsterRun) -> Pod | None:
        """The run's pod, if it was launched."""
        job = get_job_name_from_run_id(run.run_id)
        return next((pod for pod in self.cluster.all_pods if pod.job == job), None)

    def at_work(self, era_id: str) -> Pod | None:
        """The pod of an era's first run, once its run has begun."""
        first = next(iter(self.runs(era_id)), None)
        return self.pod(first) if first and first.status == dg.DagsterRunStatus.STARTED else None


@pytest.fixture(params=[(3, 2), pytest.param((8, 4), marks=pytest.mark.long)], ids=["5 eras", "12 eras"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    home, (small, large) = tmp_path / "home", request.param
    cluster = Cluster(nodes=nodes(), folder=tmp_path)
    cluster.environments = {
        "feature-platform-environment": {"STORAGE": "from the ConfigMap"},
        "feature-platform-database": {"postgresql-password": "of the tests", "PGPASSWORD": "of the tests"},
    }
    config = instance_config(chart_values())
    config["run_coordinator"]["config"] |= {"limits": LIMITS, "dequeue_interval_seconds": 1}
    config["run_monitoring"]["poll_interval_seconds"] = 2
    for route in config["run_launcher"]["config"]["routes"].values():
        route["config"]["dagster_home"] = str(home)
    monkeypatch.setenv("DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS", "1")
    rows = [SMALL] * small + [LARGE] * large
    with running_cluster(cluster), kubernetes_home(home, cluster, rows, config) as eras:
        location = {"python_file": {"relative_path": str(FILE), "location_name": FILE.stem}}
        workspace = home / "workspace.yaml"
        workspace.write_text(yaml.safe_dump({"load_from": [location]}), encoding="utf-8")
        with open_instance(home) as instance:
            found = Deployment(cluster, instance, workspace, eras[:small], eras[small:])
            (home / "hang").write_text(f"{found.small[0]} {found.large[0]}", encoding="utf-8")
            with running_daemon(instance, workspace):
                yield found


def test_a_backfill_lands_on_its_nodes_and_outlives_a_drain_and_want_of_memory(deployment: Deployment) -> None:
    cluster, instance = deployment.cluster, deployment.instance
    killed, drained = deployment.small[0], deployment.large[0]
    # As the UI does it. A backfill of a job is over for Dagster when its last run is queued, and retries none after.
    instance.add_backfill(
        PartitionBackfill.from_asset_partitions(
            backfill_id="backfill",
            asset_graph=cluster_definitions.defs.resolve_asset_graph(),
            partition_names=[*deployment.small, *deployment.large],
            asset_selection=[ASSET],
            backfill_timestamp=time.time(),
            tags={},
            dynamic_partitions_store=instance,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
    )

    wait_until(lambda: deployment.at_work(drained) is not None, "the first GPU run begins")
    pod = deployment.at_work(drained)
    assert pod is not None
    assert pod.node is not None
    cluster.drain(pod.node)
    wait_until(lambda: deployment.at_work(killed) is not None, "the first CPU run begins")
    starved = deployment.at_work(killed)
    assert starved is not None
    cluster.kill_for_memory(starved)

    eras = {*deployment.small, *deployment.large}
    wait_until(lambda: instance.get_materialized_partitions(ASSET) == eras, "every era is done")

    def story(era_id: str) -> list[tuple[str, str]]:
        """Class and node of each of an era's runs."""
        placed = []
        for run in deployment.runs(era_id):
            pod = deployment.pod(run)
            assert pod is not None
            assert pod.node is not None
            placed.append((run.tags["feature_platform/compute"], pod.node.name))
        return placed

    assert [route for route, _ in story(killed)] == ["cpu", "cpu-highmem"]
    assert story(killed)[1][1] == "highmem-1"
    assert [route for route, _ in story(drained)] == ["gpu", "gpu"]
    assert {node for _, node in story(drained)} == {"gpu-1", "gpu-2"}
    for era_id in deployment.small[1:]:
        ((route, node),) = story(era_id)
        assert (route, node) in {("cpu", "cpu-1"), ("cpu", "cpu-2")}
    for era_id in deployment.large[1:]:
        ((route, node),) = story(era_id)
        assert (route, node) in {("gpu", "gpu-1"), ("gpu", "gpu-2")}
    assert cluster.most_at_once == {"cpu": 2, "gpu": 1, "highmem": 1}
    first, second = deployment.runs(killed)
    assert first.tags["feature_platform/worker_lost"] == "out_of_memory"
    assert second.tags["feature_platform/route_reason"].startswith("out of memory on cpu")
    assert "preempted on gpu" in deployment.runs(drained)[1].tags["feature_platform/route_reason"]
    (event,) = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=ASSET, asset_partitions=[killed]), limit=1
    ).records
    materialization = event.asset_materialization
    assert materialization is not None
    assert materialization.metadata["threads"].value == "4"
    assert materialization.metadata["storage"].value == "from the ConfigMap"
    # So a run needs no token: its worker never loads the launcher.
    assert materialization.metadata["knows kubernetes"].value is False
