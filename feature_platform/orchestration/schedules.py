"""The off-peak backlog: the same requests as the sensor's, once a night, where the sensor is left off."""

from collections.abc import Iterator

import dagster as dg

from feature_platform.orchestration.jobs import era_job
from feature_platform.orchestration.partitions import PARTITIONS_NAME
from feature_platform.orchestration.requests import settle_claims, wanted_eras
from feature_platform.orchestration.resources import PlatformResource


@dg.schedule(
    job=era_job,
    cron_schedule="0 2 * * *",
    execution_timezone="UTC",
    description="Asks at night for up to 200 eras that are missing or have new data, where the sensor is left off.",
)
def backlog_schedule(
    context: dg.ScheduleEvaluationContext, platform: PlatformResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """The eras' partitions are added here: a schedule's result cannot ask for that."""
    opened = platform.open()
    settle_claims(opened, context.instance)
    # A schedule keeps no cursor: were it to stop early it would look at the same finished eras every night.
    wanted = wanted_eras(opened, after=None, project=False, examine=None)
    context.instance.add_dynamic_partitions(PARTITIONS_NAME, wanted.partitions)
    if not wanted.run_requests:
        yield dg.SkipReason(f"{wanted.examined} eras examined, none asks for anything")
    yield from wanted.run_requests
