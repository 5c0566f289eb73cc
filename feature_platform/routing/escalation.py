"""Where a retry goes after its run's worker was lost: to a larger class if it was for memory, else to the same."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from dagster._core.events import RunFailureReason
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import MAX_RETRIES_TAG, RUN_FAILURE_REASON_TAG

from feature_platform.errors import RoutingError
from feature_platform.routing.policy import Route
from feature_platform.routing.tags import (
    COMPUTE,
    ESCALATED_FROM,
    FORCE,
    LOST_MEMORY,
    LOST_RUN,
    OWN_MAX_RETRIES,
    WORKER_LOST,
)
from feature_platform.routing.worker_end import Cause, WorkerEnd

DEFAULT_ESCALATION: Mapping[str, str] = {"cpu": "cpu-highmem", "gpu": "cpu-highmem"}


@dataclass(frozen=True)
class Escalation:
    """The next larger class by class, of the classes that there are."""

    larger: Mapping[str, str]
    classes: Collection[str]

    def next_class(self, run: DagsterRun) -> str | None:
        """Where a retry of the run goes if its worker ran out of memory; None where it has been larger or forced."""
        if escalated_from(run) or run.tags.get(FORCE) in self.classes:
            return None
        return self.larger.get(run.tags.get(COMPUTE, ""))

    def reroute(self, route: Route, run: DagsterRun, parent: DagsterRun | None) -> tuple[Route, dict[str, str]]:
        """The route of a run that retries `parent`, given where it would go afresh; and the tags that say more.

        A forced class stays. A retry after the loss of a worker otherwise goes where its parent went, or one class up.
        """
        if parent is None:
            return route, {}
        if run.tags.get(FORCE) in self.classes:
            return _forced(route, parent), {}
        compute, earlier = parent.tags.get(COMPUTE, ""), escalated_from(parent)
        if compute not in self.classes or (lost_worker(parent) is None and earlier is None):
            return route, {}
        larger = self.next_class(parent) if lost_worker(parent) is Cause.OUT_OF_MEMORY else None
        if larger is not None:
            return replace(route, compute=larger, reason=_why(parent)), {ESCALATED_FROM: compute}
        same = replace(route, compute=compute, reason=f"{_why(parent)}: same class")
        return same, {ESCALATED_FROM: earlier} if earlier else {}

    def loss_tags(self, run: DagsterRun, end: WorkerEnd) -> dict[str, str]:
        """Tags of a run whose worker was lost; they must be there before the run is marked as failed.

        Dagster decides on a retry when it marks: one in the same memory would be in vain.
        """
        if end.cause != Cause.OUT_OF_MEMORY or self.next_class(run) is not None:
            return {}
        return {MAX_RETRIES_TAG: "0", OWN_MAX_RETRIES: "0"}

    def prospect(self, run: DagsterRun, end: WorkerEnd) -> str:
        """What comes after the loss, to go on from the text of the end; empty where there is nothing to say."""
        if end.cause != Cause.OUT_OF_MEMORY:
            return ""
        larger = self.next_class(run)
        if larger is not None:
            return f"; a retry goes to {larger}"
        compute = run.tags.get(COMPUTE, "its class")
        if run.tags.get(FORCE) in self.classes:
            why = f"the run is forced to {compute}, which had too little memory"
        else:
            earlier = escalated_from(run)
            tried = f"{earlier} and {compute}" if earlier else compute
            why = f"{tried} had too little memory, and no larger class is to be tried"
        return (
            f"; not retried: {why}. Give the route more memory, cut shorter eras or smaller windows, or force a larger "
            f"class with the tag {FORCE}"
        )


def _forced(route: Route, parent: DagsterRun) -> Route:
    if lost_worker(parent) is not Cause.OUT_OF_MEMORY:
        return route
    return replace(route, reason=f"{route.reason}, so no larger class after {_why(parent)}")


def _why(parent: DagsterRun) -> str:
    lost, compute = lost_worker(parent), parent.tags.get(COMPUTE)
    if lost is None:
        return f"out of memory on {escalated_from(parent)} in an earlier run"
    mib = parent.tags.get(LOST_MEMORY, "")
    held = f", {int(mib):,} MiB," if lost is Cause.OUT_OF_MEMORY and mib.isdecimal() else ""
    return f"{lost.words} on {compute}{held} in run {parent.run_id[:8]}"


def parse_escalation(escalation: Mapping[str, object] | None, classes: Collection[str]) -> Escalation:
    """The escalation as dagster.yaml says it; by default from cpu and gpu to cpu-highmem, where these are classes.

    Raises
    ------
    RoutingError
        If a name is no class, or a class is to be larger than itself; the text names the key.
    """
    if escalation is None:
        pairs = {name: larger for name, larger in DEFAULT_ESCALATION.items() if {name, larger} <= set(classes)}
        return Escalation(pairs, classes)
    larger = {}
    for name, above in escalation.items():
        key = f"dagster.yaml, run_coordinator.config.escalation.{name}"
        for word in (name, above):
            if word not in classes:
                raise RoutingError(f"{key}: {word!r} is none of the classes under limits: {', '.join(sorted(classes))}")
        if name == above:
            raise RoutingError(f"{key}: a class is not larger than itself; name another, or leave the key out")
        larger[name] = str(above)
    return Escalation(larger, classes)


def lost_worker(run: DagsterRun) -> Cause | None:
    """Why the run's own worker was lost; a retry copies its parent's tags, which say nothing of its own worker."""
    if run.tags.get(LOST_RUN) == run.run_id:
        return Cause(run.tags[WORKER_LOST])
    return Cause.PREEMPTED if was_interrupted(run) else None


def was_interrupted(run: DagsterRun) -> bool:
    """Whether the worker itself reported its end by a signal that nobody had asked Dagster for."""
    # The supervisor gives the same reason, after it has tagged the run.
    interrupted = run.tags.get(RUN_FAILURE_REASON_TAG) == RunFailureReason.UNEXPECTED_TERMINATION.value
    return run.is_failure and interrupted and run.tags.get(LOST_RUN) != run.run_id


def escalated_from(run: DagsterRun) -> str | None:
    """The class on which an earlier run of this chain of retries ran out of memory."""
    # Without a parent the tag was copied by hand from a run of another chain.
    return run.tags.get(ESCALATED_FROM) if run.parent_run_id else None


def restored_retries(run: DagsterRun, instance_maximum: int) -> dict[str, str]:
    """The tag that gives a retry by hand its automatic retries back, where `loss_tags` had taken its parent's."""
    ours = run.tags.get(OWN_MAX_RETRIES)
    if ours is None or run.tags.get(MAX_RETRIES_TAG) != ours:
        return {}
    return {MAX_RETRIES_TAG: str(instance_maximum), OWN_MAX_RETRIES: str(instance_maximum)}
