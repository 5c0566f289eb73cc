"""Why the pods of a run ended, read from what Kubernetes says of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from feature_platform.routing.container_end import container_end
from feature_platform.routing.worker_end import Cause, WorkerEnd

PREEMPTED_REASONS = frozenset(
    {"Evicted", "NodeAffinity", "NodeLost", "NodeShutdown", "Preempting", "Preempted", "Shutdown"}
)
"""Reasons of a pod that its node or the scheduler ended; `Evicted` for want of memory is told apart by its message."""
DISRUPTED = "DisruptionTarget"
MEMORY_PRESSURE = "resource: memory"
OOM_KILLED = "OOMKilled"


def pods_end(pods: Sequence[Any]) -> WorkerEnd:
    """How the worker of a run ended, from its pods (kubernetes' V1Pod); the most telling pod counts.

    Pods that are gone were deleted with their node, or by hand.
    """
    ends = [end for pod in pods for end in _ends(pod)]
    if not ends:
        names = ", ".join(pod.metadata.name for pod in pods)
        told = f"pod {names} says nothing of its end" if names else "its pod is gone, deleted or lost with its node"
        return WorkerEnd(Cause.VANISHED, f"the worker vanished: {told}")
    return min(ends, key=lambda end: TELLING.index(Cause(end.cause)))


TELLING = (
    Cause.OUT_OF_MEMORY,
    Cause.PREEMPTED,
    Cause.KILLED,
    Cause.DATABASE_LOST,
    Cause.FAILED,
    Cause.FINISHED,
)


def _ends(pod: Any) -> Iterator[WorkerEnd]:  # noqa: ANN401 - kubernetes ships no types
    name, status = pod.metadata.name, pod.status
    if status is None:
        return
    disruption = next(
        (each for each in status.conditions or () if each.type == DISRUPTED and each.status == "True"), None
    )
    reason, message = (
        status.reason or (disruption and disruption.reason),
        status.message or (disruption and disruption.message),
    )
    said = f"{reason}{f': {message.strip()}' if message else ''}"
    if reason and MEMORY_PRESSURE in (message or ""):
        yield WorkerEnd(Cause.OUT_OF_MEMORY, f"pod {name} was evicted for memory ({said})")
    elif disruption is not None or reason in PREEMPTED_REASONS:
        yield WorkerEnd(Cause.PREEMPTED, f"pod {name} was preempted ({said})")
    elif reason:
        yield WorkerEnd(Cause.KILLED, f"pod {name} was ended by Kubernetes ({said})")
    for container in status.container_statuses or ():
        terminated = container.state.terminated if container.state else None
        if terminated is not None:
            code, reason = terminated.exit_code, terminated.reason
            said = f"exit code {code}{f', {reason}' if reason else ''}"
            named = f"container {container.name} of pod {name}"
            yield container_end(named, code, said, oom_killed=reason == OOM_KILLED)
