"""Jobs: the era jobs select the four era assets only; the unpartitioned assets have jobs of their own."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from feature_platform.orchestration.assets.era import STAGES
from feature_platform.orchestration.batch import process_eras
from feature_platform.orchestration.database_loss import database_loss_ends_the_worker
from feature_platform.orchestration.resources import PlatformResource

ERA_JOB = "era_job"
BATCH_JOB = "era_batch_job"


def stage_job_name(stage: str) -> str:
    """The job that materializes one stage of an era."""
    return f"{stage}_job"


def _job(name: str, assets: Sequence[str], description: str) -> UnresolvedAssetJobDefinition:
    return dg.define_asset_job(
        name,
        # Names alone would load Dagster's parser of selections, in every process that loads these jobs.
        selection=dg.AssetSelection.assets(*assets),
        description=description,
        executor_def=dg.in_process_executor,
    )


era_job = _job(ERA_JOB, [stage.name for stage in STAGES], "All four stages of one era, in one process.")

stage_jobs = {
    stage.name: _job(
        stage_job_name(stage.name),
        [stage.name],
        f"{stage.name} of one era, from what is stored of the stage before.",
    )
    for stage in STAGES
}

unpartitioned_jobs = [
    _job("source_readings_job", ["source_readings"], "Import what is new in the sources."),
    _job("era_catalogue_job", ["era_catalogue"], "Cut and count eras, and offer them as partitions."),
    _job("feature_selection_job", ["feature_selection"], "Select over all eras of each scope and pin the result."),
]


def era_batch_job(platform: PlatformResource) -> dg.JobDefinition:
    """Several eras in one run. The resource is bound here: Dagster binds it to no job that a sensor asks for too."""

    @dg.job(
        name=BATCH_JOB,
        description="Several eras in one run; each is recorded on its own, a bad one stops no other.",
        executor_def=dg.in_process_executor,
        resource_defs={"platform": platform},
        hooks={database_loss_ends_the_worker},
    )
    def batch_job() -> None:
        process_eras()

    return batch_job
