"""Whether a run is over for good, or Dagster is about to try it again."""

import dagster as dg
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG


def is_over(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Finished, and no retry is to come: Dagster decides after the failure is recorded, and launches later still."""
    if not run.is_failure or not instance.run_retries_enabled:
        return run.is_finished
    will_retry = run.tags.get(WILL_RETRY_TAG)
    return will_retry == "false" or (will_retry == "true" and AUTO_RETRY_RUN_ID_TAG in run.tags)
