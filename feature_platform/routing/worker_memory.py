"""The memory that a worker's processes hold, watched from outside; standard library only, for the supervisor's sake.

The kernel's own limits do not serve: RLIMIT_AS counts what is only mapped, of which Polars, Arrow and numba map many
times what they use, and a refused allocation ends native code by an abort that tells nobody why. A control group would
serve, but needs rights that a user's process lacks.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

HELD = ("RssAnon:", "RssShmem:", "VmSwap:")
"""What only the process's end gives back; pages of files are not in it, as the kernel drops them when it must."""
EXACT = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
"""The same, with what several processes share counted once; slower to read."""


MEMBERS_SECONDS = 1.0
"""Finding the processes means asking for every one on the machine, which must not be done at every look."""


class WorkerMemory:
    """What the processes of a process group hold, against a limit (MiB); without a limit nothing is ever read."""

    def __init__(self, group: int, limit_mib: int | None) -> None:
        self._group = group
        self._limit = limit_mib
        self._members: list[int] = []
        self._found_at = -MEMBERS_SECONDS

    def exceeded(self) -> int | None:
        """What the group holds (MiB), if that is above the limit."""
        if self._limit is None:
            return None
        if time.monotonic() - self._found_at >= MEMBERS_SECONDS:
            self._members, self._found_at = _members(self._group), time.monotonic()
        held = _sum(self._members, "status", HELD)
        if held > self._limit:  # a forked worker shares most of what it has loaded
            held = _sum(self._members, "smaps_rollup", EXACT) or held
        return held if held > self._limit else None


def _members(group: int) -> list[int]:
    members = []
    with suppress(FileNotFoundError):
        for name in os.listdir("/proc"):  # noqa: PTH208 - many times a second, and only the names are wanted
            with suppress(ValueError, ProcessLookupError):
                if os.getpgid(int(name)) == group:
                    members.append(int(name))
    return members


def _sum(members: list[int], file: str, fields: tuple[str, ...]) -> int:
    kib = 0
    for pid in members:
        with suppress(OSError):  # it may be gone, or another user's
            for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace").splitlines():
                if line.startswith(fields):
                    kib += int(line.split()[1])
    return kib // 1024
