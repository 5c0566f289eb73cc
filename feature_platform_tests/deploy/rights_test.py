"""The launcher's role allows what dagster-k8s asks of Kubernetes, and nothing else."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import dagster as dg
import yaml
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.run_coordinator import SubmitRunContext
from dagster_k8s.job import get_job_name_from_run_id
from kubernetes import client

from feature_platform_tests.deploy.chart_values import EXTRAS
from feature_platform_tests.routing.home import create_run
from feature_platform_tests.routing.kubernetes_api import KubernetesApi

VERBS = {"POST": "create", "DELETE": "delete"}


def asked(method: str, path: str) -> tuple[str, str, str]:
    """API group, resource and verb of a request, as a role names them."""
    before, _, after = urlsplit(path).path.partition("/namespaces/")
    namespace, resource, *rest = after.split("/")
    assert namespace == "feature-platform"
    group = "" if before == "/api/v1" else before.split("/")[2]
    verb = VERBS.get(method) or ("get" if rest else "list")
    return group, "/".join([resource, *rest[1:]]), verb


def allowed() -> set[tuple[str, str, str]]:
    rules = yaml.safe_load((EXTRAS / "files" / "launcher-rules.yaml").read_text(encoding="utf-8"))
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def ended_pod() -> client.V1Pod:
    state = client.V1ContainerState(terminated=client.V1ContainerStateTerminated(exit_code=137, reason="OOMKilled"))
    status = client.V1ContainerStatus(
        name="dagster", image="i", image_id="i", ready=False, restart_count=0, state=state
    )
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name="p"),
        spec=client.V1PodSpec(containers=[client.V1Container(name="dagster")]),
        status=client.V1PodStatus(container_statuses=[status]),
    )


def test_the_role_has_the_verbs_that_a_run_s_life_takes(api: KubernetesApi, instance: dg.DagsterInstance) -> None:
    launcher = instance.run_launcher
    run = create_run(instance, {"dagster/partition": "e"})
    job = get_job_name_from_run_id(run.run_id)
    queued = instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
    launcher.launch_run(LaunchRunContext(queued, workspace=None))

    begun = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name, message="begun")
    instance.report_dagster_event(begun, run.run_id)
    api.statuses[job] = client.V1JobStatus(failed=1, start_time=datetime(2024, 1, 1, tzinfo=UTC))
    started = instance.get_run_by_id(run.run_id)
    assert started is not None
    assert "Could not find" not in (launcher.get_run_worker_debug_info(started) or "")  # before it has a pod
    api.pods[job] = [ended_pod()]
    assert "said by a worker" in (launcher.get_run_worker_debug_info(started) or "")
    launcher.check_run_worker_health(started)
    assert launcher.terminate(run.run_id)
    assert {asked(*request) for request in api.requests} == allowed()
