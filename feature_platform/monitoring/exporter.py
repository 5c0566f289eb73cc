"""A long-lived Prometheus exporter: looks at Dagster's storage and the catalogue, answers scrapes from memory."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster_postgres.utils import DagsterPostgresException
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from sqlalchemy.exc import SQLAlchemyError

from feature_platform.errors import FeaturePlatformError
from feature_platform.monitoring.daemon_metrics import DaemonMetrics
from feature_platform.monitoring.era_metrics import EraMetrics
from feature_platform.monitoring.run_metrics import RunMetrics
from feature_platform.monitoring.stage_metrics import StageMetrics
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.stages.platform import Platform

logger = logging.getLogger("feature_platform.monitoring")

INTERVAL = timedelta(seconds=15)
ERA_INTERVAL = timedelta(minutes=5)


class Exporter:
    """Metrics of one deployment.

    A look that fails, because a database is away, is logged and shows as `feature_platform_exporter_up` 0 of its part;
    what was counted stays.
    """

    def __init__(self, instance: dg.DagsterInstance, platform: Platform) -> None:
        coordinator = instance.run_coordinator
        classes, prices = {}, {}
        if isinstance(coordinator, EraRunCoordinator):
            classes = {compute: coordinator.slots(compute) for compute in coordinator.classes}
            prices = dict(coordinator.costs.prices)
        now = datetime.now(UTC)
        self.registry = CollectorRegistry()
        self._instance, self._platform = instance, platform
        self._runs = RunMetrics(self.registry, list(classes), prices, now=now)
        self._stages = StageMetrics(self.registry, now=now)
        self._eras = EraMetrics(self.registry)
        self._daemons = DaemonMetrics(self.registry)
        self._up = Gauge(
            "feature_platform_exporter_up",
            "Whether the last look at this part succeeded.",
            ["part"],
            registry=self.registry,
        )
        limits = Gauge(
            "feature_platform_run_limit", "Runs of a route that may go at once.", ["route"], registry=self.registry
        )
        for compute, slots in classes.items():
            limits.labels(compute).set(slots)

    def refresh(self) -> None:
        """Look at runs, daemons and stages."""
        self._look("runs", lambda: self._runs.refresh(self._instance, datetime.now(UTC)))
        self._look("daemons", lambda: self._daemons.refresh(self._instance))
        self._look("stages", lambda: self._stages.refresh(self._platform.catalogue))

    def refresh_eras(self) -> None:
        """Look at all eras."""
        self._look("eras", lambda: self._eras.refresh(self._platform))

    def _look(self, part: str, refresh: Callable[[], None]) -> None:
        try:
            refresh()
        except (FeaturePlatformError, SQLAlchemyError, DagsterPostgresException, OSError) as error:
            logger.warning("%s: %s", part, " ".join(str(error).split()))
            self._up.labels(part).set(0)
        else:
            self._up.labels(part).set(1)


def serve(
    exporter: Exporter,
    *,
    host: str,
    port: int,
    stop: threading.Event,
    interval: timedelta = INTERVAL,
    era_interval: timedelta = ERA_INTERVAL,
) -> None:
    """Answer on `http://host:port/metrics` until `stop` is set.

    Raises
    ------
    OSError
        If the address cannot be listened on.
    """
    exporter.refresh()
    server, thread = start_http_server(port, host, exporter.registry)
    eras = threading.Thread(target=_every, args=(exporter.refresh_eras, era_interval, stop), daemon=True)
    eras.start()
    try:
        _every(exporter.refresh, interval, stop)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        eras.join()


def _every(look: Callable[[], None], interval: timedelta, stop: threading.Event) -> None:
    while not stop.is_set():
        began = time.monotonic()
        look()
        stop.wait(max(0.0, interval.total_seconds() - (time.monotonic() - began)))
