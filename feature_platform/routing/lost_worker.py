"""Records on a run why its worker was lost; whoever finds out does it before the run is marked as failed."""

import dagster as dg

from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.routing.tags import LOST_MEMORY, LOST_RUN, WORKER_LOST
from feature_platform.routing.worker_end import Cause, WorkerEnd

UNKNOWN_MEMORY = "unknown"


def record_loss(instance: dg.DagsterInstance, run: dg.DagsterRun, end: WorkerEnd) -> str:
    """Tag the run with the end of its worker, and return what to say of it: the end, and what comes of it."""
    tags = {
        WORKER_LOST: Cause(end.cause).value,
        LOST_RUN: run.run_id,
        # Always written, for a retry's copy of its parent's would pass for its own.
        LOST_MEMORY: str(end.memory_mib or UNKNOWN_MEMORY),
    }
    coordinator = instance.run_coordinator
    if not isinstance(coordinator, EraRunCoordinator):
        instance.add_run_tags(run.run_id, tags)
        return end.text
    instance.add_run_tags(run.run_id, tags | coordinator.escalation.loss_tags(run, end))
    return end.text + coordinator.escalation.prospect(run, end)
