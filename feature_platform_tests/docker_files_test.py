"""The files under docker/ fit each other: what compose.yaml gives is what the two dagster.yaml ask for."""

import copy
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.ref import configurable_class_data
from dagster._core.launcher.base import RunLauncher
from dagster._core.run_coordinator import RunCoordinator

DOCKER = Path(__file__).parents[1] / "docker"
HOMES = ["dagster.yaml", "dagster.gpu.yaml"]
OURS = ("migrate", "code", "webserver", "daemon", "cli")


def read(name: str) -> dict[str, Any]:
    """A file with the defaults of the variables that it takes."""
    text = (DOCKER / name).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    return content


def given() -> dict[str, str]:
    """The variables of our programs, as entrypoint.sh leaves them."""
    variables = read("compose.yaml")["x-environment"] | read("compose.gpu.yaml")["x-environment"]
    return {name.removesuffix("_FILE"): str(text) for name, text in variables.items()}


def named_variables(section: object) -> set[str]:
    if isinstance(section, dict):
        if set(section) == {"env"}:
            return {section["env"]} if isinstance(section["env"], str) else set()
        return set().union(*map(named_variables, section.values()))
    return set().union(*map(named_variables, section)) if isinstance(section, list) else set()


@pytest.fixture
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in given().items():
        monkeypatch.setenv(name, text)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.usefixtures("_variables")
def test_queue_and_routes_can_be_built_from_what_compose_gives(home: str) -> None:
    settings = read(home)
    configurable_class_data(settings["run_coordinator"]).rehydrate(as_type=RunCoordinator)
    configurable_class_data(settings["run_launcher"]).rehydrate(as_type=RunLauncher)  # type: ignore[type-abstract] # as Dagster does
    routes = settings["run_launcher"]["config"]["routes"]
    assert set(routes) == set(settings["run_coordinator"]["config"]["limits"])


@pytest.mark.parametrize("home", HOMES)
def test_a_worker_is_given_every_variable_that_it_reads(home: str) -> None:
    settings = read(home)
    # Its storages and the limits of the queue; the routes are the daemon's.
    asked = named_variables(settings["storage"]) | named_variables(settings["run_coordinator"])
    assert "DAGSTER_PG_PASSWORD" in asked
    for route in settings["run_launcher"]["config"]["routes"].values():
        assert asked | {"PGPASSWORD", "FEATURE_PLATFORM_CATALOGUE_URL"} == set(route["config"]["env_vars"])


@pytest.mark.parametrize("home", HOMES)
def test_workers_are_in_the_network_and_on_the_volume_of_compose(home: str) -> None:
    compose = read("compose.yaml")
    for route in read(home)["run_launcher"]["config"]["routes"].values():
        assert route["config"]["network"] == compose["networks"]["platform"]["name"]
        assert route["config"]["container_kwargs"]["volumes"] == [f"{compose['volumes']['data']['name']}:/data"]


def test_the_exporter_is_one_of_our_programs_and_prometheus_reads_what_is_there() -> None:
    compose, monitoring = read("compose.yaml"), read("compose.monitoring.yaml")
    services = monitoring["services"]
    gpu = read("compose.gpu.yaml")["x-environment"]
    assert services["exporter"]["environment"] == compose["x-environment"] | gpu
    assert services["exporter"]["volumes"] == compose["x-home"]
    prometheus = read("monitoring/prometheus.yaml")
    for job in prometheus["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        assert target.partition(":")[0] in services
    mounted = [volume for service in services.values() for volume in service.get("volumes", []) if volume[0] == "."]
    assert len(mounted) == 7
    assert all((DOCKER / volume.split(":")[0]).is_file() for volume in mounted)


@pytest.mark.skipif(os.geteuid() != 0, reason="Docker's socket is asked for its group")
def test_secrets_are_made_once_and_may_be_made_again(tmp_path: Path) -> None:
    (tmp_path / "secrets.sh").write_text(
        (DOCKER / "secrets.sh").read_text(encoding="utf-8").replace("/var/run/docker.sock", str(tmp_path)),
        encoding="utf-8",
    )

    def made() -> dict[str, str]:
        subprocess.run(["bash", tmp_path / "secrets.sh"], check=True)
        return {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}

    first = made()
    assert made() == first
    assert len(first) == 4
    password = first["postgres_password"]
    assert len(password) >= 24
    assert all(password in first[name] for name in ("pgbouncer_users.txt", "pgbouncer_exporter.env"))
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_gpus_add_a_class_and_change_nothing_else() -> None:
    plain, gpu = read("dagster.yaml"), copy.deepcopy(read("dagster.gpu.yaml"))
    limit = gpu["run_coordinator"]["config"]["limits"].pop("gpu")
    route = gpu["run_launcher"]["config"]["routes"].pop("gpu")
    assert limit == len(route["config"]["devices"])
    gpu["run_coordinator"]["config"]["large_compute"] = "cpu"
    assert gpu == plain


def test_programs_cannot_write_beside_their_data_and_hold_no_password() -> None:
    compose = read("compose.yaml")
    for name in (*OURS, "postgres", "pgbouncer"):
        service = compose["services"][name]
        assert service["read_only"] is True, name
        assert "no-new-privileges:true" in service["security_opt"], name
    sockets = [name for name, service in compose["services"].items() if "docker.sock" in str(service.get("volumes"))]
    assert sockets == ["daemon"]
    assert all(address.startswith("127.0.0.1:") for address in compose["services"]["webserver"]["ports"])
    assert set(read("compose.gpu.yaml")["services"]) == set(OURS)
    passwords = [name for name in given() if "PASSWORD" in name]
    assert passwords
    assert all(given()[name].startswith("/run/secrets/") for name in passwords)
