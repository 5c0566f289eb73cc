"""Dagster's launcher of Docker containers, with each run's share of the machine, and why its container died.

Nothing imports this but a route that names it: a machine without Docker has no dagster-docker (the docker extra).
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import dagster as dg
from dagster._config.config_schema import UserConfigSchema
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun
from dagster_docker import DockerRunLauncher
from dagster_docker.container_context import DockerContainerContext
from docker.errors import APIError

from feature_platform.errors import RoutingError
from feature_platform.routing.container_config import check_container_config, with_device, worker_kwargs
from feature_platform.routing.container_end import docker_end
from feature_platform.routing.container_watch import ContainerWatch, container_watch, end_watch
from feature_platform.routing.local_share import SHARE_FIELDS, device_names, memory_limit, worker_environment
from feature_platform.routing.lost_worker import record_loss
from feature_platform.routing.run_containers import (
    ALIVE,
    ENDED,
    ENGINE_ERRORS,
    container_name,
    discard,
    free_device,
    remove_ended,
    told,
)
from feature_platform.routing.worker_end import Cause, WorkerEnd

CLEANING_SECONDS = 3600
DEVICE_WAIT_SECONDS = 30
"""A worker that has just reported success still takes a moment to leave its device."""
POLL_SECONDS = 0.5
LOG_LINES = 50


class DockerContainerLauncher(DockerRunLauncher):
    """DockerRunLauncher, with its config; one container per run, named after it.

    Parameters
    ----------
    env, threads, tsfresh_n_jobs, memory_mib, memory_percent
        As of `LocalProcessLauncher`; the memory is the container's limit, without swap.
    devices
        Indexes or UUIDs of GPUs. A container is given exactly one, which no other has meanwhile; without any it sees
        no GPU.
    grace_seconds
        How long a terminated worker may take before it is killed.
    keep_hours
        How long the containers of ended runs stay, with their logs.

    Raises
    ------
    RoutingError
        If something is not usable; the text names the key.
    """

    def __init__(
        self,
        *,
        env: Mapping[str, str] | None = None,
        threads: int | None = None,
        tsfresh_n_jobs: int | None = None,
        devices: Sequence[int | str] | None = None,
        memory_mib: int | None = None,
        memory_percent: int | None = None,
        grace_seconds: int = 30,
        keep_hours: int = 24,
        **config: Any,  # noqa: ANN401 - whatever Dagster's takes, unchanged
    ) -> None:
        check_container_config(config)
        environment = worker_environment(threads=threads, tsfresh_n_jobs=tsfresh_n_jobs, env=env)
        memory = memory_limit(memory_mib=memory_mib, memory_percent=memory_percent)
        kwargs = worker_kwargs(
            config.pop("container_kwargs", None) or {}, memory_mib=memory, grace_seconds=grace_seconds
        )
        variables = [*(config.pop("env_vars", None) or []), *(f"{name}={text}" for name, text in environment.items())]
        super().__init__(env_vars=variables, container_kwargs=kwargs, **config)
        self._devices = device_names(devices or ())
        self._device: dict[str, str] = {}
        self._keep = timedelta(hours=keep_hours)
        self._cleaned = -float(CLEANING_SECONDS)
        self._launching = threading.Lock()
        self._client: Any = None

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """Dagster's keys, and the parameters above."""
        return {
            **super().config_type(),  # type: ignore[no-untyped-call]
            **SHARE_FIELDS,
            "keep_hours": dg.Field(dg.IntSource, is_required=False, default_value=24),
        }

    def get_container_context(self, dagster_run: DagsterRun) -> DockerContainerContext:
        """Dagster's, and what is this run's alone."""
        context = super().get_container_context(dagster_run)
        own: dict[str, Any] = {"name": container_name(dagster_run.run_id)}
        device = self._device.get(dagster_run.run_id)
        if device is not None:
            own |= with_device(device, context.container_kwargs)
        merged: DockerContainerContext = context.merge(DockerContainerContext(container_kwargs=own))
        return merged

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's container, unless there is one.

        Raises
        ------
        RoutingError
            If no device is free in time, or Docker cannot start the container; the run's tags say so too.
        """
        run = context.dagster_run
        with self._launching:  # two at once would take the same device
            try:
                self._clean()
                self._take_device(run)
                super().launch_run(context)
                self._watch().started(run.run_id)
            except ENGINE_ERRORS as error:
                name = container_name(run.run_id)
                taken = isinstance(error, APIError) and error.status_code == HTTPStatus.CONFLICT and name in str(error)
                if taken or self._was_started(name):
                    self._instance.report_engine_event(
                        f"Container {name} was launched before; not launched again.", run, cls=type(self)
                    )
                    return
                end = WorkerEnd(Cause.NOT_STARTED, f"its container cannot be started: {told(error)}")
                raise self._refused(run, end) from error
            finally:
                self._device.pop(run.run_id, None)

    @property
    def supports_resume_run(self) -> bool:
        """A lost worker's run is retried instead."""
        return False

    def terminate(self, run_id: str) -> bool:
        """Ask for the worker's end and return at once; the watch sees to it, in the program that has the engine."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        with suppress(*ENGINE_ERRORS):  # this program may have no way to it
            container = self._container(run)
            if container is None or container.status in ENDED:
                return False
        self._instance.report_run_canceling(run)
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the run's container lives, and if not, why it ended."""
        try:
            self._watch()
            container = self._container(run)
        except ENGINE_ERRORS as error:
            # Workers outlive an engine that is restarted, and once it answers it knows of those that did not.
            return CheckRunHealthResult(WorkerStatus.RUNNING, told(error))
        if container is not None and container.status in ALIVE:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if container is None:
            gone = "the worker vanished: its container is gone, removed by hand or lost with its machine"
            end = WorkerEnd(Cause.VANISHED, gone)
        else:
            end = docker_end(container.attrs)
        current = self._instance.get_run_by_id(run.run_id)
        if current is None or current.is_finished:  # it reported its own end between the caller's look and ours
            return CheckRunHealthResult(WorkerStatus.SUCCESS, end.text)
        return CheckRunHealthResult(WorkerStatus.FAILED, record_loss(self._instance, current, end))

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        """Name, state and end of the container, with its last output if asked."""
        self._watch()
        container = self._container(run)
        if container is None:
            return None
        lines = [f"Container: {container.name}", f"State: {container.status}"]
        if container.status in ENDED:
            lines.append(f"End: {docker_end(container.attrs).text}")
        if include_container_logs:
            lines.append(container.logs(tail=LOG_LINES).decode("utf-8", errors="replace"))
        return "\n".join(lines)

    def dispose(self) -> None:
        """End the watch, and close the connection to the engine."""
        if self.has_instance:
            end_watch(self._instance)
        if self._client is not None:
            self._client.close()

    def _get_client(self, container_context: DockerContainerContext) -> Any:  # noqa: ANN401 - docker ships no types
        # Dagster's would open another connection at every look at every run.
        if self._client is None:
            self._client = super()._get_client(container_context)
        return self._client

    def _container(self, run: DagsterRun) -> Any:  # noqa: ANN401 - docker ships no types
        return self._get_container(run)  # type: ignore[no-untyped-call]

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned >= CLEANING_SECONDS:
            self._cleaned = time.monotonic()
            remove_ended(self._engine(), self._is_over, before=datetime.now(UTC) - self._keep)

    def _take_device(self, run: DagsterRun) -> None:
        deadline = time.monotonic() + DEVICE_WAIT_SECONDS
        while self._devices:
            device = free_device(self._engine(), self._devices, self._is_over)
            if device is not None:
                self._device[run.run_id] = device
                return
            if time.monotonic() > deadline:
                names = ", ".join(self._devices)
                text = (
                    f"none of the devices {names} became free within {DEVICE_WAIT_SECONDS} s; lower the limit of this "
                    "compute class to the number of devices"
                )
                raise self._refused(run, WorkerEnd(Cause.NO_DEVICE, text))
            time.sleep(POLL_SECONDS)

    def _was_started(self, name: str) -> bool:
        # The engine may have started it although its answer came too late.
        with suppress(*ENGINE_ERRORS):  # the first error is the one to tell
            return discard(self._engine(), name)
        return False

    def _refused(self, run: DagsterRun, end: WorkerEnd) -> RoutingError:
        return RoutingError(f"run {run.run_id}: {record_loss(self._instance, run, end)}")

    def _engine(self) -> Any:  # noqa: ANN401 - docker ships no types
        return self._get_client(DockerContainerContext(registry=self.registry))

    def _watch(self) -> ContainerWatch:
        return container_watch(self._instance, self._engine())

    def _is_over(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        return run is not None and run.is_finished
