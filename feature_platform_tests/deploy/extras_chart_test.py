"""Our own chart, rendered by Helm's own code."""

import configparser
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform_tests.deploy.chart_values import EXTRAS, chart_values
from feature_platform_tests.deploy.helm import RefusedError, render, validation
from feature_platform_tests.deploy.routes_test import secrets_in
from feature_platform_tests.pgbouncer import SHIPPED
from feature_platform_tests.routing.home import REPOSITORY

pytestmark = pytest.mark.deploy

LEAST = {"database": {"host": "10.0.0.3"}, "storage": "gs://bucket/features"}
MOST = {
    **LEAST,
    "monitoring": {"scrape": "ServiceMonitor", "rules": True, "labels": {"release": "prometheus"}},
    "imagePullSecrets": [{"name": "registry"}],
    "dataAccountAnnotations": {"iam.gke.io/gcp-service-account": "features@project.iam.gserviceaccount.com"},
    "environment": {"OPENBLAS_NUM_THREADS": "1"},
    "networkPolicies": {
        "proxy": [{"ipBlock": {"cidr": "35.191.0.0/16"}}],
        "sources": [{"cidr": "10.2.0.5/32", "port": 5432}],
    },
    "resourceQuota": {"hard": {"requests.nvidia.com/gpu": "4", "pods": "60"}},
    "limitRange": [{"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}],
}
FEWEST = {
    **LEAST,
    "monitoring": {"scrape": "PodMonitoring"},
    "migration": {"enabled": False},
    "priorityClasses": {"create": False},
    "networkPolicies": {"enabled": False},
}


def objects(values: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """What the chart makes of the values, by kind and name."""
    manifests = render(EXTRAS, values, release="extras")
    documents = [document for text in manifests.values() for document in yaml.safe_load_all(text) if document]
    found = {(document["kind"], document["metadata"]["name"]): document for document in documents}
    assert len(found) == len(documents)
    return found


@pytest.fixture(scope="module")
def most(deploy_tools: None) -> dict[tuple[str, str], dict[str, Any]]:
    return objects(MOST)


@pytest.mark.parametrize("values", [LEAST, MOST, FEWEST], ids=["least", "most", "fewest"])
def test_kubernetes_schemas_take_it_strictly(deploy_tools: None, tmp_path: Path, values: dict[str, Any]) -> None:
    assert not validation(tmp_path, render(EXTRAS, values, release="extras"))


def test_a_field_that_there_is_not_is_caught(deploy_tools: None, tmp_path: Path) -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"porst": []}}
    assert "porst" in validation(tmp_path, {"wrong.yaml": yaml.safe_dump(wrong)})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": {"host": ""}}, "/database/host"),
        ({"database": {"host": "db.example"}}, "set database.cidr"),
        ({"storage": "features"}, "/storage"),
        ({"image": {"tag": "latest"}}, "/image/tag"),
        ({"pgbouncer": {"replica": 3}}, "replica"),
        ({"networkPolicies": {"sources": [{"cidr": "db.example", "port": 5432}]}}, "/networkPolicies/sources/0/cidr"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(deploy_tools: None, change: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        render(EXTRAS, {**LEAST, **change}, release="extras")


def test_settings_and_rules_are_the_shipped_ones(most: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert most["ConfigMap", "pgbouncer"]["data"]["pgbouncer.ini"] == SHIPPED.read_text(encoding="utf-8")
    rules = yaml.safe_load((REPOSITORY / "docker" / "monitoring" / "rules.yaml").read_text(encoding="utf-8"))
    assert most["PrometheusRule", "feature-platform"]["spec"] == rules


def test_nothing_holds_a_secret_nor_leads_in_from_outside(most: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert not secrets_in(list(most.values()))
    assert {kind for kind, _ in most}.isdisjoint({"Secret", "Ingress", "ClusterRole", "ClusterRoleBinding"})
    assert {found["spec"]["type"] for (kind, _), found in most.items() if kind == "Service"} == {"ClusterIP"}


def test_what_helm_values_name_is_there(most: dict[tuple[str, str], dict[str, Any]]) -> None:
    values = chart_values()
    accounts = {name for kind, name in most if kind == "ServiceAccount"}
    routes = values["runLauncher"]["config"]["customRunLauncher"]["config"]["routes"].values()
    named = {route["config"]["service_account_name"] for route in routes}
    named |= {values["serviceAccount"]["name"], values["dagster-user-deployments"]["serviceAccount"]["name"]}
    assert named <= accounts
    for route in routes:
        assert {("ConfigMap", name) for name in route["config"]["env_config_maps"]} <= set(most)
        assert ("PriorityClass", route["config"]["run_k8s_config"]["pod_spec_config"]["priority_class_name"]) in most
    postgres = values["postgresql"]
    service = most["Service", postgres["postgresqlHost"]]
    assert [port["port"] for port in service["spec"]["ports"]] == [postgres["service"]["port"]]
    url = most["ConfigMap", "feature-platform-environment"]["data"]["FEATURE_PLATFORM_CATALOGUE_URL"]
    assert url == (
        f"postgresql://{postgres['postgresqlUsername']}@{postgres['postgresqlHost']}:{postgres['service']['port']}"
        f"/{postgres['postgresqlDatabase']}"
    )


def test_policies_deny_all_and_allow_each_role_its_own(most: dict[tuple[str, str], dict[str, Any]]) -> None:
    policies = {name: found["spec"] for (kind, name), found in most.items() if kind == "NetworkPolicy"}
    deny = policies.pop("default-deny")
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    del policies["dns"]
    for name, spec in policies.items():
        assert spec["podSelector"] == {"matchLabels": {"feature-platform/role": name}}
    values = chart_values()
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    labelled = {
        values["dagsterWebserver"]["labels"]["feature-platform/role"],
        values["dagsterDaemon"]["labels"]["feature-platform/role"],
        deployment["labels"]["feature-platform/role"],
    }
    for route in values["runLauncher"]["config"]["customRunLauncher"]["config"]["routes"].values():
        labelled.add(route["config"]["labels"]["feature-platform/role"])
    for (kind, _), found in most.items():
        if kind in {"Deployment", "Job"}:
            labelled.add(found["spec"]["template"]["metadata"]["labels"]["feature-platform/role"])
    assert labelled == set(policies)

    def reaches(peer: str, role: str) -> bool:
        """Whether one may go out to the other and be let in."""
        target = {"podSelector": {"matchLabels": {"feature-platform/role": role}}}
        source = {"podSelector": {"matchLabels": {"feature-platform/role": peer}}}
        out = any(target in rule["to"] for rule in policies[peer]["egress"])
        let_in = any(source in rule["from"] for rule in policies[role].get("ingress", []))
        assert out == let_in, f"{peer} -> {role}: one side only"
        return out

    talks = {(peer, role) for peer in policies for role in policies if reaches(peer, role)}
    clients = {"webserver", "daemon", "code", "run", "exporter"}
    assert talks == {*((client, "pgbouncer") for client in clients), ("webserver", "code"), ("daemon", "code")}
    assert policies["webserver"]["ingress"][0]["from"] == [{"ipBlock": {"cidr": "35.191.0.0/16"}}]
    assert "ingress" not in policies["run"]


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_every_container_is_without_rights(most: dict[tuple[str, str], dict[str, Any]], kind: str) -> None:
    pods = [found["spec"]["template"]["spec"] for (found_kind, _), found in most.items() if found_kind == kind]
    assert pods
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in (*pod["containers"], *pod.get("initContainers", [])):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_prometheus_takes_the_rules(most: dict[tuple[str, str], dict[str, Any]], tmp_path: Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed; Debian: apt-get install prometheus")
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(most["PrometheusRule", "feature-platform"]["spec"]), encoding="utf-8")
    done = subprocess.run([program, "check", "rules", file], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pgbouncer_s_own_settings_lead_to_the_database(most: dict[tuple[str, str], dict[str, Any]]) -> None:
    text = most["ConfigMap", "pgbouncer"]["data"]["kubernetes.ini"]
    include, rest = text.split("\n", 1)
    assert include == "%include /etc/pgbouncer/pgbouncer.ini"
    settings = configparser.ConfigParser(delimiters="=")
    settings.read_string(rest.replace("* =", "all ="))
    assert settings["databases"]["all"] == "host=10.0.0.3 port=5432"
