"""Runs one worker process to its end and records why it ended, whatever becomes of the program that launched it.

It is started by its path with `python -I -S`, so it is one file of standard library only: a supervisor waits beside
every worker and must cost nothing. It holds the run's lock for as long as it lives; the kernel lets go of locks
whatever ends a process, so neither a reused pid nor a restarted daemon can make a dead worker look alive.
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

LOCK = "lock"
LOG = "worker.log"
STARTED = "started.json"
ENDED = "ended.json"
TERMINATE = "terminate"

MEMORY_ERROR_EXIT = 112
"""Exit code of a worker that ran out of memory in Python: it is retried, unlike a failure of the code."""

POLL_SECONDS = 0.1
PR_SET_PDEATHSIG = 1


class Cause(StrEnum):
    """Why a worker process ended."""

    FINISHED = "finished"
    FAILED = "failed"
    TERMINATED = "terminated"
    OUT_OF_MEMORY = "out_of_memory"
    KILLED = "killed"
    NO_DEVICE = "no_device"
    NOT_STARTED = "not_started"
    VANISHED = "vanished"


@dataclass(frozen=True)
class Plan:
    """What to run: `command`, and `report` once it ended badly; `devices` holds ids of which the worker gets one."""

    folder: str
    command: list[str]
    report: list[str]
    devices: list[str] | None
    device_folder: str
    device_wait_seconds: float
    grace_seconds: float


@dataclass(frozen=True)
class WorkerStart:
    """A running worker."""

    pid: int
    device: str | None


@dataclass(frozen=True)
class WorkerEnd:
    """How a worker ended, for people and for programs."""

    cause: str
    text: str
    exit_code: int | None = None


class Request:
    """Whether someone asked for the worker's end: by a file in its folder, or by SIGTERM to the supervisor."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / TERMINATE
        self._signalled = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    def made(self) -> bool:
        """Whether the worker should end now."""
        return self._signalled or self._file.exists()


def supervise(plan: Plan) -> None:
    """Run the plan's command to its end, record the end, and report an end that the worker itself could not report."""
    folder = Path(plan.folder)
    with ExitStack() as held:
        end = _run(plan, folder, Request(folder), held)
    write_record(folder / ENDED, asdict(end))
    if end.cause != Cause.FINISHED:
        # The lock is still held: run monitoring takes the worker for alive and leaves the report to us.
        subprocess.run(plan.report, check=False, stdin=subprocess.DEVNULL)


def _run(plan: Plan, folder: Path, request: Request, held: ExitStack) -> WorkerEnd:
    environment = dict(os.environ)
    device = None
    if plan.devices is not None:
        device = _take_device(plan, request, held)
        if device is None and plan.devices and not request.made():
            return WorkerEnd(
                Cause.NO_DEVICE,
                f"none of the devices {', '.join(plan.devices)} became free within {plan.device_wait_seconds:.0f} s; "
                "lower the limit of this compute class to the number of devices",
            )
        environment["CUDA_VISIBLE_DEVICES"] = device or ""
    if request.made():
        return WorkerEnd(Cause.TERMINATED, "the run was terminated before its worker started")
    kills, began = oom_kills(), time.monotonic()
    try:
        worker = subprocess.Popen(
            plan.command,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
            preexec_fn=partial(_prepare, os.getpid()),  # noqa: PLW1509 - this process has one thread
        )
    except OSError as error:
        return WorkerEnd(Cause.NOT_STARTED, f"{plan.command[0]} cannot be started: {error.strerror}")
    write_record(folder / STARTED, asdict(WorkerStart(worker.pid, device)))
    asked = _wait(worker.pid, request, plan.grace_seconds)
    with suppress(ProcessLookupError):  # its children must not go on, nor keep the device busy
        os.killpg(worker.pid, signal.SIGKILL)
    status = worker.wait()
    return explain(status, asked=asked, oom_killed=oom_kills() > kills, seconds=time.monotonic() - began)


def _take_device(plan: Plan, request: Request, held: ExitStack) -> str | None:
    # A worker that has just reported success still takes a moment to leave its device, so this waits.
    folder = Path(plan.device_folder)
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + plan.device_wait_seconds
    while plan.devices and time.monotonic() < deadline and not request.made():
        for device in plan.devices:
            file = (folder / f"{device.replace('/', '_')}.lock").open("a")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                held.enter_context(file)
                return device
        time.sleep(POLL_SECONDS)
    return None


def _wait(pid: int, request: Request, grace_seconds: float) -> bool:
    # WNOWAIT leaves the pid taken until the rest of its group is gone too.
    deadline = None
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if deadline is None and request.made():
            os.killpg(pid, signal.SIGINT)
            deadline = time.monotonic() + grace_seconds
        elif deadline is not None and time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    return deadline is not None


def explain(status: int, *, asked: bool, oom_killed: bool, seconds: float) -> WorkerEnd:
    """Put a process's exit status (negative: minus a signal) into words."""
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    ran = f"after {seconds:.0f} s, with at most {memory:,.0f} MiB of memory in one process"
    code = status if status >= 0 else None
    if status == 0:
        return WorkerEnd(Cause.FINISHED, f"the worker process finished {ran}", code)
    if asked:
        return WorkerEnd(Cause.TERMINATED, f"the worker process was terminated on request {ran}", code)
    if status == MEMORY_ERROR_EXIT:
        return WorkerEnd(Cause.OUT_OF_MEMORY, f"the worker process ran out of memory {ran}", code)
    if status > 0:
        return WorkerEnd(Cause.FAILED, f"the worker process ended with exit code {status} {ran}", code)
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    if -status == signal.SIGKILL and oom_killed:
        return WorkerEnd(Cause.OUT_OF_MEMORY, f"the kernel killed the worker process for want of memory {ran}", code)
    return WorkerEnd(Cause.KILLED, f"the worker process was killed by {name} {ran}", code)


def oom_kills() -> int:
    """Processes that the kernel has killed for want of memory, on this machine and in this control group."""
    count = 0
    for file in ("/proc/vmstat", "/sys/fs/cgroup/memory.events"):
        with suppress(OSError):  # not every kernel or container shows them
            for line in Path(file).read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition(" ")
                count += int(value) if name == "oom_kill" else 0
    return count


def write_record(file: Path, record: dict[str, object]) -> None:
    """Write a small JSON record so that nobody reads half of it."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(record), encoding="utf-8")
    unfinished.replace(file)


def _prepare(supervisor: int) -> None:
    # A daemon started in a script's background ignores interrupts, and a worker would inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A worker without its supervisor would look dead, and its run would be retried beside it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)


if __name__ == "__main__":
    supervise(Plan(**json.loads(sys.argv[1])))
