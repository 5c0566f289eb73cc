"""Running out of memory in Python: the worker's end, not a failure of the code."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from feature_platform.routing.supervisor import MEMORY_ERROR_EXIT

WORKER_VARIABLE = "FEATURE_PLATFORM_WORKER"
"""In a worker process of ours: its run's id."""


@contextmanager
def memory_errors_end_the_worker() -> Iterator[None]:
    """End this process on a MemoryError, if it is a worker of ours; anywhere else the error is raised on.

    Dagster takes an error inside a step for a failure of the code, which is not retried; the end of the worker is.
    """
    try:
        yield
    except MemoryError:
        if WORKER_VARIABLE not in os.environ:
            raise
        traceback.print_exc()
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(MEMORY_ERROR_EXIT)
