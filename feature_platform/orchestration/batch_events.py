"""The events of an era in a batch: the same that its own run leaves, where Dagster writes half of them by itself."""

import logging
from collections.abc import Iterable, Iterator, Mapping

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
)
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent

from feature_platform.orchestration.assets.era import Stage
from feature_platform.orchestration.events import SEVERITIES, metadata_values, outcome_tags
from feature_platform.orchestration.lineage import Lineage
from feature_platform.orchestration.partitions import eras
from feature_platform.stages.outcome import StageOutcome

EraEvent = dg.AssetMaterialization | dg.AssetCheckEvaluation


def batch_events(
    lineage: Lineage, outcome: StageOutcome, *, code_version: str, inputs: Mapping[str, str]
) -> Iterator[EraEvent]:
    """The outcome of one era of a batch, to be yielded from an op: what the era's own asset step would leave.

    `inputs` are the tags of what it was computed from. The materialization must be stored when the next event is
    asked for, as it is when Dagster takes events from an op: the checks point at it.
    """
    manifest = outcome.manifest
    yield dg.AssetMaterialization(
        asset_key=manifest.dataset,
        partition=manifest.era_id,
        metadata=metadata_values(outcome.metadata),
        tags={
            **outcome_tags(outcome),
            **inputs,
            CODE_VERSION_TAG: code_version,
            DATA_VERSION_TAG: manifest.version,
            DATA_VERSION_IS_USER_PROVIDED_TAG: "true",
        },
    )
    checked = lineage.made(manifest.dataset, manifest.era_id)
    for check in outcome.checks:
        yield dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(manifest.dataset),
            check_name=check.name,
            passed=check.passed,
            description=check.description,
            metadata=metadata_values(check.metadata),
            severity=SEVERITIES[check.severity],
            partition=manifest.era_id,
            blocking=False,
            target_materialization_data=checked
            and AssetCheckEvaluationTargetMaterializationData(
                run_id=checked.run_id, storage_id=checked.storage_id, timestamp=checked.timestamp
            ),
        )


def plan_stages(context: dg.OpExecutionContext, era_id: str, stages: Iterable[Stage]) -> None:
    """Say that the run is to make these of the era: until it does, the UI shows them as under way, then as failed."""
    for stage in stages:
        _report(
            context,
            DagsterEvent.build_asset_materialization_planned_event(
                context.job_name,
                str(context.op_handle),
                AssetMaterializationPlannedData(dg.AssetKey(stage.name), partition=era_id),
            ),
        )


def plan_checks(context: dg.OpExecutionContext, era_id: str, stages: Iterable[Stage]) -> None:
    """Say that the run was to check these of the era: what an earlier run found would look like today's."""
    for stage in stages:
        for check in stage.checks:
            planned = AssetCheckEvaluationPlanned(
                asset_key=dg.AssetKey(stage.name),
                check_name=check,
                partitions_subset=eras.subset_with_partition_keys([era_id]),
            )
            _report(
                context,
                DagsterEvent(
                    event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
                    job_name=context.job_name,
                    step_key=str(context.op_handle),
                    message=f"{context.job_name} intended to check {stage.name}: {check}",
                    event_specific_data=planned,
                ),
            )


def _report(context: dg.OpExecutionContext, event: DagsterEvent) -> None:
    context.instance.report_dagster_event(event, context.run_id, logging.DEBUG)
