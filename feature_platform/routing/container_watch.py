"""Looks at containers where Dagster's monitoring does not: before their run begins, and while it is canceled."""

import threading
import time
from contextlib import suppress
from typing import Any

import dagster as dg
from docker.errors import NotFound
from requests import RequestException
from sqlalchemy.exc import OperationalError

from feature_platform.routing.container_end import docker_end
from feature_platform.routing.report_end import report_end
from feature_platform.routing.run_containers import (
    GRACE_LABEL,
    container_name,
    labels_of_the_living,
)

LOOK_SECONDS = 1.0
UNWANTED = (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED)
"""The monitoring may take a run for canceled before its container has ended."""


class ContainerWatch:
    """A thread beside the daemon; one for all routes of an instance, or a worker would be told twice to end.

    A run is canceled in whatever program a user does it, and ended from here: the webserver needs no way to the engine.
    A container that ends before its run has begun, for its image, memory or a secret, is reported at once; Dagster
    would tell it as a start that took too long.
    """

    def __init__(self, instance: dg.DagsterInstance, client: Any) -> None:  # noqa: ANN401 - docker ships no types
        self._instance = instance
        self._client = client
        self._starting: set[str] = set()
        self._asked: dict[str, float] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="containers of runs", daemon=True)
        self._thread.start()

    def started(self, run_id: str) -> None:
        """The run's container was started, and the run is still to begin."""
        self._starting.add(run_id)

    @property
    def alive(self) -> bool:
        """Whether it still looks; an error that it does not know ends it."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            # Engine and storage may be away for a while; the next look finds the same.
            with suppress(OperationalError, RequestException):
                self._look()

    def _look(self) -> None:
        starting = list(self._starting)  # before the look, which would miss what is started meanwhile
        alive = labels_of_the_living(self._client)
        for run_id, labels in alive.items():
            run = self._instance.get_run_by_id(run_id)
            if run is not None and run.status in UNWANTED:
                self._end(run_id, float(labels[GRACE_LABEL]))
        for run_id in self._asked.keys() - alive:
            self._report(run_id, dg.DagsterRunStatus.CANCELING)
            del self._asked[run_id]
        for run_id in starting:
            if run_id not in alive:
                # Once a run has begun its end is the monitoring's to report, and must not be reported twice.
                self._report(run_id, dg.DagsterRunStatus.STARTING)
                self._starting.discard(run_id)

    def _end(self, run_id: str, grace_seconds: float) -> None:
        with suppress(NotFound):
            container = self._client.containers.get(container_name(run_id))
            if run_id not in self._asked:
                self._asked[run_id] = time.monotonic()
                container.kill(signal="SIGTERM")
            elif time.monotonic() - self._asked[run_id] > grace_seconds:
                container.kill()

    def _report(self, run_id: str, status: dg.DagsterRunStatus) -> None:
        run = self._instance.get_run_by_id(run_id)
        if run is not None and run.status == status:
            with suppress(NotFound):
                container = self._client.containers.get(container_name(run_id))
                report_end(self._instance, run_id, docker_end(container.attrs))


_watches: dict[dg.DagsterInstance, ContainerWatch] = {}
_lock = threading.Lock()


def container_watch(instance: dg.DagsterInstance, client: Any) -> ContainerWatch:  # noqa: ANN401 - as above
    """The watch over an instance's containers; it begins when it is first asked for."""
    with _lock:
        if instance not in _watches or not _watches[instance].alive:
            _watches[instance] = ContainerWatch(instance, client)
        return _watches[instance]


def end_watch(instance: dg.DagsterInstance) -> None:
    """End the watch over an instance's containers, if there is one."""
    with _lock:
        watch = _watches.pop(instance, None)
    if watch is not None:
        watch.stop()
