import os
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.run_coordinator import SubmitRunContext
from dagster_k8s.job import get_job_name_from_run_id

from feature_platform_tests.deploy.chart_values import ROUTES, chart_values, instance_config
from feature_platform_tests.deploy.helm import MissingToolsError, tool
from feature_platform_tests.routing.home import create_run, open_instance
from feature_platform_tests.routing.kubernetes_api import KubernetesApi
from feature_platform_tests.routing.kubernetes_home import kubernetes_home

LOCATION_IMAGE = "registry.example/feature-platform:0.1.0-cpu"


@pytest.fixture(scope="module")
def instance(api: KubernetesApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """The instance of helm-values.yaml, with SQLite for PostgreSQL and the tests' API for the cluster's."""
    home = tmp_path_factory.mktemp("home")
    config = instance_config(chart_values())
    with kubernetes_home(home, api, [400, 2_000_000], config), open_instance(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def jobs(api: KubernetesApi, instance: dg.DagsterInstance) -> dict[str, dict[str, Any]]:
    """The Kubernetes job of a run on each route, as it was sent."""
    found: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        run = create_run(instance, {"dagster/partition": "e", "feature_platform/force": route}, image=LOCATION_IMAGE)
        queued = instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
        instance.run_launcher.launch_run(LaunchRunContext(queued, workspace=None))
        name = get_job_name_from_run_id(run.run_id)
        (found[route],) = (job for job in api.created if job["metadata"]["name"] == name)
    return found


@pytest.fixture(scope="session")
def deploy_tools() -> None:
    """Helm and kubernetes-validate; a skip where they are not installed (in CI a failure)."""
    try:
        tool("kubernetes-validate")
    except MissingToolsError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
