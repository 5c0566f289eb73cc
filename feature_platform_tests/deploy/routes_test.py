"""What helm-values.yaml makes of a run: its pod, by route."""

import json
import re
from typing import Any

import dagster as dg
import pytest

from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.routing.launcher import RoutedRunLauncher
from feature_platform_tests.deploy.chart_values import FILE, ROUTES, chart_values

SPOT = {"key": "cloud.google.com/gke-spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
GPU = {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}


def pod(job: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = job["spec"]["template"]["spec"]
    return spec


def container(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = pod(job)["containers"]
    return dict(found)


def test_queue_and_routing_are_ours_with_the_limits_of_the_pools(instance: dg.DagsterInstance) -> None:
    coordinator = instance.run_coordinator
    assert isinstance(coordinator, EraRunCoordinator)
    assert isinstance(instance.run_launcher, RoutedRunLauncher)
    assert set(coordinator.classes) == set(ROUTES)
    assert {name: coordinator.slots(name) for name in ROUTES} == {"cpu": 16, "gpu": 4, "cpu-highmem": 2}
    assert coordinator.get_run_queue_config().max_concurrent_runs == 24
    assert {name: coordinator.escalation.larger[name] for name in ("cpu", "gpu")} == dict.fromkeys(
        ("cpu", "gpu"), "cpu-highmem"
    )
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 3
    assert not instance.run_retries_retry_on_asset_or_op_failure
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_poll_interval_seconds == 30
    assert instance.run_monitoring_start_timeout_seconds == 1800
    assert instance.run_monitoring_max_resume_run_attempts == 0


@pytest.mark.parametrize(
    ("route", "image", "memory", "selector", "tolerations"),
    [
        ("cpu", "cpu", "16Gi", {"feature-platform/pool": "cpu"}, [SPOT]),
        ("gpu", "gpu", "40Gi", {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100"}, [SPOT, GPU]),
        ("cpu-highmem", "cpu", "64Gi", {"feature-platform/pool": "cpu-highmem"}, [SPOT]),
    ],
)
def test_a_route_s_pod_has_its_image_its_sizes_and_its_nodes(
    jobs: dict[str, dict[str, Any]],
    route: str,
    image: str,
    memory: str,
    selector: dict[str, str],
    tolerations: list[dict[str, str]],
) -> None:
    job = jobs[route]
    # The location's own image is the CPU's.
    assert container(job)["image"] == f"registry.example/feature-platform:0.1.0-{image}"
    resources = container(job)["resources"]
    assert (resources["requests"]["cpu"], resources["requests"]["memory"]) == ("4", memory)
    assert resources["limits"]["memory"] == memory
    assert resources["limits"].get("nvidia.com/gpu") == ("1" if route == "gpu" else None)
    assert pod(job)["nodeSelector"] == selector
    assert pod(job)["tolerations"] == tolerations
    (preferred,) = pod(job)["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred["preference"]["matchExpressions"][0]["key"] == "cloud.google.com/gke-spot"


@pytest.mark.parametrize("route", ROUTES)
def test_every_pod_stops_in_time_has_no_rights_and_finds_the_instance(
    jobs: dict[str, dict[str, Any]], route: str
) -> None:
    job, spec, main = jobs[route], pod(jobs[route]), container(jobs[route])
    assert job["spec"]["backoffLimit"] == 0
    assert spec["restartPolicy"] == "Never"
    assert spec["terminationGracePeriodSeconds"] > 10
    assert spec["priorityClassName"] == "feature-platform-run"
    assert spec["serviceAccountName"] == "feature-platform-runs"
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert main["securityContext"]["readOnlyRootFilesystem"] is True
    assert main["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    mounted = {mount["mountPath"]: mount["name"] for mount in main["volumeMounts"]}
    assert set(mounted) == {"/data", "/tmp"}  # noqa: S108 - a volume of the pod
    assert {volume["name"] for volume in spec["volumes"] if volume["emptyDir"] == {}} == set(mounted.values())
    # dagster-k8s mounts no dagster.yaml: what is in it comes with the command.
    assert "RoutedRunLauncher" in " ".join(main["args"])
    assert job["spec"]["template"]["metadata"]["labels"]["feature-platform/role"] == "run"


@pytest.mark.parametrize("route", ROUTES)
def test_a_pod_s_environment_comes_from_secrets_and_holds_none(jobs: dict[str, dict[str, Any]], route: str) -> None:
    main = container(jobs[route])
    literal = {variable["name"]: variable["value"] for variable in main["env"] if "value" in variable}
    assert literal["OPENBLAS_NUM_THREADS"] == "1"
    assert literal["NUMBA_NUM_THREADS"] == literal["POLARS_MAX_THREADS"] == literal["TSFRESH_N_JOBS"] == "4"
    assert literal["DAGSTER_HOME"] == "/data"
    (password,) = (variable for variable in main["env"] if variable["name"] == "DAGSTER_PG_PASSWORD")
    assert password["valueFrom"]["secretKeyRef"]["name"] == "feature-platform-database"
    sources = {next(iter(source)): next(iter(source.values())) for source in reversed(main["envFrom"])}
    assert sources["configMapRef"]["name"] == "feature-platform-environment"
    assert {source["secretRef"]["name"] for source in main["envFrom"] if "secretRef" in source} == {
        "feature-platform-database",
        "feature-platform-sources",
    }
    assert not secrets_in(jobs[route])


def secrets_in(content: object) -> list[str]:
    """What looks like a password: a URL with one, or a plain value under a key that is called so."""
    text = json.dumps(content)
    urls = re.findall(r"\w+://[^/\s:@\"]*:[^@\s\"]+@[^\s\"]+", text)
    keys = re.findall(r"\"[^\"]*(?:password|token|secret_key)[^\"]*\": \"[^\"]+\"", text, re.IGNORECASE)
    return [
        *urls,
        *(key for key in keys if "feature-platform-database" not in key and "postgresql-password" not in key),
    ]


def test_no_value_is_a_secret_and_one_would_be_found() -> None:
    assert not secrets_in(chart_values())
    assert secrets_in({"postgresqlPassword": "hunter2"})
    assert secrets_in(["postgresql://platform:hunter2@db:5432/platform"])


def test_one_version_of_the_image_is_everywhere() -> None:
    text = FILE.read_text(encoding="utf-8")
    tags = re.findall(r"\btag: (\S+)", text) + re.findall(r"registry\.example/feature-platform:(\S+)", text)
    assert {tag.rsplit("-", 1)[1] for tag in tags} == {"cpu", "gpu", "pgbouncer"}
    assert len({tag.rsplit("-", 1)[0] for tag in tags}) == 1


def test_nothing_leads_to_the_ui_from_outside() -> None:
    values = chart_values()
    assert values["dagsterWebserver"]["service"]["type"] == "ClusterIP"
    assert values["ingress"] == {"enabled": False}
