"""Running out of memory in Python: the worker's end, not a failure of the code."""

from collections.abc import Iterator
from contextlib import contextmanager

from feature_platform.routing.worker_end import MEMORY_ERROR_EXIT
from feature_platform.routing.worker_process import end_worker


@contextmanager
def memory_errors_end_the_worker() -> Iterator[None]:
    """End a worker on a MemoryError; anywhere else the error is raised on.

    Dagster takes an error inside a step for a failure of the code, which is not retried; the end of the worker is.
    """
    try:
        yield
    except MemoryError as error:
        end_worker(MEMORY_ERROR_EXIT, error)
        raise
