"""Whether a run is over for good, or Dagster is about to try it again."""

import dagster as dg
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG


def is_over(run: dg.DagsterRun) -> bool:
    """Finished, and no retry is announced that was not launched yet: Dagster decides after the failure is recorded."""
    retry_is_due = run.tags.get(WILL_RETRY_TAG) == "true" and AUTO_RETRY_RUN_ID_TAG not in run.tags
    return run.is_finished and not (run.is_failure and retry_is_due)
