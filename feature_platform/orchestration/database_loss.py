"""A database that goes away while a step runs: the worker's end, not a failure of the code."""

import dagster as dg
from sqlalchemy.exc import DBAPIError

from feature_platform.errors import CatalogueUnreachableError, FeaturePlatformError
from feature_platform.routing.worker_end import DATABASE_LOST_EXIT
from feature_platform.routing.worker_process import end_worker

CONNECTION_CLASSES = frozenset({"08", "53", "57"})
"""PostgreSQL's classes of errors: of connections, of too many of them, and of a server that stops or starts."""
OTHERS_OF_THEM = frozenset({"53100", "57014"})
"""A full disk, and a query that was cancelled."""


@dg.failure_hook(name="end_worker_on_database_loss")
def database_loss_ends_the_worker(context: dg.HookContext) -> None:
    """Have the run retried whose step failed only because what it logged or looked up had no database."""
    if lost_database(context.op_exception):
        end_worker(DATABASE_LOST_EXIT, context.op_exception or RuntimeError())


def lost_database(error: BaseException | None) -> bool:
    """Whether the error comes from a connection to Dagster's storages or the catalogue that failed or was cut."""
    while error is not None:
        if isinstance(error, DBAPIError):
            return _is_of_connection(error.orig)
        # Other errors of ours name other databases, such as a source's, and have been waited for.
        if isinstance(error, FeaturePlatformError) and not isinstance(error, CatalogueUnreachableError):
            return False
        error = error.__cause__ or error.__context__
    return False


def _is_of_connection(error: BaseException | None) -> bool:
    code = getattr(error, "pgcode", "none")  # SQLite's errors have no such attribute
    if code is None:  # the driver's own error: no server answered
        return type(error).__name__ in {"OperationalError", "InterfaceError"}
    return code[:2] in CONNECTION_CLASSES and code not in OTHERS_OF_THEM
