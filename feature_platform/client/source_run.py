"""The main job for one source: import, cut, compute every era, select over all of them, project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import dagster as dg

from feature_platform.client.deployment import Deployment
from feature_platform.client.era_outcomes import Checks, EraOutcome, check_results, era_outcomes
from feature_platform.client.era_progress import EraProgress
from feature_platform.client.report import RunReport, era_row
from feature_platform.client.run_errors import error_of
from feature_platform.client.stale_eras import eras_of, stale_reasons
from feature_platform.eras.era import EraRecord
from feature_platform.errors import FeaturePlatformError, RoutingError
from feature_platform.orchestration.batch import batch_config
from feature_platform.orchestration.era_states import behind_selection, pinned_for
from feature_platform.orchestration.jobs import BATCH_JOB, ERA_JOB
from feature_platform.orchestration.packing import Packing
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.routing.tags import FORCE
from feature_platform.sources.description import SourceDescription
from feature_platform.sources.summary import summarise
from feature_platform.stages import selected_features
from feature_platform.stages.platform import Platform


@dataclass(frozen=True)
class Progress:
    """What the caller shows: a stage of the whole began; eras are done (done, total)."""

    stage: Callable[[str], None]
    era: Callable[[int, int], None]


def run_source(
    platform: Platform,
    deployment: Deployment,
    description: SourceDescription,
    *,
    progress: Progress,
    only_stale: bool = False,
    force: str | None = None,
    one_run_per_era: bool = False,
) -> RunReport:
    """Run the main job through Dagster's queue and return what it came to.

    With `only_stale`, eras whose stored selected features are fresh (data, settings and code) are left alone.
    `force` sends every era to that compute class. Small eras go together in balanced batches, unless
    `one_run_per_era`.

    Raises
    ------
    FeaturePlatformError
        If there is no such compute class, or the source cannot be imported or cut. An era that fails is a line of the
        report, not an error.
    """
    source = description.source
    _refuse_class(deployment.instance, force)
    platform.catalogue.register_source(description)
    config = {"config": {"sources": [source]}}
    progress.stage("importing readings")
    _must_succeed(deployment, deployment.launch("source_readings_job", config={"ops": {"source_readings": config}}))
    progress.stage("cutting eras")
    _must_succeed(deployment, deployment.launch("era_catalogue_job", config={"ops": {"era_catalogue": config}}))
    eras = list(stale_reasons(platform, description)) if only_stale else eras_of(platform, description)
    if not eras and not only_stale:
        raise FeaturePlatformError(f"source {source!r} has no era with readings; cut it another way with --eras")
    progress.stage(f"computing {len(eras)} eras")
    outcomes = _run_eras(deployment, eras, progress, force, one_run_per_era=one_run_per_era)
    later = _select(platform, deployment, description, outcomes, progress)
    summary = summarise(platform.readings, source)
    return RunReport(
        source=source,
        simulated=description.simulated,
        times=summary.times,
        readings=summary.readings,
        sensors=summary.sensors,
        rejected=dict(summary.rejected),
        eras=tuple(era_row(platform, era.era_id, outcomes[era.era_id], later.get(era.era_id, {})) for era in eras),
    )


def _refuse_class(instance: dg.DagsterInstance, force: str | None) -> None:
    coordinator = instance.run_coordinator
    if force is not None and isinstance(coordinator, EraRunCoordinator) and force not in coordinator.classes:
        raise RoutingError(
            f"--force {force}: there is no such compute class, only {', '.join(coordinator.classes)}; the keys of "
            "run_coordinator.config.limits in dagster.yaml are the classes"
        )


def _run_eras(
    deployment: Deployment, eras: list[EraRecord], progress: Progress, force: str | None, *, one_run_per_era: bool
) -> dict[str, EraOutcome]:
    tags = {FORCE: force} if force else {}
    packing = Packing.of(deployment.instance, force)
    if one_run_per_era:
        packing = replace(packing, most_eras=1)
    # Longest first, so that the queue does not end on one long batch.
    rows = {record.era_id: record.row_count for record in eras}
    launched: dict[str, list[str]] = {}
    counting = EraProgress(deployment.instance, rows, launched, progress.era)
    for batch in packing.batches(rows):
        if len(batch) == 1:
            launched[deployment.launch(ERA_JOB, era_id=batch[0], tags=tags)] = batch
        else:
            launched[deployment.launch(BATCH_JOB, config=batch_config(batch), tags=tags)] = batch
    outcomes: dict[str, EraOutcome] = {}
    for run_id, record in deployment.wait(launched, watch=counting).items():
        outcomes |= era_outcomes(deployment.instance, record, launched[run_id])
    return outcomes


def _select(
    platform: Platform,
    deployment: Deployment,
    description: SourceDescription,
    outcomes: Mapping[str, EraOutcome],
    progress: Progress,
) -> dict[str, Checks]:
    """Pin a selection over all eras, project those that do not follow it yet, and return their checks by era id."""
    if not any(outcome.succeeded for outcome in outcomes.values()):
        return {}
    progress.stage("selecting over all eras")
    selection = deployment.launch(
        "feature_selection_job", config={"ops": {"feature_selection": {"config": {"source": description.source}}}}
    )
    _must_succeed(deployment, selection)
    records = platform.catalogue.eras(source=description.source)
    behind = {
        record.era_id: record.row_count
        for record in records
        if behind_selection(platform, record, description, pinned_for(platform, record, description))
    }
    if not behind:
        return {}
    progress.stage(f"projecting {len(behind)} eras onto the pinned selection")
    batches = [
        deployment.launch(BATCH_JOB, config=batch_config(batch, [selected_features.DATASET]))
        for batch in Packing.of(deployment.instance).batches(behind, large_alone=False)
    ]
    for batch in batches:
        _must_succeed(deployment, batch)
    return check_results(deployment.instance, batches)


def _must_succeed(deployment: Deployment, run_id: str) -> None:
    record = deployment.wait([run_id])[run_id]
    if not record.dagster_run.is_success:
        raise FeaturePlatformError(error_of(deployment.instance, record.dagster_run.run_id))
