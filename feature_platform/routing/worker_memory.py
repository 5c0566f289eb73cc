"""The memory that a worker's processes hold, watched from outside; standard library only, for the supervisor's sake.

The kernel's own limits do not serve: RLIMIT_AS counts what is only mapped, of which Polars, Arrow and numba map many
times what they use, and a refused allocation ends native code by an abort that tells nobody why. A control group would
serve, but needs rights that a user's process lacks.
"""

import os
from contextlib import suppress
from pathlib import Path

HELD = ("RssAnon:", "RssShmem:", "VmSwap:")
"""What only the process's end gives back; pages of files are not in it, as the kernel drops them when it must."""
EXACT = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
"""The same, with what several processes share counted once; slower to read."""


def held_mib(group: int) -> int:
    """Memory (MiB) that the processes of a process group hold; 0 where there is no /proc."""
    members = _members(group)
    held = _sum(members, "status", HELD)
    return held if len(members) == 1 else min(held, _sum(members, "smaps_rollup", EXACT) or held)


def exceeded(group: int, limit_mib: int | None) -> int | None:
    """What the group holds (MiB), if that is above the limit."""
    if limit_mib is None or _sum(_members(group), "status", HELD) <= limit_mib:
        return None
    held = held_mib(group)
    return held if held > limit_mib else None


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
