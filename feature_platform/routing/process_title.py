"""What `ps` shows of a forked process, which the kernel takes from the command line of what it was forked from."""

import ctypes
from collections.abc import Sequence
from pathlib import Path

ARG_START, ARG_END = 45, 46
"""Places in /proc/self/stat behind the program's name, which may itself hold spaces and brackets (proc(5): 48, 49)."""


def set_title(words: Sequence[str]) -> None:
    """Show these words, as many as there is room for, instead of those of the command line."""
    values = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    start, end = int(values[ARG_START]), int(values[ARG_END])
    room = end - start - 1
    if start and room > 0:
        ctypes.memset(start, 0, room + 1)
        title = "\0".join(words).encode()[:room]
        ctypes.memmove(start, title, len(title))
