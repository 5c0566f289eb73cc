"""A route of Kubernetes jobs: why a pod died is on the run before Dagster's own monitoring fails it."""

import logging
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.run_coordinator import SubmitRunContext
from dagster._daemon.monitoring.run_monitoring import monitor_started_run
from dagster_k8s.job import get_job_name_from_run_id
from kubernetes import client

from feature_platform.routing.pod_end import pods_end
from feature_platform.routing.worker_process import DAGSTER_VARIABLE
from feature_platform_tests.routing.home import REPOSITORY, create_run, open_instance
from feature_platform_tests.routing.kubernetes_api import KubernetesApi
from feature_platform_tests.routing.kubernetes_home import kubernetes_home


@pytest.fixture(scope="module")
def instance(api: KubernetesApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    home = tmp_path_factory.mktemp("home")
    config = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text(encoding="utf-8"))
    route = {
        "module": "feature_platform.routing.kubernetes",
        "class": "KubernetesRunLauncher",
        "config": {
            "service_account_name": "runs",
            "instance_config_map": "dagster-instance",
            "job_image": "features:1",
            "job_namespace": "features",
            "env_vars": ["TSFRESH_N_JOBS=4", "OPENBLAS_NUM_THREADS=1"],
        },
    }
    config["run_launcher"]["config"]["routes"] = {"cpu": route, "cpu-highmem": route}
    with kubernetes_home(home, api, [400], config), open_instance(home) as opened:
        yield opened


def started(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    """A run whose pod has begun."""
    run = create_run(instance, {"dagster/partition": "e", **tags})
    queued = instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
    instance.run_launcher.launch_run(LaunchRunContext(queued, workspace=None))
    begun = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name, message="begun")
    instance.report_dagster_event(begun, run.run_id)
    return current(instance, run)


def current(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def monitored(instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[dg.DagsterRun, str]:
    """The run after Dagster's monitoring has looked at it, and what it was told of its end."""
    record = instance.get_run_record_by_id(run.run_id)
    assert record is not None
    monitor_started_run(instance, None, record, logging.getLogger("tests"))  # type: ignore[arg-type] # never resumes
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    return current(instance, run), "\n".join(entry.message for entry in entries)


def pod(name: str, *, code: int | None = None, why: str | None = None, **status: Any) -> client.V1Pod:
    ended = None if code is None else client.V1ContainerStateTerminated(exit_code=code, reason=why)
    container = client.V1ContainerStatus(
        name="dagster",
        image="i",
        image_id="i",
        ready=False,
        restart_count=0,
        state=client.V1ContainerState(terminated=ended),
    )
    containers = [] if ended is None else [container]
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=name), status=client.V1PodStatus(container_statuses=containers, **status)
    )


def disrupted(reason: str) -> list[client.V1PodCondition]:
    return [client.V1PodCondition(type="DisruptionTarget", status="True", reason=reason)]


PRESSURE = "The node was low on resource: memory. Threshold quantity: 100Mi."


@pytest.mark.parametrize(
    ("pods", "cause", "words"),
    [
        ([pod("p", code=137, why="OOMKilled")], "out_of_memory", "was killed for its memory limit"),
        ([pod("p", code=112, why="Error")], "out_of_memory", "ran out of memory"),
        ([pod("p", code=113, why="Error")], "database_lost", "its database went away"),
        ([pod("p", reason="Evicted", message=PRESSURE)], "out_of_memory", "evicted for memory (Evicted: The node"),
        ([pod("p", reason="Evicted", message="low on resource: ephemeral-storage")], "preempted", "(Evicted: low"),
        ([pod("p", code=137, why="Error", reason="NodeLost")], "preempted", "pod p was preempted (NodeLost)"),
        ([pod("p", code=137, why="Error", conditions=disrupted("PreemptionByScheduler"))], "preempted", "ByScheduler"),
        ([pod("p", code=143, why="Error")], "preempted", "preempted by SIGTERM"),
        ([pod("p", code=137, why="Error", reason="DeadlineExceeded")], "killed", "by Kubernetes (DeadlineExceeded)"),
        ([pod("p", code=137, why="Error")], "killed", "killed by a signal (exit code 137, Error)"),
        ([pod("p", code=2, why="Error")], "failed", "ended (exit code 2, Error)"),
        ([pod("p", code=0, why="Completed")], "finished", "left the run unfinished"),
        ([pod("p", code=1, why="Error"), pod("q", code=137, why="OOMKilled")], "out_of_memory", "of pod q"),
        ([pod("p")], "vanished", "pod p says nothing of its end"),
        ([], "vanished", "its pod is gone"),
    ],
)
def test_why_a_pod_died_is_read_from_what_kubernetes_says(pods: list[client.V1Pod], cause: str, words: str) -> None:
    end = pods_end(pods)
    assert end.cause == cause
    assert words in end.text


def test_why_a_pod_died_is_on_its_run_before_it_fails(instance: dg.DagsterInstance, api: KubernetesApi) -> None:
    run = started(instance)
    job = get_job_name_from_run_id(run.run_id)
    api.statuses[job] = client.V1JobStatus(active=1)
    assert not monitored(instance, run)[0].is_finished
    api.statuses[job], api.pods[job] = client.V1JobStatus(failed=1), [pod("p", code=137, why="OOMKilled")]
    ended, said = monitored(instance, run)
    assert ended.is_failure
    assert ended.tags["feature_platform/worker_lost"] == "out_of_memory"
    assert ended.tags["feature_platform/lost_run"] == run.run_id
    assert "container dagster of pod p was killed for its memory limit" in said
    assert "a retry goes to cpu-highmem" in said
    assert ended.tags["dagster/will_retry"] == "true"


def test_a_pod_out_of_memory_that_can_have_no_more_is_not_retried(
    instance: dg.DagsterInstance, api: KubernetesApi
) -> None:
    run = started(instance, **{"feature_platform/force": "cpu"})
    job = get_job_name_from_run_id(run.run_id)
    api.statuses[job], api.pods[job] = client.V1JobStatus(failed=1), [pod("p", code=137, why="OOMKilled")]
    ended, said = monitored(instance, run)
    assert ended.tags["dagster/will_retry"] == "false"
    assert "not retried: the run is forced to cpu" in said


def test_a_route_s_environment_reaches_its_pods_and_says_that_they_are_workers(
    instance: dg.DagsterInstance, api: KubernetesApi
) -> None:
    run = started(instance)
    (job,) = (job for job in api.created if job["metadata"]["name"] == get_job_name_from_run_id(run.run_id))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert (environment["TSFRESH_N_JOBS"], environment["OPENBLAS_NUM_THREADS"]) == ("4", "1")
    assert environment[DAGSTER_VARIABLE] == "probe_job"
