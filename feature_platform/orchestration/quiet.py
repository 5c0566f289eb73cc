"""What may only be done while no run is queued or under way."""

import dagster as dg

from feature_platform.errors import EraError

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def refuse_while_runs(instance: dg.DagsterInstance, deed: str) -> None:
    """Refuse a deed that would take partitions or files from under runs.

    Raises
    ------
    EraError
        If runs are queued or under way.
    """
    busy = instance.get_runs_count(dg.RunsFilter(statuses=UNDER_WAY))
    if busy:
        raise EraError(f"{busy} runs are queued or under way; {deed} when they are over, or cancel them first")
