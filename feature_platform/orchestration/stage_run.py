"""Running a stage for an era in a worker: the same for one era and for a batch."""

from __future__ import annotations

import resource
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from feature_platform.eras.stage_costs import StageCost
from feature_platform.errors import CatalogueUnreachableError
from feature_platform.routing.memory import memory_errors_end_the_worker
from feature_platform.routing.run_price import SECONDS_PER_HOUR, price_per_hour
from feature_platform.routing.tags import ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import dagster as dg

    from feature_platform.orchestration.assets.era import Stage
    from feature_platform.stages.outcome import StageOutcome
    from feature_platform.stages.platform import Platform

KIB_PER_MIB = 1024

RunStage: TypeAlias = "Callable[[Stage, str], StageOutcome]"


@contextmanager
def measured_stages(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, platform: Platform
) -> Iterator[RunStage]:
    """Gives what computes and stores one dataset of one era; at the end the catalogue learns what each took.

    It is noted by the route that ran this run. What cannot be noted is a warning: the results stand. Where the run's
    class has a price the outcome says what the stage cost.
    """
    # A run that no launcher started, such as `dagster job execute`, has no route to be measured on.
    route, price = context.run.tags.get(ROUTE), price_per_hour(context.run.tags)
    costs: list[StageCost] = []

    def run_stage(stage: Stage, era_id: str) -> StageOutcome:
        began, computing = time.perf_counter(), time.process_time()
        with memory_errors_end_the_worker():
            outcome = stage.run(platform, era_id)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - computing
        if route is not None:
            costs.append(_cost(outcome, route, seconds=seconds, cpu_seconds=cpu_seconds))
        if price is None:
            return outcome
        return replace(outcome, metadata={**outcome.metadata, "cost": price * seconds / SECONDS_PER_HOUR})

    yield run_stage
    try:
        platform.catalogue.record_costs(costs)
    except CatalogueUnreachableError as error:
        context.log.warning(f"the seconds of {len(costs)} stage(s) were not noted, their results stand: {error}")


def _cost(outcome: StageOutcome, route: str, *, seconds: float, cpu_seconds: float) -> StageCost:
    manifest = outcome.manifest
    return StageCost(
        route=route,
        feature_set=outcome.feature_set,
        stage=manifest.dataset,
        era_id=manifest.era_id,
        readings=manifest.details["row_count"],
        columns=manifest.columns,
        seconds=seconds,
        engine=manifest.engine,
        recorded_at=datetime.now(UTC),
        cpu_seconds=cpu_seconds,
        memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB,
    )
