"""What is known of one run's worker process on this machine, read from the folder that its supervisor keeps."""

import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import IO

from feature_platform.routing.supervisor import ENDED, LOCK, LOG, STARTED, TERMINATE, WorkerStart, write_record
from feature_platform.routing.worker_end import PREEMPTION, Cause, WorkerEnd

TAIL_BYTES = 4096


@dataclass(frozen=True)
class WorkerFolder:
    """The folder of one run; it comes to be when the run is launched, so it exists once and marks the launch."""

    path: Path

    @property
    def log(self) -> Path:
        """Everything the worker printed."""
        return self.path / LOG

    @contextmanager
    def claimed(self) -> Iterator[IO[str] | None]:
        """Claim the launch: the locked file to hand to the supervisor, or None where the run was launched before.

        A launch that fails leaves no claim.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path.mkdir()
        except FileExistsError:
            yield None
            return
        try:
            with (self.path / LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield lock
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def launched(self) -> bool:
        """Whether the run was launched on this machine."""
        return (self.path / LOCK).exists()

    def alive(self) -> bool:
        """Whether a supervisor holds the run's lock."""
        try:
            lock = (self.path / LOCK).open()
        except FileNotFoundError:
            return False
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who ask at once do not see each other
            except BlockingIOError:
                return True
        return False

    def request_end(self) -> None:
        """Ask the supervisor to end the worker: with an interrupt, and after the grace period with a kill."""
        (self.path / TERMINATE).touch()

    def start(self) -> WorkerStart | None:
        """The worker's pid and device, once it runs."""
        try:
            return WorkerStart(**json.loads((self.path / STARTED).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def end(self) -> WorkerEnd:
        """How a worker that is not alive ended."""
        try:
            return WorkerEnd(**json.loads((self.path / ENDED).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return WorkerEnd(
                Cause.VANISHED,
                "the worker process and its supervisor vanished: killed together, or the machine stopped",
            )

    def record_preemption(self) -> WorkerEnd:
        """Correct the record of a worker that got SIGTERM itself: it left with an exit code like any other."""
        end = self.end()
        if end.cause != Cause.PREEMPTED:
            end = replace(end, cause=Cause.PREEMPTED.value, text=f"{PREEMPTION} and the worker reported it itself")
            write_record(self.path / ENDED, asdict(end))
        return end

    def log_tail(self) -> str:
        """The end of the log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
                return file.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""


def remove_old(folder: Path, *, keep: timedelta) -> None:
    """Remove the folders of workers that ended longer ago than `keep`."""
    oldest = time.time() - keep / timedelta(seconds=1)
    for path in folder.iterdir() if folder.exists() else ():
        with suppress(FileNotFoundError):  # another process may be removing the same
            if path.stat().st_mtime < oldest and not WorkerFolder(path).alive():
                shutil.rmtree(path, ignore_errors=True)
