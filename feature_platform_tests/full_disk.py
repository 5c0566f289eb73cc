"""A disk that is full when a test says so: a small file system of its own, or a limit on how large a file may grow."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

DISK_BYTES = 2 * 1024 * 1024
PAGE = 4096
LARGEST_FILE = 3000


class MissingMountError(RuntimeError):
    """No file system may be mounted here."""


class Disk(Protocol):
    """A folder, and a way to have no room left in it."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no room meanwhile; what is there stays."""


@dataclass
class MountedDisk:
    """A file system in memory: when it is full, the system says so as it does of any disk (ENOSPC)."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Fill it up."""
        ballast = self.folder / ".ballast"
        with ballast.open("wb", buffering=0) as handle:
            try:
                while handle.write(bytes(PAGE)):
                    pass
            except OSError:
                pass  # that is the point
        try:
            yield
        finally:
            ballast.unlink()


@dataclass
class LimitedDisk:
    """Any folder: no file may grow past a few blocks meanwhile, which is as near as a user without rights comes."""

    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """Lower the limit of this process."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def mounted_disk(folder: Path) -> Iterator[MountedDisk]:
    """Mount a small file system on a new folder.

    Raises
    ------
    MissingMountError
        If this user or this container may not mount.
    """
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        raise MissingMountError("only root can mount a small file system")
    folder.mkdir()
    command = [mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingMountError(f"this root may not mount: {done.stderr.strip()}")
    try:
        yield MountedDisk(folder)
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)
