"""Signs of life of Dagster's daemons, as Prometheus metrics."""

import dagster as dg
from prometheus_client import CollectorRegistry, Gauge


class DaemonMetrics:
    """When each daemon gave its last sign of life."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._heartbeats = Gauge(
            "feature_platform_daemon_heartbeat_timestamp_seconds",
            "Last sign of life of a Dagster daemon, which gives one every 30 s; 0 where there was none.",
            ["daemon"],
            registry=registry,
        )

    def refresh(self, instance: dg.DagsterInstance) -> None:
        """Of all daemons that this instance needs."""
        heartbeats = instance.get_daemon_heartbeats()
        for daemon in instance.get_required_daemon_types():
            heartbeat = heartbeats.get(daemon)
            self._heartbeats.labels(daemon.lower()).set(heartbeat.timestamp if heartbeat else 0)
