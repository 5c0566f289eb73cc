"""yamllint, checkov and hadolint on what is shipped, on what our chart makes of it, and on the pods of runs."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from feature_platform_tests.deploy.chart_values import EXTRAS, FILE
from feature_platform_tests.deploy.extras_chart_test import MOST
from feature_platform_tests.deploy.helm import render, tool, validation
from feature_platform_tests.routing.home import REPOSITORY

pytestmark = pytest.mark.deploy

STYLE = {"extends": "default", "rules": {"line-length": {"max": 120}, "document-start": "disable"}}
"""Of written files."""
RENDERED = {
    "line-length": "disable",  # what is included is as long as it is where it comes from
    "trailing-spaces": "disable",  # Helm indents the empty lines of what it includes
    "empty-lines": "disable",  # a template's conditions leave theirs
    "document-start": "disable",
}
EXCEPTIONS = {
    "CKV_K8S_21": "the namespace is the release's: Helm puts it in when it installs",
    "CKV_K8S_11": "no limit of CPU: what a node has left may be used, and nothing is throttled",
    "CKV_K8S_15": "image tags are never moved, so a node need not ask for one that it has",
    "CKV_K8S_43": "images are yours, and named by tag in the examples; a digest may stand in the tag's place",
    "CKV_K8S_35": "Dagster, psycopg2 and dagster-k8s take the password from a variable alone",
    "CKV_K8S_38": "the exporter opens Dagster's instance, whose launcher wants a token; its account has no rights",
}

DOCKERFILE_EXCEPTIONS = {
    "DL3008": "Debian's security updates take old versions away: pinned ones could not be installed any more",
    "DL3066": "pgbouncer's and Prometheus' users are those of their packages; the chart gives a number of its own",
}


@pytest.fixture(scope="module")
def rendered(deploy_tools: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our chart's manifests."""
    folder = tmp_path_factory.mktemp("rendered")
    for name, text in render(EXTRAS, MOST, release="extras").items():
        (folder / Path(name).name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("written", [True, False], ids=["written", "rendered"])
def test_yamllint_is_content(rendered: Path, written: bool) -> None:
    files = [FILE, *(EXTRAS / name for name in ("Chart.yaml", "values.yaml", "files/launcher-rules.yaml"))]
    style = STYLE if written else {"extends": "default", "rules": RENDERED}
    command = [tool("yamllint"), "--strict", "--config-data", yaml.safe_dump(style)]
    done = subprocess.run(
        [*command, *(files if written else [rendered])], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_kubernetes_schemas_take_the_jobs_of_runs(jobs: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    assert not validation(tmp_path, {route: json.dumps(job) for route, job in jobs.items()})


def test_checkov_finds_nothing_but_what_is_explained(
    rendered: Path, jobs: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    shutil.copytree(rendered, tmp_path, dirs_exist_ok=True)
    for route, job in jobs.items():
        (tmp_path / f"run-{route}.yaml").write_text(yaml.safe_dump(job), encoding="utf-8")
    command = [tool("checkov"), "--directory", tmp_path, "--framework", "kubernetes", "--output", "json"]
    done = subprocess.run(
        [*command, "--skip-download", "--quiet"], capture_output=True, text=True, check=False, timeout=240
    )
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["resource_count"] > 20
    failed = report["results"]["failed_checks"]
    assert {check["check_id"] for check in failed} == set(EXCEPTIONS), [
        (check["check_id"], check["check_name"], check["resource"])
        for check in failed
        if check["check_id"] not in EXCEPTIONS
    ]


def test_hadolint_finds_nothing_but_what_is_explained(deploy_tools: None) -> None:
    command = [tool("hadolint"), "--no-fail", "--format", "json", REPOSITORY / "docker" / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(done.stdout)
    assert {remark["code"] for remark in found} == set(DOCKERFILE_EXCEPTIONS), found
