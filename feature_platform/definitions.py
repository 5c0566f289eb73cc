"""Definitions of the platform: ours for `dagster dev`, and a function to add it to one's own deployment."""

from collections.abc import Sequence

import dagster as dg

from feature_platform.orchestration.assets.era import era_assets
from feature_platform.orchestration.assets.selection import selection_assets
from feature_platform.orchestration.assets.sources import source_assets
from feature_platform.orchestration.jobs import era_batch_job, era_job, stage_jobs, unpartitioned_jobs
from feature_platform.orchestration.overlooked_retries import overlooked_retries_sensor
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.orchestration.schedules import backlog_schedule
from feature_platform.orchestration.sensors import new_eras_sensor


def build_definitions(
    *,
    storage: str | None = None,
    catalogue: str | None = None,
    descriptions: Sequence[str] = (),
    owners: Sequence[str] = (),
    group: str = "feature_platform",
) -> dg.Definitions:
    """All assets, checks, jobs, sensors and the schedule, to merge into one's own `Definitions`.

    Parameters
    ----------
    storage, catalogue
        A folder or object store URL, and a SQLAlchemy URL; by default what the environment names.
    descriptions
        Paths of source YAML files that source_readings registers before it imports.
    owners, group
        Dagster's owners and group of every asset.
    """
    platform = PlatformResource(storage=storage, catalogue=catalogue, descriptions=list(descriptions))
    batch_job = era_batch_job(platform)
    return dg.Definitions(
        assets=[
            *source_assets(owners=owners, group=group),
            *era_assets(owners=owners, group=group),
            *selection_assets(owners=owners, group=group),
        ],
        jobs=[era_job, *stage_jobs.values(), *unpartitioned_jobs, batch_job],
        sensors=[new_eras_sensor(batch_job), overlooked_retries_sensor],
        schedules=[backlog_schedule(batch_job)],
        resources={"platform": platform},
    )


# A child process for each stage, Dagster's default, would import everything four times for each era of a backfill, and
# its end by the system for lack of memory would look like a failure of the code.
defs = dg.Definitions.merge(build_definitions(), dg.Definitions(executor=dg.in_process_executor))
