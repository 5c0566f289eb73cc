"""A folder that cannot be written, for root either: root reads and writes everything, so it steps down meanwhile."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534


class MissingRightError(RuntimeError):
    """This process may not do what a test needs."""


@dataclass(frozen=True)
class OpenFolder:
    """A folder that every user may enter, outside of pytest's own, which only its user may."""

    path: Path

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Take the write access to all that is in it; what a block needs must be imported before.

        Raises
        ------
        MissingRightError
            If this is root, and it cannot become anybody else.
        """
        paths = [self.path, *self.path.rglob("*")]
        modes = {path: path.stat().st_mode for path in paths}
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            with stepped_down():
                yield
        finally:
            for path, mode in modes.items():
                path.chmod(mode)


@contextmanager
def stepped_down() -> Iterator[None]:
    """Be nobody meanwhile, if this is root."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(NOBODY)
    except PermissionError as error:
        raise MissingRightError("nothing is read-only to root, and this root cannot become another user") from error
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[OpenFolder]:
    """Make one, and remove it at the end."""
    path = Path(tempfile.mkdtemp(prefix="fp-open-"))
    try:
        path.chmod(0o755)
        yield OpenFolder(path)
    finally:
        shutil.rmtree(path)
