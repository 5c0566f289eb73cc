"""A route of Docker containers, on a real engine: what workers are given, how they end, what becomes of runs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.launcher.base import LaunchRunContext
from dagster._core.run_coordinator import SubmitRunContext
from dagster._grpc.client import DagsterGrpcClient
from docker.errors import NotFound

from feature_platform.client.daemon import running_daemon
from feature_platform.errors import RoutingError
from feature_platform.orchestration.retries import is_over
from feature_platform.routing.container_watch import end_watch
from feature_platform.routing.docker import DockerContainerLauncher
from feature_platform.routing.run_containers import DEVICE_LABEL, RUN_LABEL, container_name, free_device, remove_ended
from feature_platform_tests.docker_engine import BASE, IMAGE
from feature_platform_tests.routing.home import DEFINITIONS, REPOSITORY, create_run, make_home, open_instance

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(300)]

FAILED, DONE = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS
PATIENCE_SECONDS = 120
CPU_MIB = 512
LIMITS = {"cpu": 4, "gpu": 1, "cpu-highmem": 1}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def instance(engine: Any, home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of a home with a daemon and a code server at work."""
    kwargs = {
        "volumes": [f"{home}:{home}", f"{REPOSITORY}:{REPOSITORY}:ro"],
        "user": f"{os.getuid()}:{os.getgid()}",
        "read_only": True,
        "tmpfs": {"/tmp": ""},  # noqa: S108 - the container's own
        "cap_drop": ["ALL"],
    }

    def route(memory_mib: int) -> dict[str, object]:
        config = {
            "image": IMAGE,
            "env_vars": [f"DAGSTER_HOME={home}", "ROUTE=container"],
            "container_kwargs": kwargs,
            "threads": 2,
            "env": {"OPENBLAS_NUM_THREADS": "1"},
            "memory_mib": memory_mib,
            "grace_seconds": 3,
        }
        return {"module": "feature_platform.routing.docker", "class": "DockerContainerLauncher", "config": config}

    routes = {"cpu": route(CPU_MIB), "cpu-highmem": route(2048)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        patch.setenv("DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS", "1")
        patch.delenv("FEATURE_PLATFORM_CATALOGUE_URL", raising=False)
        make_home(home, [400], {"run_launcher": {"routes": routes}, "run_coordinator": {"limits": LIMITS}})
        with open_instance(home) as opened, code_server(home) as workspace, running_daemon(opened, workspace):
            yield opened
            for run in opened.get_runs():
                discard_container(engine, run)


@contextmanager
def code_server(home: Path) -> Iterator[Path]:
    """A code server as containers have it, which names its Python in no way; yields the workspace that leads there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "dagster", "api", "grpc", "-f", str(DEFINITIONS), "-a", "defs", "-p", str(port)]
    location = {"grpc_server": {"host": "127.0.0.1", "port": port, "location_name": DEFINITIONS.stem}}
    workspace = home / "workspace.yaml"
    workspace.write_text(yaml.safe_dump({"load_from": [location]}), encoding="utf-8")
    with subprocess.Popen(command, cwd=home) as server:
        try:
            wait(lambda: answers(port), "the code server")
            yield workspace
        finally:
            server.send_signal(signal.SIGINT)


def answers(port: int) -> bool:
    try:
        DagsterGrpcClient(host="127.0.0.1", port=port).ping("")
    except dg.DagsterError:
        return False
    return True


def wait(done: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.2)


def submitted(instance: dg.DagsterInstance, what: str) -> str:
    run = create_run(instance, {"test/do": what})
    return instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None)).run_id


def attempts(instance: dg.DagsterInstance, run_id: str) -> list[dg.DagsterRun]:
    """A run and its retries, the oldest first, once none is to come."""

    def group() -> list[dg.DagsterRun]:
        found = instance.get_run_group(run_id)
        assert found is not None
        return sorted(found[1], key=lambda run: int(run.tags.get("dagster/retry_number", "0")))

    wait(lambda: is_over(instance, group()[-1]), f"the end of run {run_id}")
    return group()


def probed(home: Path, run_id: str) -> Path:
    """Where a worker notes that it is at work, and what it was given."""
    return home / "probes" / f"{run_id}.json"


def story(runs: list[dg.DagsterRun]) -> list[tuple[str, str | None, dg.DagsterRunStatus]]:
    """Class, why the run's own worker was lost, and status of each run."""
    lost = [
        run.tags["feature_platform/worker_lost"] if run.tags.get("feature_platform/lost_run") == run.run_id else None
        for run in runs
    ]
    return [
        (run.tags.get("feature_platform/compute", ""), why, run.status) for run, why in zip(runs, lost, strict=True)
    ]


def said(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    (entry,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    return entry.message


def discard_container(engine: Any, run: dg.DagsterRun) -> None:
    with suppress(NotFound):
        engine.containers.get(container_name(run.run_id)).remove(force=True)


def test_workers_that_die_are_told_apart_and_retried(instance: dg.DagsterInstance, home: Path, engine: Any) -> None:
    outgrown, killed, stopped, terminated = (
        submitted(instance, what) for what in ("outgrow", "hang", "hang", "resist")
    )
    for run_id in (killed, stopped, terminated):
        wait(probed(home, run_id).exists, f"the worker of run {run_id}")
    engine.containers.get(container_name(killed)).kill()
    engine.containers.get(container_name(stopped)).stop(timeout=10)
    assert instance.run_launcher.terminate(terminated)
    assert not instance.run_launcher.terminate(killed)

    first, second = attempts(instance, outgrown)
    assert story([first, second]) == [("cpu", "out_of_memory", FAILED), ("cpu-highmem", None, DONE)]
    assert "was killed for its memory limit of 512 MiB (exit code 137, OOMKilled)" in said(instance, first)
    assert second.tags["feature_platform/route_reason"] == f"out of memory on cpu, 512 MiB, in run {first.run_id[:8]}"
    assert story(attempts(instance, killed)) == [("cpu", "killed", FAILED), ("cpu", None, DONE)]
    first, second = attempts(instance, stopped)
    # SIGTERM reached the worker, and it reported its end itself.
    assert (first.status, second.status) == (FAILED, DONE)
    assert second.tags["feature_platform/route_reason"] == f"preempted on cpu in run {first.run_id[:8]}: same class"
    # Asked for here, ended by the daemon: the worker resisted, and was killed after the grace period.
    (only,) = attempts(instance, terminated)
    assert only.status == dg.DagsterRunStatus.CANCELED
    (entry,) = instance.all_logs(terminated, of_type=dg.DagsterEventType.RUN_CANCELED)
    assert entry.message.endswith("was killed by a signal (exit code 137).")


def test_a_worker_has_its_route_s_share(instance: dg.DagsterInstance, home: Path, engine: Any) -> None:
    (run,) = attempts(instance, submitted(instance, "work"))
    environment = json.loads(probed(home, run.run_id).read_text())["environment"]
    assert (environment["OMP_NUM_THREADS"], environment["OPENBLAS_NUM_THREADS"]) == ("2", "1")
    assert environment["ROUTE"] == "container"
    container = engine.containers.get(container_name(run.run_id))
    assert container.attrs["HostConfig"]["Memory"] == container.attrs["HostConfig"]["MemorySwap"] == CPU_MIB * 2**20
    told = instance.run_launcher.get_run_worker_debug_info(run, include_container_logs=True)
    assert told is not None
    assert container.name in told
    assert "RUN_SUCCESS" in told


def test_a_run_has_one_container(instance: dg.DagsterInstance, engine: Any) -> None:
    (run,) = attempts(instance, submitted(instance, "work"))
    again = launcher(instance, image=IMAGE)
    began = engine.containers.get(container_name(run.run_id)).id
    again.launch_run(LaunchRunContext(run, workspace=None))
    assert engine.containers.get(container_name(run.run_id)).id == began
    assert any("was launched before" in entry.message for entry in instance.all_logs(run.run_id))


def launcher(instance: dg.DagsterInstance, **config: Any) -> DockerContainerLauncher:
    made = DockerContainerLauncher(**config)
    made.register_instance(instance)
    return made


@pytest.fixture(autouse=True)
def no_watch_stays(instance: dg.DagsterInstance) -> Iterator[None]:
    yield
    end_watch(instance)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        # No machine that runs the tests in CI has a GPU, so the engine cannot give one away.
        ({"image": IMAGE, "devices": [0]}, "its container cannot be started: could not select device driver"),
        ({"image": "nowhere.invalid/none:1"}, "its container cannot be started: .*nowhere.invalid"),
        ({"image": BASE, "container_kwargs": {"user": "nobody-such"}}, "unable to find user nobody-such"),
        ({"image": IMAGE, "networks": ["none-such"]}, "its container cannot be started: .*network none-such not found"),
    ],
)
def test_what_docker_cannot_start_is_told_and_leaves_nothing(
    instance: dg.DagsterInstance, engine: Any, config: dict[str, Any], message: str
) -> None:
    run = create_run(instance, {})
    with pytest.raises(RoutingError, match=message):
        launcher(instance, **config).launch_run(LaunchRunContext(run, workspace=None))
    with pytest.raises(NotFound):
        engine.containers.get(container_name(run.run_id))
    lost = instance.get_run_by_id(run.run_id)
    assert lost is not None
    assert lost.tags["feature_platform/worker_lost"] == "not_started"


def test_a_container_that_ends_before_its_run_begins_is_not_waited_for(instance: dg.DagsterInstance) -> None:
    run = create_run(instance, {"dagster/max_retries": "0"})
    starting = dg.DagsterEvent(dg.DagsterEventType.RUN_STARTING.value, run.job_name)
    instance.report_dagster_event(starting, run.run_id)
    launcher(instance, image=BASE).launch_run(LaunchRunContext(run, workspace=None))
    (only,) = attempts(instance, run.run_id)
    assert story([only]) == [("", "failed", FAILED)]
    assert "Run worker lost: container feature-platform-" in said(instance, only)
    assert "(exit code 127)" in said(instance, only)


def always(_run_id: str) -> bool:
    return True


def never(_run_id: str) -> bool:
    return False


def test_a_device_is_held_by_a_container_that_lives_and_no_longer(engine: Any) -> None:
    devices = ["t0", "t1"]
    label = {DEVICE_LABEL: "t0", RUN_LABEL: "r"}
    holder = engine.containers.create(BASE, ["sleep", "60"], labels=label, init=True)
    try:
        # Created and not yet started: held, unless its run is over and nobody will start it.
        assert free_device(engine, devices, never) == "t1"
        assert free_device(engine, devices, lambda run_id: run_id == "r") == "t0"
        holder.start()
        assert free_device(engine, devices, always) == "t1"
        assert free_device(engine, ["t0"], always) is None
        holder.kill()
        holder.wait()
        assert free_device(engine, devices, never) == "t0"
    finally:
        holder.remove(force=True)


def test_containers_of_runs_that_are_over_are_removed_in_time(engine: Any) -> None:
    ended = {
        run_id: engine.containers.run(
            BASE, ["true"], detach=True, name=container_name(run_id), labels={RUN_LABEL: run_id}
        )
        for run_id in ("over", "unknown")
    }
    try:
        for container in ended.values():
            container.wait()
        now = datetime.now(UTC)

        def kept(*, before: datetime) -> set[str]:
            remove_ended(engine, lambda run_id: run_id == "over", before=before)
            there = engine.containers.list(all=True, filters={"label": RUN_LABEL})
            return {run_id for run_id in ended if container_name(run_id) in {container.name for container in there}}

        assert kept(before=now - timedelta(hours=1)) == {"over", "unknown"}
        assert kept(before=now + timedelta(hours=1)) == {"unknown"}
    finally:
        for container in ended.values():
            with suppress(NotFound):
                container.remove(force=True)
