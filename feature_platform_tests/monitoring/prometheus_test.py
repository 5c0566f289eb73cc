"""Rules and dashboard, judged by Prometheus itself."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

import feature_platform
from feature_platform_tests.postgres_server import free_port
from feature_platform_tests.routing.home import make_home

MONITORING = Path(feature_platform.__file__).parents[1] / "docker" / "monitoring"
DASHBOARD = json.loads((MONITORING / "grafana" / "feature_platform.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((MONITORING / "rules.yaml").read_text(encoding="utf-8"))
ALERTS = [rule["alert"] for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
HERE = Path(__file__).parent
PATIENCE_SECONDS = 60


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must run the Prometheus tests: {name} is missing; Debian: apt-get install prometheus")
        pytest.skip(f"{name} is not installed; Debian: apt-get install prometheus")
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", MONITORING / "rules.yaml"),
        ("check", "config", "--syntax-only", MONITORING / "prometheus.yaml"),
        ("test", "rules", HERE / "rules.test.yaml"),
    ],
    ids=lambda arguments: " ".join(map(str, arguments[:2])),
)
def test_promtool_is_content(arguments: tuple[object, ...]) -> None:
    done = subprocess.run(
        [program("promtool"), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_and_says_what_to_do() -> None:
    tests = yaml.safe_load((HERE / "rules.test.yaml").read_text(encoding="utf-8"))["tests"]
    fired = {
        check["alertname"] for test in tests for check in test.get("alert_rule_test", []) if check.get("exp_alerts")
    }
    assert fired == set(ALERTS)
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert "record" in rule or {"summary", "action"} == set(rule["annotations"])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Prometheus with the shipped rules that has scraped a real exporter."""
    server = program("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    make_home(folder / "home", [10])
    exporter, port = free_port(), free_port()
    settings = yaml.safe_load((MONITORING / "prometheus.yaml").read_text(encoding="utf-8"))
    settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings["scrape_configs"] = [
        {"job_name": "feature_platform", "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}]}
    ]
    shutil.copy(MONITORING / "rules.yaml", folder)
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    environment = {**os.environ, "DAGSTER_HOME": str(folder / "home")}
    commands = (
        [sys.executable, "-m", "feature_platform", "exporter", "--port", str(exporter), "--interval", "1"],
        [
            server,
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
    )
    with (folder / "log").open("wb") as log:
        processes = [
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder) for command in commands
        ]
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not asked(url, "route:feature_platform_slots_used:ratio"):
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.2)
            yield url
        finally:
            for process in processes:
                process.terminate()
            ends = [process.wait(timeout=30) for process in processes]
    assert ends[0] == 0, (folder / "log").read_text()


def asked(url: str, query: str) -> list[dict[str, Any]]:
    try:
        answer = requests.get(f"{url}/api/v1/query", params={"query": query}, timeout=10).json()
    except (requests.ConnectionError, requests.JSONDecodeError):
        return []
    assert answer["status"] == "success", f"{query}: {answer}"
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


OTHERS = ("DCGM_", "node_", "pg_", "pgbouncer_")
EVENTS = ("workers_lost", "stage_seconds")
"""What only shows once something happened."""


@pytest.mark.parametrize(
    ("title", "query"),
    [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]],
)
def test_every_panel_s_query_has_an_answer(prometheus: str, title: str, query: str) -> None:
    answer = asked(prometheus, query)
    if not any(word in query for word in (*OTHERS, *EVENTS)):
        assert answer, f"{title}: {query}"


def test_every_metric_of_ours_that_is_asked_for_is_exported(prometheus: str) -> None:
    names = set(requests.get(f"{prometheus}/api/v1/label/__name__/values", timeout=10).json()["data"])
    described = set(requests.get(f"{prometheus}/api/v1/metadata", timeout=10).json()["data"])
    queries = json.dumps(DASHBOARD) + (MONITORING / "rules.yaml").read_text(encoding="utf-8")
    wanted = set(re.findall(r"(?<![:\w])feature_platform_\w+", queries))
    assert len(wanted) > 9
    known = names | described | {f"{name}_total" for name in described}
    assert {name.removesuffix("_bucket") for name in wanted} <= known


def test_the_daemon_that_is_not_there_raises_an_alert(prometheus: str) -> None:
    rules = requests.get(f"{prometheus}/api/v1/rules", timeout=10).json()["data"]["groups"][0]["rules"]
    states = {rule["name"]: rule.get("state") for rule in rules}
    assert states["DaemonSilent"] == "pending"
    assert {rule["health"] for rule in rules} == {"ok"}


def test_the_dashboard_holds_the_six_figures() -> None:
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert titles == [
        "GPU use",
        "CPU use",
        "Memory, and workers out of it",
        "Queue",
        "Time of an era",
        "Database connections",
    ]
    for panel in DASHBOARD["panels"]:
        assert panel["description"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
