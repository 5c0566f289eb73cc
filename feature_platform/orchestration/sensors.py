"""The sensor that keeps every era's features in step with its readings."""

import dagster as dg

from feature_platform.orchestration.jobs import era_job, stage_jobs
from feature_platform.orchestration.packing import Packing
from feature_platform.orchestration.partitions import eras
from feature_platform.orchestration.requests import wanted_eras
from feature_platform.orchestration.resources import PlatformResource
from feature_platform.orchestration.settlement import settle_claims
from feature_platform.stages import selected_features


def new_eras_sensor(batch_job: dg.JobDefinition) -> dg.SensorDefinition:
    """Asks for single eras' jobs, and for `batch_job`."""

    @dg.sensor(
        name="new_eras_sensor",
        jobs=[era_job, batch_job, stage_jobs[selected_features.DATASET]],
        minimum_interval_seconds=30,
        description="Adds new eras' partitions and asks for what is missing or has new data, small eras in batches; "
        "each attempt is claimed in the catalogue's ledger first. Changed settings or code ask for nothing: "
        "feature-platform run --stale does.",
    )
    def sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
        """At most 200 runs of at most 10,000 eras a tick; the cursor is the era to go on after."""
        opened = platform.open()
        settle_claims(opened, context.instance)
        wanted = wanted_eras(opened, Packing.of(context.instance), after=context.cursor or None)
        known = set(context.instance.get_dynamic_partitions("eras"))
        added = [era_id for era_id in wanted.partitions if era_id not in known]
        return dg.SensorResult(
            run_requests=[batch.request() for batch in wanted.batches],
            dynamic_partitions_requests=[eras.build_add_request(added)] if added else [],
            cursor=wanted.cursor or "",
            skip_reason=None if wanted.batches else f"{wanted.examined} eras examined, none asks for anything",
        )

    return sensor
