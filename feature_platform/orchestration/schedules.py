"""The off-peak backlog: the same requests as the sensor's, once a night, where the sensor is left off."""

from collections.abc import Iterator

import dagster as dg

from feature_platform.orchestration.packing import Packing
from feature_platform.orchestration.requests import wanted_eras
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.orchestration.settlement import settle_claims
from feature_platform.routing.era_keys import PARTITIONS_NAME


def backlog_schedule(batch_job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Asks for `batch_job` alone, of one era too: a schedule has one job."""

    @dg.schedule(
        name="backlog_schedule",
        job=batch_job,
        cron_schedule="0 2 * * *",
        execution_timezone="UTC",
        description="Asks at night for eras that are missing or have new data, in up to 200 batches, where the "
        "sensor is left off.",
    )
    def schedule(
        context: dg.ScheduleEvaluationContext, platform: PlatformResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """The eras' partitions are added here: a schedule's result cannot ask for that."""
        opened = platform.open()
        settle_claims(opened, context.instance)
        # A schedule keeps no cursor: were it to stop early it would look at the same finished eras every night.
        wanted = wanted_eras(opened, Packing.of(context.instance), after=None, project=False, limited=False)
        context.instance.add_dynamic_partitions(PARTITIONS_NAME, wanted.partitions)
        if not wanted.batches:
            yield dg.SkipReason(f"{wanted.examined} eras examined, none asks for anything")
        yield from (batch.batch_request() for batch in wanted.batches)

    return schedule
