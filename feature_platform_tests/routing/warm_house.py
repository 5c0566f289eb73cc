"""Workers that run modules of a folder, warm or started anew, without Dagster."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from feature_platform.routing.supervisor import Plan
from feature_platform.routing.supervisor_start import SupervisorStart
from feature_platform.routing.warm_workers import WarmWorkers
from feature_platform.routing.worker_end import Cause
from feature_platform.routing.worker_folder import WorkerFolder

PATIENCE = 60


def wait(done: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)


def children(word: str) -> list[int]:
    """Pids of this process's children with a word in their command line."""
    pids = [pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()]
    return [int(pid) for pid in pids if word in Path(f"/proc/{pid}/cmdline").read_text()]


@dataclass
class House:
    """A folder of modules, and workers that run them."""

    folder: Path
    warm: WarmWorkers

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder}:{os.environ.get('PYTHONPATH', '')}"
        return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}  # BLAS would start threads

    def write(self, module: str, code: str) -> None:
        (self.folder / f"{module}.py").write_text(code)

    def plan(self, name: str, module: str, memory_mib: int | None = None) -> Plan:
        return Plan(
            folder=str(self.folder / "runs" / name),
            command=[sys.executable, "-m", module, "one", "two"],
            report=["true"],
            devices=None,
            device_folder=str(self.folder),
            device_wait_seconds=1,
            grace_seconds=1,
            memory_mib=memory_mib,
        )

    def launch(self, name: str, module: str, *, cold: bool = False, **plan: int) -> str | None:
        """Start a worker that runs a module; returns why it is not warm."""
        starting = SupervisorStart(None if cold else self.warm)
        folder = WorkerFolder(self.folder / "runs" / name)
        with folder.claimed() as lock:
            assert lock is not None
            why = starting.start(
                self.plan(name, module, **plan), self.environment, run_id=name, lock=lock, log_file=folder.log
            )
        wait(lambda: not folder.alive(), f"the end of {name}")
        starting.bury()
        return why

    def said(self, name: str) -> str:
        folder = WorkerFolder(self.folder / "runs" / name)
        return f"{folder.log_tail()}{'' if folder.end().cause == Cause.FINISHED else folder.end().text}"

    def server(self) -> int:
        """The pid of the process that workers are forked from."""
        (found,) = children("fork_server")
        return found
