"""Runs as Prometheus metrics: those that wait and go on, and what became of those that ended."""

from collections import Counter as CounterOf
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.tags import RETRY_NUMBER_TAG
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from feature_platform.routing.escalation import escalated_from, lost_worker
from feature_platform.routing.run_price import SECONDS_PER_HOUR, run_price
from feature_platform.routing.tags import COMPUTE, ROUTE

UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
REMEMBERED = timedelta(days=1)
"""So long after its end a run may be written to again without being counted again."""
OVERLAP = timedelta(minutes=5)
"""Clocks of machines differ, and a database shows a row later than it dates it."""
WAITS = (1, 5, 15, 60, 300, 900, 1800, 3600, 4 * 3600, 12 * 3600)
DURATIONS = (5, 15, 60, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600)


class RunMetrics:
    """Counts from when it was made: Prometheus adds up over restarts.

    Parameters
    ----------
    classes
        Compute classes, which are told of with 0 too where no run is.
    prices
        Per hour of one run, by class, for runs that were submitted when theirs had none.
    """

    def __init__(
        self, registry: CollectorRegistry, classes: Sequence[str], prices: Mapping[str, float], *, now: datetime
    ) -> None:
        self._classes, self._prices = tuple(classes), dict(prices)
        self._began = self._looked = now
        self._counted: dict[str, float] = {}
        self._runs = Gauge("feature_platform_runs", "Runs that are not over.", ["status", "route"], registry=registry)
        self._oldest = Gauge(
            "feature_platform_queue_oldest_seconds",
            "Since when the run that waits longest was queued.",
            ["route"],
            registry=registry,
        )
        self._ended = Counter(
            "feature_platform_runs_ended", "Runs that are over.", ["status", "route", "job"], registry=registry
        )
        self._waits = Histogram(
            "feature_platform_run_wait_seconds",
            "From a run's creation to its worker's start.",
            ["route"],
            buckets=WAITS,
            registry=registry,
        )
        self._durations = Histogram(
            "feature_platform_run_seconds",
            "From the worker's start to the run's end.",
            ["route", "job"],
            buckets=DURATIONS,
            registry=registry,
        )
        self._retries = Counter(
            "feature_platform_run_retries", "Runs over that were retries.", ["route"], registry=registry
        )
        self._lost = Counter(
            "feature_platform_workers_lost",
            "Runs whose worker was lost: preempted, out of memory, killed and so on.",
            ["cause", "route"],
            registry=registry,
        )
        self._escalations = Counter(
            "feature_platform_run_escalations",
            "Retries on a larger class than the run before them.",
            ["from_route", "route"],
            registry=registry,
        )
        self._cost = Counter(
            "feature_platform_run_cost",
            "Hours of runs times their price per hour when they were submitted, in the currency of dagster.yaml.",
            ["route", "job"],
            registry=registry,
        )

    def refresh(self, instance: dg.DagsterInstance, now: datetime) -> None:
        """Look at the runs that are not over, and count those that ended since the last look."""
        self._show_under_way(instance, now)
        records = instance.get_run_records(
            dg.RunsFilter(statuses=FINISHED_STATUSES, updated_after=self._looked - OVERLAP), ascending=True
        )
        for record in records:
            self._count(instance, record)
        self._looked = now
        forgotten = (now - REMEMBERED).timestamp()
        self._counted = {run_id: end for run_id, end in self._counted.items() if end >= forgotten}

    def _show_under_way(self, instance: dg.DagsterInstance, now: datetime) -> None:
        records = instance.get_run_records(dg.RunsFilter(statuses=list(UNDER_WAY)))
        counts = CounterOf((record.dagster_run.status.value, _route(record.dagster_run)) for record in records)
        queued = [record for record in records if record.dagster_run.status is dg.DagsterRunStatus.QUEUED]
        routes = sorted({*self._classes, *(route for _, route in counts)})
        self._runs.clear()
        self._oldest.clear()
        for route in routes:
            for status in UNDER_WAY:
                self._runs.labels(status.value.lower(), route).set(counts[status.value, route])
            waiting = [now - _created(record) for record in queued if _route(record.dagster_run) == route]
            self._oldest.labels(route).set(max(waiting, default=timedelta(0)).total_seconds())

    def _count(self, instance: dg.DagsterInstance, record: dg.RunRecord) -> None:
        run, end = record.dagster_run, record.end_time
        if end is None or end < self._began.timestamp() or run.run_id in self._counted:
            return
        self._counted[run.run_id] = end
        route = _route(run)
        self._ended.labels(run.status.value.lower(), route, run.job_name).inc()
        if record.start_time is not None:
            seconds = max(0.0, end - record.start_time)
            self._waits.labels(route).observe(max(0.0, record.start_time - _created(record).timestamp()))
            self._durations.labels(route, run.job_name).observe(seconds)
            price = run_price(run.tags, self._prices)
            if price is not None:
                self._cost.labels(route, run.job_name).inc(price * seconds / SECONDS_PER_HOUR)
        if RETRY_NUMBER_TAG in run.tags:
            self._retries.labels(route).inc()
        cause = lost_worker(run)
        if cause is not None:
            self._lost.labels(cause.value, route).inc()
        parent = instance.get_run_by_id(run.parent_run_id) if run.parent_run_id and escalated_from(run) else None
        if parent is not None and _route(parent) != route:
            self._escalations.labels(_route(parent), route).inc()


def _route(run: dg.DagsterRun) -> str:
    """The route that launched it, or the class it waits for; `none` where it passed no queue."""
    return run.tags.get(ROUTE) or run.tags.get(COMPUTE) or "none"


def _created(record: dg.RunRecord) -> datetime:
    created = record.create_timestamp
    return created if created.tzinfo else created.replace(tzinfo=UTC)
