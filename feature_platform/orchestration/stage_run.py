"""Running a stage for an era in a worker: the same for one era and for a batch."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from feature_platform.eras.stage_costs import StageCost
from feature_platform.errors import CatalogueUnreachableError
from feature_platform.routing.memory import memory_errors_end_the_worker
from feature_platform.routing.tags import ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import dagster as dg

    from feature_platform.orchestration.assets.era import Stage
    from feature_platform.stages.outcome import StageOutcome
    from feature_platform.stages.platform import Platform

RunStage: TypeAlias = "Callable[[Stage, str], StageOutcome]"


@contextmanager
def measured_stages(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, platform: Platform
) -> Iterator[RunStage]:
    """Gives what computes and stores one dataset of one era; at the end the catalogue learns what each took.

    It is noted by the route that ran this run. What cannot be noted is a warning: the results stand.
    """
    # A run that no launcher started, such as `dagster job execute`, has no route to be measured on.
    route = context.run.tags.get(ROUTE)
    costs: list[StageCost] = []

    def run_stage(stage: Stage, era_id: str) -> StageOutcome:
        began = time.perf_counter()
        with memory_errors_end_the_worker():
            outcome = stage.run(platform, era_id)
        if route is not None:
            costs.append(_cost(outcome, route, time.perf_counter() - began))
        return outcome

    yield run_stage
    try:
        platform.catalogue.record_costs(costs)
    except CatalogueUnreachableError as error:
        context.log.warning(f"the seconds of {len(costs)} stage(s) were not noted, their results stand: {error}")


def _cost(outcome: StageOutcome, route: str, seconds: float) -> StageCost:
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
    )
