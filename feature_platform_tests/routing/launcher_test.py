import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import dagster as dg
import pytest
from dagster._core.instance.ref import configurable_class_data
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from feature_platform.errors import RoutingError
from feature_platform.routing.launcher import RoutedRunLauncher
from feature_platform_tests.routing.home import create_run, make_home, open_instance

LOCAL = {"module": "feature_platform.routing.local", "class": "LocalProcessLauncher"}
KUBERNETES = {"module": "feature_platform.routing.kubernetes", "class": "KubernetesRunLauncher"}
DOCKER = {"module": "feature_platform.routing.docker", "class": "DockerContainerLauncher"}
POD = {"service_account_name": "runs", "instance_config_map": "dagster-instance"}


class NotingLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """A child that notes what it is asked; the faults folder launches through real ones."""

    def __init__(self, name: str, *, fail: bool = False, watches: bool = True) -> None:
        self.name = name
        self.fail = fail
        self.watches = watches
        self.asked: list[tuple[str, str]] = []
        super().__init__()

    inst_data = None

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"name": str}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: dict[str, Any]) -> Self:
        assert inst_data is not None
        return cls(**config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        if self.fail:
            raise OSError("no more processes")
        self.asked.append(("launch", context.dagster_run.run_id))

    def terminate(self, run_id: str) -> bool:
        self.asked.append(("terminate", run_id))
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return self.watches

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        return CheckRunHealthResult(WorkerStatus.FAILED, f"{self.name} says so of {run.run_id}")

    def get_run_worker_debug_info(self, run: dg.DagsterRun, include_container_logs: bool | None = True) -> str:
        return f"{self.name} {run.run_id} {include_container_logs}"


def built(config: dict[str, Any]) -> RoutedRunLauncher:
    data = configurable_class_data(
        {"module": "feature_platform.routing.launcher", "class": "RoutedRunLauncher", "config": config}
    )
    return data.rehydrate(as_type=RoutedRunLauncher)


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ({**LOCAL, "module": "nowhere"}, r"routes\.gpu: LocalProcessLauncher of module nowhere is no run launcher"),
        ({**LOCAL, "class": "Nothing"}, r"routes\.gpu: Nothing of module .* is no run launcher"),
        ({"module": "pathlib", "class": "Path"}, r"routes\.gpu: Path of module pathlib is no run launcher"),
        ({**LOCAL, "config": {"thread": 2}}, r'routes\.gpu\.config: Received unexpected config entry "thread"'),
        ({**LOCAL, "config": {"threads": 0}}, r"routes\.gpu\.config\.threads: 0 is below 1"),
        ({**LOCAL, "config": {"devices": [0, -1]}}, r"routes\.gpu\.config\.devices: -1 is no device"),
        ({**LOCAL, "config": {"devices": [0, "0"]}}, r"routes\.gpu\.config\.devices: '0' is no device"),
        ({**LOCAL, "config": {"memory_mib": 0}}, r"routes\.gpu\.config\.memory_mib: 0 is below 1"),
        ({**LOCAL, "config": {"memory_percent": 101}}, r"routes\.gpu\.config\.memory_percent: 101 is no share"),
        (
            {**LOCAL, "config": {"memory_percent": 5, "memory_mib": 9}},
            r"routes\.gpu\.config\.memory_percent: memory_mib is set",
        ),
        (KUBERNETES, r'routes\.gpu\.config: Missing required config entry "instance_config_map"'),
        ({**KUBERNETES, "config": POD | {"job_images": "a"}}, r'routes\.gpu\.config: .* config entry "job_images"'),
        ({**KUBERNETES, "config": POD}, r"routes\.gpu\.config\.load_incluster_config: no cluster can be reached"),
        (
            {**KUBERNETES, "config": POD | {"load_incluster_config": False, "kubeconfig_file": "/nowhere"}},
            r"routes\.gpu\.config\.kubeconfig_file: no cluster can be reached with it \(Invalid kube-config file",
        ),
        ({**DOCKER, "config": {"memory": "4g"}}, r'routes\.gpu\.config: Received unexpected config entry "memory"'),
        ({**DOCKER, "config": {"image": "Not An Image"}}, r"routes\.gpu\.config\.image: 'Not An Image' is no name"),
        ({**DOCKER, "config": {"devices": [0, 0]}}, r"routes\.gpu\.config\.devices: 0 is no device"),
        ({**DOCKER, "config": {"memory_mib": 0}}, r"routes\.gpu\.config\.memory_mib: 0 is below 1"),
        (
            {**DOCKER, "config": {"env_vars": ["NOT_SET_ANYWHERE"]}},
            r"routes\.gpu\.config\.env_vars: NOT_SET_ANYWHERE is not set",
        ),
        (
            {**DOCKER, "config": {"network": "a", "networks": ["b"]}},
            r"routes\.gpu\.config\.network: networks is set",
        ),
        (
            {**DOCKER, "config": {"container_kwargs": {"mem_limit": "4g"}}},
            r"routes\.gpu\.config\.container_kwargs\.mem_limit: cannot be set; write memory_mib instead",
        ),
        (
            {**DOCKER, "config": {"container_kwargs": {"memory_limit": "4g"}}},
            r"routes\.gpu\.config\.container_kwargs\.memory_limit: is nothing that Docker knows",
        ),
        (
            {**DOCKER, "config": {"container_kwargs": {"shm_size": "much"}}},
            r"routes\.gpu\.config\.container_kwargs\.shm_size: Docker does not take 'much'",
        ),
        ({**LOCAL, "config": {"env": {"A": {"env": "NOT_SET_ANYWHERE"}}}}, r"routes\.gpu\.config: .*NOT_SET_ANYWHERE"),
    ],
)
def test_a_route_that_cannot_be_built_is_refused_with_its_key(route: dict[str, Any], message: str) -> None:
    with pytest.raises(RoutingError, match=r"dagster\.yaml, run_launcher\.config\." + message):
        built({"default_route": "gpu", "routes": {"gpu": route}})


@pytest.mark.parametrize(("route", "package"), [(KUBERNETES, "dagster_k8s"), (DOCKER, "dagster_docker")])
def test_a_route_whose_package_is_not_installed_names_it(
    route: dict[str, Any], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.startswith(package)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, route["module"], raising=False)
    monkeypatch.delitem(sys.modules, "feature_platform.routing.container_config", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RoutingError, match=rf"routes\.gpu: {route['class']} of .* imported \(.*{package}"):
        built({"default_route": "gpu", "routes": {"gpu": route}})


def test_a_default_route_that_is_not_there_is_refused() -> None:
    with pytest.raises(RoutingError, match=r"config\.default_route: 'cpu' is none of the routes gpu"):
        built({"default_route": "cpu", "routes": {"gpu": LOCAL}})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    make_home(home, [1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.delenv("FEATURE_PLATFORM_CATALOGUE_URL", raising=False)
        yield home


@pytest.fixture(scope="module")
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(home) as instance:
        yield instance


def routed(
    instance: dg.DagsterInstance, catalogue_url: str | None = None, **children: NotingLauncher
) -> RoutedRunLauncher:
    launcher = RoutedRunLauncher(routes=children, default_route="cpu", catalogue_url=catalogue_url)
    launcher.register_instance(instance)
    return launcher


def launched(instance: dg.DagsterInstance, launcher: RoutedRunLauncher, tags: dict[str, str]) -> dg.DagsterRun:
    run = create_run(instance, tags)
    launcher.launch_run(LaunchRunContext(run, workspace=None))
    current = instance.get_run_by_id(run.run_id)
    assert current is not None
    return current


def events(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    return "\n".join(entry.message for entry in instance.all_logs(run.run_id))


def test_each_run_goes_through_the_child_of_its_class(instance: dg.DagsterInstance) -> None:
    cpu, gpu = NotingLauncher("cpu"), NotingLauncher("gpu")
    launcher = routed(instance, cpu=cpu, gpu=gpu)
    large = launched(instance, launcher, {"feature_platform/compute": "gpu"})
    small = launched(instance, launcher, {"feature_platform/compute": "cpu"})
    untagged = launched(instance, launcher, {})
    assert gpu.asked == [("launch", large.run_id)]
    assert cpu.asked == [("launch", small.run_id), ("launch", untagged.run_id)]


def test_a_class_without_a_route_takes_the_default_and_says_so(instance: dg.DagsterInstance) -> None:
    cpu = NotingLauncher("cpu")
    run = launched(instance, routed(instance, cpu=cpu), {"feature_platform/compute": "cpu-highmem"})
    assert cpu.asked == [("launch", run.run_id)]
    assert "Compute class 'cpu-highmem' has no route; launched through 'cpu'." in events(instance, run)


def test_everything_after_the_launch_goes_to_the_child_that_launched(instance: dg.DagsterInstance) -> None:
    cpu, gpu = NotingLauncher("cpu"), NotingLauncher("gpu")
    launcher = routed(instance, cpu=cpu, gpu=gpu)
    run = launched(instance, launcher, {"feature_platform/compute": "gpu"})
    instance.add_run_tags(run.run_id, {"feature_platform/compute": "cpu"})
    changed = instance.get_run_by_id(run.run_id)
    assert changed is not None
    assert launcher.terminate(run.run_id)
    assert gpu.asked == [("launch", run.run_id), ("terminate", run.run_id)]
    assert launcher.check_run_worker_health(changed).msg == f"gpu says so of {run.run_id}"
    assert launcher.get_run_worker_debug_info(changed, include_container_logs=False) == f"gpu {run.run_id} False"


def test_a_child_that_does_not_watch_its_workers_fails_no_run(instance: dg.DagsterInstance) -> None:
    launcher = routed(instance, cpu=NotingLauncher("cpu", watches=False), gpu=NotingLauncher("gpu"))
    assert launcher.supports_check_run_worker_health
    run = launched(instance, launcher, {"feature_platform/compute": "cpu"})
    assert launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING


def test_of_two_daemons_only_one_launches_a_run(instance: dg.DagsterInstance) -> None:
    first, second = NotingLauncher("cpu"), NotingLauncher("cpu")
    run = launched(instance, routed(instance, cpu=first), {})
    routed(instance, cpu=second).launch_run(LaunchRunContext(run, workspace=None))
    assert first.asked == [("launch", run.run_id)]
    assert second.asked == []
    assert "Another daemon launched this run; not launched again." in events(instance, run)


def test_a_launch_that_failed_may_be_tried_again_by_the_same_daemon(instance: dg.DagsterInstance) -> None:
    cpu = NotingLauncher("cpu", fail=True)
    launcher = routed(instance, cpu=cpu)
    context = LaunchRunContext(create_run(instance, {}), workspace=None)
    with pytest.raises(OSError, match="no more processes"):
        launcher.launch_run(context)
    cpu.fail = False
    launcher.launch_run(context)
    launcher.launch_run(context)
    assert cpu.asked == [("launch", context.dagster_run.run_id)]


def test_a_catalogue_out_of_reach_does_not_lose_the_run(instance: dg.DagsterInstance) -> None:
    cpu = NotingLauncher("cpu")
    run = launched(instance, routed(instance, "postgresql://nobody@127.0.0.1:9/none", cpu=cpu), {})
    assert cpu.asked == [("launch", run.run_id)]
    assert "The launch could not be claimed, and goes on without" in events(instance, run)
