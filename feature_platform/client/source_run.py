"""The main job for one source: import, cut, compute every era, select over all of them, project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg

from feature_platform.client.deployment import Deployment
from feature_platform.client.report import RunReport, era_row, error_of
from feature_platform.eras.era import EraRecord, Level
from feature_platform.errors import FeaturePlatformError, RoutingError
from feature_platform.orchestration.era_states import behind_selection, era_state
from feature_platform.orchestration.jobs import BATCH_JOB, ERA_JOB
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.sources.description import SourceDescription
from feature_platform.sources.summary import summarise
from feature_platform.stages import selected_features
from feature_platform.stages.platform import Platform

LEVELS_BY_METHOD: Mapping[str, tuple[Level, ...]] = {
    "calendar": ("calendar",),
    "declared": ("declared",),
    "whole": ("whole",),
    "detected": ("a", "b", "c"),
}


@dataclass(frozen=True)
class Progress:
    """What the caller shows: a stage of the whole began; an era's run ended (done, total)."""

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
) -> RunReport:
    """Run the main job through Dagster's queue and return what it came to.

    With `only_stale`, eras whose stored selected features are fresh (data, settings and code) are left alone.
    `force` sends every era's run to that compute class.

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
    eras = _eras_to_run(platform, description, only_stale=only_stale)
    if not eras and not only_stale:
        raise FeaturePlatformError(f"source {source!r} has no era with readings; cut it another way with --eras")
    progress.stage(f"computing {len(eras)} eras")
    records = _run_eras(deployment, eras, progress, force)
    later = _select(platform, deployment, description, records, progress)
    summary = summarise(platform.readings, source)
    return RunReport(
        source=source,
        simulated=description.simulated,
        times=summary.times,
        readings=summary.readings,
        sensors=summary.sensors,
        rejected=dict(summary.rejected),
        eras=tuple(era_row(platform, deployment.instance, records[era.era_id], era.era_id, later) for era in eras),
    )


def _refuse_class(instance: dg.DagsterInstance, force: str | None) -> None:
    coordinator = instance.run_coordinator
    if force is not None and isinstance(coordinator, EraRunCoordinator) and force not in coordinator.classes:
        raise RoutingError(
            f"--force {force}: there is no such compute class, only {', '.join(coordinator.classes)}; the keys of "
            "run_coordinator.config.limits in dagster.yaml are the classes"
        )


def _eras_to_run(platform: Platform, description: SourceDescription, *, only_stale: bool) -> list[EraRecord]:
    levels = LEVELS_BY_METHOD[description.eras.method]
    records = [record for record in platform.catalogue.eras(source=description.source) if record.era.level in levels]
    records = [record for record in records if record.row_count or record.era.level == "declared"]
    if not only_stale:
        return records
    states = [era_state(platform, record, description) for record in records]
    return [record for record, state in zip(records, states, strict=True) if state.due or state.outdated]


def _run_eras(
    deployment: Deployment, eras: list[EraRecord], progress: Progress, force: str | None
) -> dict[str, dg.RunRecord]:
    tags = {"feature_platform/force": force} if force else {}
    # Longest first, so that the queue does not end on one long era.
    ordered = sorted(eras, key=lambda record: (-(record.row_count or 0), record.era_id))
    launched = {deployment.launch(ERA_JOB, era_id=record.era_id, tags=tags): record.era_id for record in ordered}
    done: list[str] = []

    def finished(record: dg.RunRecord) -> None:
        done.append(record.dagster_run.run_id)
        progress.era(len(done), len(launched))

    finals = deployment.wait(launched, finished=finished)
    return {record.dagster_run.tags["dagster/partition"]: record for record in finals}


def _select(
    platform: Platform,
    deployment: Deployment,
    description: SourceDescription,
    records: dict[str, dg.RunRecord],
    progress: Progress,
) -> list[str]:
    """Pin a selection over all eras, then project those that do not follow it yet; returns the ids of those runs."""
    if not any(record.dagster_run.is_success for record in records.values()):
        return []
    progress.stage("selecting over all eras")
    selection = deployment.launch(
        "feature_selection_job", config={"ops": {"feature_selection": {"config": {"source": description.source}}}}
    )
    _must_succeed(deployment, selection)
    behind = [
        record.era_id
        for record in platform.catalogue.eras(source=description.source)
        if behind_selection(platform, record, description)
    ]
    if not behind:
        return []
    progress.stage(f"projecting {len(behind)} eras onto the pinned selection")
    batch = deployment.launch(
        BATCH_JOB,
        config={"ops": {"process_eras": {"config": {"eras": behind, "stages": [selected_features.DATASET]}}}},
        tags={"feature_platform/eras": " ".join(behind)},
    )
    _must_succeed(deployment, batch)
    return [batch]


def _must_succeed(deployment: Deployment, run_id: str) -> None:
    (record,) = deployment.wait([run_id])
    if not record.dagster_run.is_success:
        raise FeaturePlatformError(error_of(deployment.instance, record.dagster_run.run_id))
