"""What terraform/gke tells the charts is what they take, and every route finds its nodes in it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform_tests.terraform.conftest import TOP, Terraform

VALUES = {"dagster": TOP / "helm-values.yaml", "extras": TOP / "deploy" / "values.yaml"}
ROUTES = "runLauncher.config.customRunLauncher.config.routes"
ACCELERATOR = "cloud.google.com/gke-accelerator"

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def state(terraform: Terraform) -> dict[str, Any]:
    """Of everything applied to mocks, with the defaults of all variables."""
    ended = terraform("gke", "test", "-json", "-verbose", "-filter=tests/outputs.tftest.hcl")
    (found,) = [
        line["test_state"] for line in map(json.loads, ended.stdout.splitlines()) if line["type"] == "test_state"
    ]
    return dict(found)


def at(values: object, path: str) -> object:
    """What is there in a chart's values, by a path as helm's --set takes it."""
    for name in re.findall(r"(?:\\.|[^.\[\]])+", path):
        assert isinstance(values, dict | list)
        values = values[int(name)] if isinstance(values, list) else values[name.replace("\\.", ".")]
    return values


@pytest.mark.parametrize("chart", VALUES)
def test_each_value_is_one_of_the_chart_s(state: dict[str, Any], chart: str) -> None:
    values = yaml.safe_load(VALUES[chart].read_text(encoding="utf-8"))
    paths = state["outputs"]["helm_values"]["value"][chart]
    # Annotations have the names that one gives them.
    assert [at(values, path.partition(".iam")[0]) is not None for path in paths] == [True] * len(paths)


def test_each_route_finds_spot_and_on_demand_nodes(state: dict[str, Any]) -> None:
    pools = [
        (pool["index"], pool["values"]["node_config"][0])
        for pool in state["root_module"]["resources"]
        if pool["address"].startswith("google_container_node_pool.runs")
    ]
    routes = at(yaml.safe_load(VALUES["dagster"].read_text(encoding="utf-8")), ROUTES)
    assert isinstance(routes, dict)
    for name, route in routes.items():
        pod = route["config"]["run_k8s_config"]["pod_spec_config"]
        tolerated = {(one["key"], one["value"]) for one in pod["tolerations"]}
        fitting = {
            pool
            for pool, node in pools
            if pod["node_selector"].items() <= (node["labels"] | added(node)).items()
            and {(taint["key"], taint["value"]) for taint in node["taint"]} <= tolerated
        }
        assert fitting == {f"{name}-spot", name}


def added(node: dict[str, Any]) -> dict[str, str]:
    """Labels that GKE gives."""
    accelerators = node["guest_accelerator"]
    return {ACCELERATOR: accelerators[0]["type"]} if accelerators else {}


def test_a_path_that_is_not_there_is_caught() -> None:
    values = yaml.safe_load(Path(VALUES["dagster"]).read_text(encoding="utf-8"))
    with pytest.raises(KeyError):
        at(values, f"{ROUTES}.tpu.config.job_image")
