"""Why a container ended, read from its exit code and what its engine says of it."""

import signal
from collections.abc import Mapping
from typing import Any

from feature_platform.routing.worker_end import OWN_EXITS, Cause, WorkerEnd

SIGNAL_EXIT = 128
"""A container that a signal ended has this exit code, plus the signal's number."""


def container_end(name: str, code: int, said: str, *, oom_killed: bool, limit_mib: int | None = None) -> WorkerEnd:
    """How the worker in a container ended; `said` goes into the text, `limit_mib` is its memory limit where known."""
    if oom_killed:
        limit = f" of {limit_mib:,} MiB" if limit_mib else ""
        text = f"{name} was killed for its memory limit{limit} ({said})"
        return WorkerEnd(Cause.OUT_OF_MEMORY, text, code, limit_mib or None)
    if code in OWN_EXITS:
        cause, words = OWN_EXITS[code]
        return WorkerEnd(cause, f"{name} {words} ({said})", code)
    if code == SIGNAL_EXIT + signal.SIGTERM:
        return WorkerEnd(Cause.PREEMPTED, f"{name} was preempted by SIGTERM ({said})", code)
    if code > SIGNAL_EXIT:
        return WorkerEnd(Cause.KILLED, f"{name} was killed by a signal ({said})", code)
    if code:
        return WorkerEnd(Cause.FAILED, f"{name} ended ({said})", code)
    return WorkerEnd(Cause.FINISHED, f"{name} ended ({said}) and left the run unfinished", code)


def docker_end(inspected: Mapping[str, Any]) -> WorkerEnd:
    """How the worker in a container ended, from what `docker inspect` says of the container."""
    state, limit = inspected["State"], inspected["HostConfig"]["Memory"]
    code, oom_killed = int(state["ExitCode"]), bool(state["OOMKilled"])
    said = ", ".join(filter(None, (f"exit code {code}", "OOMKilled" if oom_killed else "", state["Error"])))
    name = f"container {inspected['Name'].removeprefix('/')}"
    return container_end(name, code, said, oom_killed=oom_killed, limit_mib=limit // 2**20)
