"""Runs as processes of this machine, each beside a supervisor that records why it ended."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from os import environ
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._config.config_schema import UserConfigSchema
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._core.origin import DEFAULT_DAGSTER_ENTRY_POINT, get_python_environment_entry_point
from dagster._core.storage.dagster_run import DagsterRun
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData, serialize_value

from feature_platform.errors import RoutingError
from feature_platform.routing.local_share import SHARE_FIELDS, device_names, memory_limit, worker_environment
from feature_platform.routing.lost_worker import record_loss
from feature_platform.routing.supervisor import Plan
from feature_platform.routing.supervisor_start import SupervisorStart
from feature_platform.routing.warm_workers import WarmWorkers
from feature_platform.routing.worker_end import Cause
from feature_platform.routing.worker_folder import WorkerFolder, remove_old

CLEANING_SECONDS = 3600
LEAST_DEVICE_WAIT_SECONDS = 10
JOIN_POLL_SECONDS = 0.05


class LocalProcessLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """One process per run, in `<Dagster home>/logs/workers/<run id>/`: its log, how it started and how it ended.

    Parameters
    ----------
    env
        Environment variables of the workers; they win over what follows.
    threads
        Threads of BLAS, OpenMP, numba and Polars in a worker.
    tsfresh_n_jobs
        TSFRESH_N_JOBS of a worker.
    devices
        Indexes or UUIDs of GPUs. A worker sees exactly one, which no other worker on this machine has meanwhile;
        an empty list hides all GPUs, and without a list workers see what this process sees.
    memory_mib, memory_percent
        Memory that a worker's processes may hold, in MiB or as a share of the machine's; with more they are killed,
        and the run counts as out of memory. Without either there is no limit but the machine's.
    grace_seconds
        How long a terminated worker may take before it is killed.
    keep_logs_days
        How long the folders of ended workers stay.
    warm_workers
        Whether workers are forked from a process that has loaded what all of them load, where that can be.

    Raises
    ------
    RoutingError
        If a device or a number is not usable; the text names the key.
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
        keep_logs_days: int = 30,
        warm_workers: bool = True,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        self._environment = worker_environment(threads=threads, tsfresh_n_jobs=tsfresh_n_jobs, env=env)
        self._memory_mib = memory_limit(memory_mib=memory_mib, memory_percent=memory_percent)
        self._devices = None if devices is None else device_names(devices)
        self._grace_seconds = grace_seconds
        self._keep_logs = timedelta(days=keep_logs_days)
        self._cleaned = -float(CLEANING_SECONDS)
        self._warm_workers = warm_workers
        self._supervisors = SupervisorStart(None)
        self._launched: list[WorkerFolder] = []
        self._inst_data = inst_data
        super().__init__()  # type: ignore[no-untyped-call]  # Dagster leaves it untyped

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """The config this was built from."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """The parameters above."""
        return {
            **SHARE_FIELDS,
            "keep_logs_days": dg.Field(dg.IntSource, is_required=False, default_value=30),
            "warm_workers": dg.Field(dg.BoolSource, is_required=False, default_value=True),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Build from validated config."""
        return cls(inst_data=inst_data, **config_value)

    def register_instance(self, instance: dg.DagsterInstance) -> None:
        """Know whose runs these are."""
        super().register_instance(instance)
        if self._warm_workers:
            self._supervisors = SupervisorStart(WarmWorkers(self._logs / "warm_workers.log"))

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's worker beside a supervisor, unless this run was launched on this machine before."""
        run = context.dagster_run
        if context.job_code_origin is None:
            raise RoutingError(f"run {run.run_id} has no code origin; submit it through a workspace")
        arguments = ExecuteRunArgs(context.job_code_origin, run.run_id, self._instance.get_ref(), True)  # noqa: FBT003 - dagster's signature
        self._clean()
        folder = self._folder(run.run_id)
        with folder.claimed() as lock:
            if lock is None:
                self._instance.report_engine_event(
                    f"A worker process was launched before, in {folder.path}; not launched again.", run, cls=type(self)
                )
                return
            plan = Plan(
                folder=str(folder.path),
                command=_command(arguments),
                report=[
                    *(sys.executable, "-m", "feature_platform.routing.report_end"),
                    *(str(folder.path), serialize_value(arguments)),
                ],
                devices=self._devices,
                device_folder=str(self._logs / "devices"),
                device_wait_seconds=self._device_wait_seconds(),
                grace_seconds=self._grace_seconds,
                memory_mib=self._memory_mib,
            )
            environment = {**environ, **self._environment}
            cold = self._supervisors.start(plan, environment, run_id=run.run_id, lock=lock, log_file=folder.log)
        self._launched.append(folder)
        how = "Launched a worker process" if cold is None else f"Launched a worker process, not a warm one: {cold}"
        self._instance.report_engine_event(f"{how}; its log is {folder.log}.", run, cls=type(self))

    def terminate(self, run_id: str) -> bool:
        """Ask for the worker's end and return at once; the supervisor sees to it, wherever it was launched from."""
        run = self._instance.get_run_by_id(run_id)
        folder = self._folder(run_id)
        if run is None or run.is_finished or not folder.alive():
            return False
        self._instance.report_run_canceling(run)
        folder.request_end()
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Workers are looked after."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the worker lives, and if not, why it ended."""
        self._reap()
        folder = self._folder(run.run_id)
        if folder.alive():
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if not folder.launched():
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, f"no worker of this run is known in {folder.path}")
        end = folder.end()
        current = self._instance.get_run_by_id(run.run_id)
        if current is None or current.is_finished:  # it reported its own end between the caller's look and ours
            return CheckRunHealthResult(WorkerStatus.SUCCESS, end.text)
        if end.cause == Cause.FINISHED:
            end = replace(end, text=f"{end.text} and left the run unfinished")
        return CheckRunHealthResult(WorkerStatus.FAILED, record_loss(self._instance, current, end))

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        """Pid, device and log of the worker, with the log's end if asked."""
        folder = self._folder(run.run_id)
        if not folder.launched():
            return None
        start = folder.start()
        lines = [f"Log of the worker process: {folder.log}"]
        if start is not None:
            lines += [f"Pid: {start.pid}", f"Device: {start.device or 'none'}"]
        if not folder.alive():
            lines.append(f"End: {folder.end().text}")
        if include_container_logs:
            lines.append(folder.log_tail())
        return "\n".join(lines)

    def join(self, timeout: int = 30) -> None:
        """Wait for the workers that this process launched.

        Raises
        ------
        RoutingError
            If one still runs when the time is over.
        """
        deadline = time.monotonic() + timeout
        while any(folder.alive() for folder in self._launched):
            if time.monotonic() > deadline:
                raise RoutingError(f"a worker process still runs after {timeout} s; terminate its run, or wait")
            time.sleep(JOIN_POLL_SECONDS)
        self._reap()

    def dispose(self) -> None:
        """End the process that workers are forked from; workers go on."""
        self._supervisors.close()

    @property
    def _logs(self) -> Path:
        return Path(self._instance.root_directory) / "logs"

    def _folder(self, run_id: str) -> WorkerFolder:
        return WorkerFolder(self._logs / "workers" / run_id)

    def _device_wait_seconds(self) -> float:
        # Run monitoring fails a run that does not start in time; the supervisor gives up before, and can say why.
        return max(LEAST_DEVICE_WAIT_SECONDS, 0.8 * self._instance.run_monitoring_start_timeout_seconds)

    def _reap(self) -> None:
        self._supervisors.bury()
        self._launched = [folder for folder in self._launched if folder.alive()]

    def _clean(self) -> None:
        self._reap()
        if time.monotonic() - self._cleaned >= CLEANING_SECONDS:
            self._cleaned = time.monotonic()
            remove_old(self._logs / "workers", keep=self._keep_logs)


def _command(arguments: ExecuteRunArgs) -> list[str]:
    command = list(arguments.get_command_args())
    if command[: len(DEFAULT_DAGSTER_ENTRY_POINT)] == DEFAULT_DAGSTER_ENTRY_POINT:
        # A bare `dagster` is only found where the environment is activated; its Python is known.
        python = arguments.job_origin.repository_origin.executable_path
        command[: len(DEFAULT_DAGSTER_ENTRY_POINT)] = get_python_environment_entry_point(python)
    return command
