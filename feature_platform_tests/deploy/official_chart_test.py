"""The official dagster chart with helm-values.yaml; the chart is not ours to ship, so its folder is named."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform_tests.deploy.chart_values import ROUTES, chart_values, instance_config
from feature_platform_tests.deploy.extras_chart_test import MOST, objects
from feature_platform_tests.deploy.helm import RefusedError, render, validation
from feature_platform_tests.deploy.routes_test import secrets_in

pytestmark = pytest.mark.deploy

VARIABLE = "FEATURE_PLATFORM_DAGSTER_CHART"
STORAGES = ("run_storage", "event_log_storage", "schedule_storage")


@pytest.fixture(scope="module")
def chart() -> Path:
    """The chart of a release 1.13, unpacked or as .tgz."""
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} names no dagster chart; docs/kubernetes.md says where it comes from")
    return Path(named)


@pytest.fixture(scope="module")
def manifests(deploy_tools: None, chart: Path) -> dict[str, str]:
    """What `helm install dagster` would send; Helm holds the values to the chart's own schema first."""
    return render(chart, chart_values(), release="dagster")


@pytest.fixture(scope="module")
def official(manifests: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    documents = [document for text in manifests.values() for document in yaml.safe_load_all(text) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def test_kubernetes_schemas_take_it_strictly(manifests: dict[str, str], tmp_path: Path) -> None:
    without_tests = {name: text for name, text in manifests.items() if "/tests/" not in name}
    assert not validation(tmp_path, without_tests)


def test_the_chart_s_schema_is_asked(deploy_tools: None, chart: Path) -> None:
    with pytest.raises(RefusedError, match="runLauncher"):
        render(chart, chart_values() | {"runLauncher": {"type": "OurRunLauncher"}}, release="dagster")


def test_what_the_chart_makes_of_the_values_is_what_is_tested(
    official: dict[tuple[str, str], dict[str, Any]],
) -> None:
    values = chart_values()
    routes = instance_config(values)["run_launcher"]["config"]["routes"]
    (name,) = {routes[route]["config"]["instance_config_map"] for route in ROUTES}
    made = yaml.safe_load(official["ConfigMap", name]["data"]["dagster.yaml"])
    expected = instance_config(values)
    assert {key: made.get(key) for key in expected} == expected
    for storage in STORAGES:
        postgres = made[storage]["config"]["postgres_db"]
        assert postgres["scheme"] == "postgresql+psycopg2"
        assert (postgres["hostname"], postgres["port"]) == ("pgbouncer", 6432)
        assert postgres["password"] == {"env": "DAGSTER_PG_PASSWORD"}


def test_the_location_has_the_name_that_the_command_looks_for(
    official: dict[tuple[str, str], dict[str, Any]],
) -> None:
    workspace = yaml.safe_load(official["ConfigMap", "dagster-workspace-yaml"]["data"]["workspace.yaml"])
    (server,) = (entry["grpc_server"] for entry in workspace["load_from"])
    assert server["location_name"] == "feature_platform"
    assert ("Service", server["host"]) in official


def test_pods_have_the_roles_the_accounts_and_the_security_that_our_chart_expects(
    official: dict[tuple[str, str], dict[str, Any]],
) -> None:
    ours = objects(MOST)
    deployments = [found for (kind, _), found in official.items() if kind == "Deployment"]
    roles = {found["spec"]["template"]["metadata"]["labels"]["feature-platform/role"] for found in deployments}
    assert roles == {"webserver", "daemon", "code"}
    for found in deployments:
        pod = found["spec"]["template"]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in ours
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in (*pod["containers"], *pod.get("initContainers", [])):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
        (main,) = pod["containers"]
        assert {"/data", "/tmp"} <= {mount["mountPath"] for mount in main["volumeMounts"]}  # noqa: S108 - a volume
        assert "feature-platform-environment" in str(main["envFrom"])
        assert main["image"].startswith("registry.example/feature-platform:")


def test_nothing_holds_a_secret_nor_leads_in_from_outside(official: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert not secrets_in(list(official.values()))
    assert {kind for kind, _ in official}.isdisjoint({"Secret", "Ingress", "Role", "RoleBinding", "ServiceAccount"})
    assert {found["spec"]["type"] for (kind, _), found in official.items() if kind == "Service"} == {"ClusterIP"}
