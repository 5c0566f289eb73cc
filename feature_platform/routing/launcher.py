"""One launcher over several: the run's compute class says which of them starts it."""

import os
import secrets
import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import dagster as dg
from dagster._check import CheckError
from dagster._config.config_schema import UserConfigSchema
from dagster._core.errors import DagsterInvalidConfigError
from dagster._core.instance.ref import configurable_class_data
from dagster._core.launcher.base import (
    CheckRunHealthResult,
    LaunchRunContext,
    ResumeRunContext,
    RunLauncher,
    WorkerStatus,
)
from dagster._core.storage.dagster_run import DagsterRun
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from feature_platform.errors import EraError, RoutingError
from feature_platform.home import catalogue_url
from feature_platform.routing.tags import COMPUTE, ROUTE

if TYPE_CHECKING:
    from feature_platform.eras.catalogue import Catalogue

CATALOGUE_PATIENCE = timedelta(seconds=10)

Child = RunLauncher[dg.DagsterInstance]


class RoutedRunLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Launches each run through the child of its compute class, and only once.

    Two daemons by mistake would launch every run twice: Dagster only logs a warning. So a launch is claimed in the
    era catalogue first, and the loser leaves the run alone. Where the catalogue cannot be reached the launch goes on
    with a warning, because a run that is dequeued and not launched is lost until its start times out, and because a
    second launch has no effect without the claim either: local processes are claimed in a folder, Kubernetes jobs
    and containers are named after their run, and a worker ignores a run that has started.

    Parameters
    ----------
    routes
        Launchers by compute class.
    default_route
        For a class that has no route.
    catalogue_url
        The era catalogue; by default what the environment names.

    Raises
    ------
    RoutingError
        If a route cannot be built; the text names the key in dagster.yaml.
    """

    def __init__(
        self,
        *,
        routes: Mapping[str, Child],
        default_route: str,
        catalogue_url: str | None = None,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        if default_route not in routes:
            raise RoutingError(
                f"dagster.yaml, run_launcher.config.default_route: {default_route!r} is none of the routes "
                f"{', '.join(sorted(routes)) or '(there are none)'}"
            )
        self._routes = dict(routes)
        self._default_route = default_route
        self._catalogue_url = catalogue_url
        self._catalogue: Catalogue | None = None
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._unlaunched: set[str] = set()
        self._inst_data = inst_data
        super().__init__()  # type: ignore[no-untyped-call]  # Dagster leaves it untyped

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """The config this was built from."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """The parameters above; a route is a launcher as dagster.yaml names one."""
        route = {"module": str, "class": str, "config": dg.Field(dict, is_required=False)}
        return {
            "routes": dg.Field({str: route}),
            "default_route": dg.Field(dg.StringSource),
            "catalogue_url": dg.Field(dg.StringSource, is_required=False),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Build from validated config."""
        return cls(
            routes={name: _build(name, config) for name, config in config_value["routes"].items()},
            default_route=config_value["default_route"],
            catalogue_url=config_value.get("catalogue_url"),
            inst_data=inst_data,
        )

    def register_instance(self, instance: dg.DagsterInstance) -> None:
        """Give the children the instance too."""
        super().register_instance(instance)
        for child in self._routes.values():
            child.register_instance(instance)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Claim the launch and hand the run to its child; the loser of a claim only says so."""
        run = context.dagster_run
        if not self._claim(run):
            self._report("Another daemon launched this run; not launched again. Is a second one running?", run)
            return
        compute = run.tags.get(COMPUTE)
        route = compute if compute in self._routes else self._default_route
        if compute != route:
            self._report(f"Compute class {compute!r} has no route; launched through {route!r}.", run)
        self._instance.add_run_tags(run.run_id, {ROUTE: route})
        try:
            self._routes[route].launch_run(context)
        except BaseException:
            self._unlaunched.add(run.run_id)  # Dagster may put it back into the queue; the claim stays ours
            raise

    def terminate(self, run_id: str) -> bool:
        """Have the child that launched the run end it."""
        run = self._instance.get_run_by_id(run_id)
        return run is not None and self._child(run).terminate(run_id)

    @property
    def supports_resume_run(self) -> bool:
        """Whether every child can resume."""
        return all(child.supports_resume_run for child in self._routes.values())

    def resume_run(self, context: ResumeRunContext) -> None:
        """Have the child that launched the run resume it."""
        self._child(context.dagster_run).resume_run(context)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether any child looks after its workers."""
        return any(child.supports_check_run_worker_health for child in self._routes.values())

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Ask the child that launched the run."""
        child = self._child(run)
        if not child.supports_check_run_worker_health:
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"{type(child).__name__} does not look after its workers")
        return child.check_run_worker_health(run)

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        """Ask the child that launched the run."""
        return self._child(run).get_run_worker_debug_info(run, include_container_logs=include_container_logs)

    def dispose(self) -> None:
        """Dispose of every child, even where one fails."""
        with ExitStack() as stack:
            for child in self._routes.values():
                stack.callback(child.dispose)

    def join(self, timeout: int = 30) -> None:
        """Wait for every child, all together no longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        for child in self._routes.values():
            child.join(max(0, round(deadline - time.monotonic())))

    def _child(self, run: DagsterRun) -> Child:
        # The tag of the launch wins over the class, which says what was wanted.
        name = run.tags.get(ROUTE) or run.tags.get(COMPUTE)
        return self._routes[name if name in self._routes else self._default_route]

    def _claim(self, run: DagsterRun) -> bool:
        if run.run_id in self._unlaunched:
            self._unlaunched.remove(run.run_id)
            return True
        try:
            if self._catalogue is None:
                # Slow to load, and most processes that load this module never launch a run.
                from feature_platform.eras.catalogue import Catalogue  # noqa: PLC0415

                self._catalogue = Catalogue(self._catalogue_url or catalogue_url(), patience=CATALOGUE_PATIENCE)
            return self._catalogue.claim_launch(run.run_id, self._holder)
        except EraError as error:
            self._report(f"The launch could not be claimed, and goes on without: {error}", run)
            return True

    def _report(self, message: str, run: DagsterRun) -> None:
        self._instance.report_engine_event(message, run, cls=type(self))


def _build(name: str, config: Mapping[str, Any]) -> Child:
    key = f"dagster.yaml, run_launcher.config.routes.{name}"
    try:
        return configurable_class_data(config).rehydrate(as_type=RunLauncher)  # type: ignore[type-abstract]  # it is only compared with
    except CheckError as error:
        raise RoutingError(
            f"{key}: {config['class']} of module {config['module']} is no run launcher that can be imported "
            f"({error.__context__ or error})"
        ) from error
    except DagsterInvalidConfigError as error:
        raise RoutingError(f"{key}.config: {'; '.join(error.error_messages)}") from error
    except RoutingError as error:
        raise RoutingError(f"{key}.config.{error}") from error
