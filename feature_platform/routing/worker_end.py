"""Why a worker process ended, in words and for programs; standard library only, for the supervisor's sake."""

import resource
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

MEMORY_ERROR_EXIT = 112
"""Exit code of a worker that ran out of memory in Python: it is retried, unlike a failure of the code."""
DATABASE_LOST_EXIT = 113
"""Exit code of a worker whose step failed because its database went away."""

PREEMPTION = "the worker process was preempted: SIGTERM came, which nobody had asked Dagster for,"


class Cause(StrEnum):
    """Why a worker process ended."""

    FINISHED = "finished"
    FAILED = "failed"
    TERMINATED = "terminated"
    PREEMPTED = "preempted"
    OUT_OF_MEMORY = "out_of_memory"
    KILLED = "killed"
    DATABASE_LOST = "database_lost"
    NO_DEVICE = "no_device"
    NOT_STARTED = "not_started"
    VANISHED = "vanished"

    @property
    def words(self) -> str:
        """As a sentence has it."""
        return self.value.replace("_", " ")


OWN_EXITS: Mapping[int, tuple[Cause, str]] = {
    MEMORY_ERROR_EXIT: (Cause.OUT_OF_MEMORY, "ran out of memory"),
    DATABASE_LOST_EXIT: (Cause.DATABASE_LOST, "ended itself, because its database went away,"),
}
"""What the exit codes of workers that end themselves mean, to go on from a name."""


@dataclass(frozen=True)
class WorkerEnd:
    """How a worker ended; `memory_mib` is the most memory (MiB) that it was seen to hold, where that is known."""

    cause: str
    text: str
    exit_code: int | None = None
    memory_mib: int | None = None


@dataclass(frozen=True)
class Ending:
    """What was seen when a worker ended.

    Parameters
    ----------
    status
        Its exit status; negative: minus a signal.
    asked
        Who ended it, if it was asked to end: TERMINATED by Dagster, PREEMPTED by the machine.
    oom_killed
        Whether the kernel killed a process for want of memory meanwhile.
    seconds
        How long it ran.
    held_mib, limit_mib
        What its processes held when they were killed for holding more than the limit, and the limit.
    """

    status: int
    asked: Cause | None
    oom_killed: bool
    seconds: float
    held_mib: int | None = None
    limit_mib: int | None = None


def explain(ending: Ending) -> WorkerEnd:
    """Put an ending into words."""
    memory = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, ending.held_mib or 0)
    ran = f"after {ending.seconds:.0f} s, with at most {memory:,} MiB of memory in one process"
    cause, text = _cause(ending)
    if cause is Cause.OUT_OF_MEMORY and ending.held_mib is not None:
        ran = f"after {ending.seconds:.0f} s"
    return WorkerEnd(cause, f"{text} {ran}", ending.status if ending.status >= 0 else None, memory)


def _cause(ending: Ending) -> tuple[Cause, str]:
    status = ending.status
    if status == 0:
        return Cause.FINISHED, "the worker process finished"
    if ending.asked is Cause.TERMINATED:
        return Cause.TERMINATED, "the worker process was terminated on request"
    known = _want_of_memory(ending) or _by_itself(status)
    if known is not None:
        return known
    if ending.asked is Cause.PREEMPTED or status == -signal.SIGTERM:
        return Cause.PREEMPTED, PREEMPTION
    if status > 0:
        return Cause.FAILED, f"the worker process ended with exit code {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return Cause.KILLED, f"the worker process was killed by {name}"


def _want_of_memory(ending: Ending) -> tuple[Cause, str] | None:
    if ending.held_mib is not None:
        held, limit = f"{ending.held_mib:,} MiB", f"{ending.limit_mib:,} MiB"
        return (
            Cause.OUT_OF_MEMORY,
            f"the worker was killed, because it held {held} of memory, above its limit of {limit},",
        )
    if ending.status == -signal.SIGKILL and ending.oom_killed:
        return Cause.OUT_OF_MEMORY, "the kernel killed the worker process for want of memory"
    return None


def _by_itself(status: int) -> tuple[Cause, str] | None:
    if status not in OWN_EXITS:
        return None
    cause, words = OWN_EXITS[status]
    return cause, f"the worker process {words}"


def oom_kills() -> int:
    """Processes that the kernel has killed for want of memory, on this machine and in this control group."""
    count = 0
    for file in ("/proc/vmstat", "/sys/fs/cgroup/memory.events"):
        with suppress(OSError):  # not every kernel or container shows them
            for line in Path(file).read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition(" ")
                count += int(value) if name == "oom_kill" else 0
    return count
