"""What the stages of eras take, as Prometheus metrics, from what workers noted in the catalogue."""

from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter

from feature_platform.eras.catalogue import Catalogue

LABELS = ["stage", "route", "engine"]
OVERLAP = timedelta(minutes=5)
"""Clocks of machines differ, and a batch notes the stages of all its eras at its end."""


class StageMetrics:
    """Counts from when it was made: Prometheus adds up over restarts."""

    def __init__(self, registry: CollectorRegistry, *, now: datetime) -> None:
        self._began = self._last = now
        self._counted: dict[tuple[str, str, str, str], datetime] = {}
        self._eras = Counter("feature_platform_stage_eras", "Eras whose stage ended.", LABELS, registry=registry)
        self._seconds = Counter(
            "feature_platform_stage_seconds", "Seconds that stages of eras took.", LABELS, registry=registry
        )
        self._readings = Counter(
            "feature_platform_stage_readings", "Readings of the eras whose stage ended.", LABELS, registry=registry
        )

    def refresh(self, catalogue: Catalogue) -> None:
        """Count what was measured since the last look."""
        for cost in catalogue.stage_costs(since=max(self._began, self._last - OVERLAP)):
            key = (cost.route, cost.feature_set, cost.stage, cost.era_id)
            if self._counted.get(key) == cost.recorded_at:
                continue
            self._counted[key] = cost.recorded_at
            self._last = max(self._last, cost.recorded_at)
            labels = (cost.stage, cost.route, cost.engine)
            self._eras.labels(*labels).inc()
            self._seconds.labels(*labels).inc(cost.seconds)
            self._readings.labels(*labels).inc(cost.readings)
        self._counted = {key: at for key, at in self._counted.items() if at >= self._last - OVERLAP}
