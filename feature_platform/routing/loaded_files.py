"""Whether the files that this process loaded its modules from are still the same."""

import os
import site
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import glob

CLOCK_SECONDS = 0.02
"""A file's time is the kernel's last tick, so a little before the clock's."""

Stamp = tuple[int, int]


@dataclass(frozen=True)
class LoadedFiles:
    """Files of modules by path, with time (ns) and size as they were after all were loaded."""

    stamps: dict[str, Stamp | None] = field(default_factory=dict)

    @classmethod
    def since(cls, began: float) -> "LoadedFiles":
        """Those of modules loaded by now; of a file written since `began` (Unix time) nobody knows what was read."""
        doubtful = range(int((began - CLOCK_SECONDS) * 1e9), int((time.time() + CLOCK_SECONDS) * 1e9))
        found = {path: _stamp(path) for path in _paths()}
        return cls(
            {
                path: None if stamp[0] in doubtful else stamp
                for path, stamp in found.items()
                if stamp is not None  # a module in an archive
            }
        )

    def changed(self) -> str | None:
        """A file that is not as it was loaded."""
        for path, stamp in self.stamps.items():
            if stamp is None or _stamp(path) != stamp:
                return path
        return None


def _paths() -> Iterator[str]:
    for folder in (*site.getsitepackages(), site.getusersitepackages()):
        if folder in sys.path:  # packages come and go in it, and its .pth files say what else is on the path
            yield folder
            yield from glob(f"{folder}/*.pth")  # noqa: PTH207 - text is what is wanted
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path is not None:
            yield path


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - of thousands of files, before every fork
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
