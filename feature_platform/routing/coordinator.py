"""The run queue's front door: every run gets its compute class and its priority before it is queued.

Dagster loads this in the webserver, the daemon and the command line, so importing it must stay cheap.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from os import environ
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, cast

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.dagster_run import DagsterRun, DagsterRunStatus
from dagster._core.storage.tags import PRIORITY_TAG

from feature_platform.errors import FeaturePlatformError
from feature_platform.home import catalogue_url
from feature_platform.routing.cost_policy import DEFAULT_POLICY, CostPolicy, parse_cost_policy
from feature_platform.routing.cost_router import CostRouter
from feature_platform.routing.era_keys import PARTITIONS_NAME, era_keys
from feature_platform.routing.escalation import parse_escalation, restored_retries
from feature_platform.routing.limits import DEFAULT_LIMITS, parse_limits, tag_limits
from feature_platform.routing.policy import DEFAULT_CLASS, DEFAULT_THRESHOLD, LARGE_CLASS, Route, decide
from feature_platform.routing.run_price import UNKNOWN_PRICE
from feature_platform.routing.run_stages import run_stages
from feature_platform.routing.selection_size import DEFAULT_SELECTION_THRESHOLD, route_selection, selects
from feature_platform.routing.tags import COMPUTE, FORCE, OWN_PRIORITY, PRICE, REASON, ROUTE, ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster._config.config_schema import UserConfigSchema
    from dagster._serdes import ConfigurableClassData

    from feature_platform.eras.catalogue import Catalogue
    from feature_platform.routing.cost_model import CostModel

CATALOGUE_PATIENCE = timedelta(seconds=10)
LONGEST_REASON = 1000
"""PostgreSQL indexes no tag of more than 2.7 KB, and a reason quotes what users wrote."""

PATIENT_BACKFILLS = "DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR"
"""Without it Dagster's daemon fails a backfill for good when it looks while the code server cannot be loaded."""

logger = logging.getLogger("dagster.feature_platform.routing")


class EraRunCoordinator(QueuedRunCoordinator[dg.DagsterInstance]):
    """Dagster's queue with runs tagged by the readings of their eras, and a limit by compute class.

    Parameters
    ----------
    catalogue_url
        The era catalogue; by default what the environment names.
    threshold_rows
        A run with an era of this many readings or more belongs to `large_compute`, any other to `default_compute`.
    policy
        `threshold`, or by measured cost, where it is known: `fastest` or `cheapest`.
    prices
        Per hour of one run, by compute class.
    candidates
        The classes that costs choose among; by default `default_compute` and `large_compute`.
    selection_threshold
        A run of feature_selection belongs to `large_compute` from this many columns² x rows on.
    limits
        Runs at once by compute class; its keys are the classes there are.
    escalation
        The next larger class by class, for retries of runs that ran out of memory; by default `cpu-highmem` above the
        others, if it is a class.
    queue
        Settings of Dagster's own queue.

    Raises
    ------
    RoutingError
        If a limit or a class is not usable; the text names the key in dagster.yaml.
    """

    def __init__(
        self,
        *,
        catalogue_url: str | None = None,
        threshold_rows: int = DEFAULT_THRESHOLD,
        default_compute: str = DEFAULT_CLASS,
        large_compute: str = LARGE_CLASS,
        policy: str = DEFAULT_POLICY,
        prices: Mapping[str, object] = MappingProxyType({}),
        candidates: Sequence[str] | None = None,
        selection_threshold: int = DEFAULT_SELECTION_THRESHOLD,
        limits: Mapping[str, object] = DEFAULT_LIMITS,
        escalation: Mapping[str, object] | None = None,
        tag_concurrency_limits: Sequence[Mapping[str, Any]] | None = None,
        inst_data: ConfigurableClassData | None = None,
        **queue: Any,  # noqa: ANN401 - whatever Dagster's own queue takes, unchanged
    ) -> None:
        self._limits = parse_limits(limits)
        self.escalation = parse_escalation(escalation, self._limits)
        self._catalogue_url = catalogue_url
        self._catalogue: Catalogue | None = None
        self._threshold = threshold_rows
        self._default = default_compute
        self._large = large_compute
        self._selection_threshold = selection_threshold
        self._decide({}, forced=None)  # so that a class which is not there shows now, not at the first run
        compared = candidates or (default_compute, large_compute)
        self._costs = parse_cost_policy(policy, prices, compared, classes=self._limits)
        self._cost_router = CostRouter(self._costs)
        environ.setdefault(PATIENT_BACKFILLS, "1")
        super().__init__(
            tag_concurrency_limits=[*tag_limits(self._limits), *(tag_concurrency_limits or ())],
            inst_data=inst_data,
            **queue,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The compute classes that there are."""
        return tuple(self._limits)

    @property
    def costs(self) -> CostPolicy:
        """How costs are compared, and at which prices."""
        return self._costs

    @property
    def threshold_rows(self) -> int:
        """Readings from which on an era belongs to the large class."""
        return self._threshold

    def slots(self, compute: str | None = None) -> int:
        """How many runs of a class, by default of the one for small eras, may run at once."""
        return self._limits[compute or self._default]

    def preview(self, model: CostModel, era_id: str, readings: int) -> Route:
        """Where an era of its own would go now."""
        by_size = self._decide({era_id: readings}, forced=None)
        return by_size if self._costs.policy == "threshold" else self._costs.choose(model, era_id, readings, by_size)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        """The queue's own settings and ours."""
        return {
            **cast("dict[str, Any]", super().config_type()),
            "catalogue_url": dg.Field(dg.StringSource, is_required=False),
            "threshold_rows": dg.Field(dg.IntSource, is_required=False, default_value=DEFAULT_THRESHOLD),
            "default_compute": dg.Field(dg.StringSource, is_required=False, default_value=DEFAULT_CLASS),
            "large_compute": dg.Field(dg.StringSource, is_required=False, default_value=LARGE_CLASS),
            "policy": dg.Field(dg.StringSource, is_required=False, default_value=DEFAULT_POLICY),
            "prices": dg.Field(dict, is_required=False, default_value={}),
            "candidates": dg.Field([str], is_required=False),
            "selection_threshold": dg.Field(dg.IntSource, is_required=False, default_value=DEFAULT_SELECTION_THRESHOLD),
            "limits": dg.Field(dict, is_required=False, default_value=dict(DEFAULT_LIMITS)),
            "escalation": dg.Field(dict, is_required=False),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """Build from validated config."""
        return cls(inst_data=inst_data, **config_value)

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Tag the run with its class, readings, reason and priority, then queue it."""
        run = context.dagster_run
        # A backfill daemon that starts again may submit a run twice; one that is queued or launched keeps its route.
        if run.status == DagsterRunStatus.NOT_STARTED:
            self._instance.add_run_tags(run.run_id, self._tags(run))
            tagged = self._instance.get_run_by_id(run.run_id)
            context = context._replace(dagster_run=tagged or run)
        return super().submit_run(context)

    def _tags(self, run: DagsterRun) -> dict[str, str]:
        route, has_eras = self._route(run)
        parent = self._instance.get_run_by_id(run.parent_run_id) if run.parent_run_id else None
        route, told = self.escalation.reroute(route, run, parent)
        told |= restored_retries(run, self._instance.run_retries_max_retries)
        reason = route.reason[:LONGEST_REASON]
        tags = {COMPUTE: route.compute, ROUTE: route.compute, ROWS: str(route.rows), REASON: reason, **told}
        if self._costs.prices:
            tags[PRICE] = str(self._costs.prices.get(route.compute, UNKNOWN_PRICE))
        priority = run.tags.get(PRIORITY_TAG)
        # A retry copies its parent's tags: a priority equal to the one we set is ours, any other is the user's.
        if has_eras and (priority is None or priority == run.tags.get(OWN_PRIORITY)):
            tags |= {PRIORITY_TAG: str(route.priority), OWN_PRIORITY: str(route.priority)}
        return tags

    def _route(self, run: DagsterRun) -> tuple[Route, bool]:
        forced = run.tags.get(FORCE)
        try:
            keys = era_keys(run.tags, run.run_config, lambda: self._instance.get_dynamic_partitions(PARTITIONS_NAME))
            if not keys and forced is None and selects(run):
                return self._route_selection(run), False
            counts = self._row_counts(keys) if keys else {}
            route = self._decide(counts, forced=forced)
            if counts and forced is None:
                route = self._cost_router.route(route, counts, run_stages(run), self._opened_catalogue())
        except FeaturePlatformError as error:
            # A run must never fail because its size could not be looked up: it goes where any run can go.
            logger.warning("run %s: era sizes unknown: %s", run.run_id, error)
            if forced is None:
                return Route(self._default, 0, f"sizes unknown: {error}"), True
            return self._decide({}, forced=forced), True
        return route, bool(keys)

    def _route_selection(self, run: DagsterRun) -> Route:
        return route_selection(
            run.run_config,
            self._opened_catalogue,
            threshold=self._selection_threshold,
            default=self._default,
            large=self._large,
        )

    def _row_counts(self, keys: Sequence[str]) -> dict[str, int | None]:
        counts = self._opened_catalogue().row_counts(keys)
        return {key: counts.get(key) for key in keys}

    def _opened_catalogue(self) -> Catalogue:
        if self._catalogue is None:
            from feature_platform.eras.catalogue import Catalogue  # noqa: PLC0415 - slow to load, see the module's text

            self._catalogue = Catalogue(self._catalogue_url or catalogue_url(), patience=CATALOGUE_PATIENCE)
        return self._catalogue

    def _decide(self, counts: Mapping[str, int | None], *, forced: str | None) -> Route:
        return decide(
            counts,
            threshold=self._threshold,
            forced=forced,
            classes=self._limits,
            default=self._default,
            large=self._large,
        )
