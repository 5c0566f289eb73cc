"""Reports the end of a worker process that could not report it itself; started by its supervisor."""

import sys
import time
from pathlib import Path

import dagster as dg
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import deserialize_value
from sqlalchemy.exc import OperationalError

from feature_platform.errors import RoutingError
from feature_platform.routing.escalation import was_interrupted
from feature_platform.routing.lost_worker import record_loss
from feature_platform.routing.worker_end import WorkerEnd
from feature_platform.routing.worker_folder import WorkerFolder

PATIENCE_SECONDS = 300
PAUSE_SECONDS = 2


def report_end(instance: dg.DagsterInstance, run_id: str, end: WorkerEnd) -> None:
    """Mark an unfinished run as failed, so that it is retried, or as canceled where that was asked for.

    Run monitoring would do the same later, though never for a run whose worker died before it reported its start.
    """
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return
    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, f"Run canceled: {end.text}.")
        return
    instance.report_run_failed(
        run,
        f"Run worker lost: {record_loss(instance, run, end)}.",
        JobFailureData(error=None, failure_reason=RunFailureReason.UNEXPECTED_TERMINATION),
    )


def main(folder: str, serialized: str) -> None:
    """Report what is recorded in the worker's folder."""
    arguments = deserialize_value(serialized, ExecuteRunArgs)
    if arguments.instance_ref is None:
        raise RoutingError(
            f"run {arguments.run_id}: the worker's arguments name no Dagster instance; launch it through the queue"
        )
    worker = WorkerFolder(Path(folder))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with dg.DagsterInstance.from_ref(arguments.instance_ref) as instance:
                _report(instance, arguments.run_id, worker)
        except OperationalError:
            # What ended the worker may well be that its database went away.
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _report(instance: dg.DagsterInstance, run_id: str, worker: WorkerFolder) -> None:
    run = instance.get_run_by_id(run_id)
    if run is not None and was_interrupted(run):
        record_loss(instance, run, worker.record_preemption())
    else:
        report_end(instance, run_id, worker.end())


if __name__ == "__main__":
    main(*sys.argv[1:])
