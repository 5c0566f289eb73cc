"""A worker that ends itself: its exit code says why, and the run is retried, unlike after a failure of the code."""

import os
import sys
import traceback

WORKER_VARIABLE = "FEATURE_PLATFORM_WORKER"
"""In a worker process of ours: its run's id."""
DAGSTER_VARIABLE = "DAGSTER_RUN_JOB_NAME"
"""In the container of a run that one of Dagster's own launchers started."""


def end_worker(exit_code: int, error: BaseException) -> None:
    """End this process at once, if it runs one run and no more; in any other nothing happens."""
    if not {WORKER_VARIABLE, DAGSTER_VARIABLE} & os.environ.keys():
        return
    traceback.print_exception(error)
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(exit_code)
