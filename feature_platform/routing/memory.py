"""Running out of memory in Python: the worker's end, not a failure of the code."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from feature_platform.routing.worker_end import MEMORY_ERROR_EXIT

WORKER_VARIABLE = "FEATURE_PLATFORM_WORKER"
"""In a worker process of ours: its run's id."""
DAGSTER_VARIABLE = "DAGSTER_RUN_JOB_NAME"
"""In the container of a run that one of Dagster's own launchers started."""


@contextmanager
def memory_errors_end_the_worker() -> Iterator[None]:
    """End this process on a MemoryError, if it runs one run and no more; anywhere else the error is raised on.

    Dagster takes an error inside a step for a failure of the code, which is not retried; the end of the worker is.
    """
    try:
        yield
    except MemoryError:
        if not {WORKER_VARIABLE, DAGSTER_VARIABLE} & os.environ.keys():
            raise
        traceback.print_exc()
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(MEMORY_ERROR_EXIT)
