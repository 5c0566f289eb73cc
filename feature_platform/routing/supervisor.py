"""Runs one worker process to its end and records why it ended, whatever becomes of the program that launched it.

As a program it is started with `python -I -S` and imports nothing but the standard library and its like: a supervisor
waits beside every worker and must cost nothing. As a fork it shares what it was forked with. It holds the run's lock
for as long as it lives; the kernel lets go of locks whatever ends a process, so neither a reused pid nor a restarted
daemon can make a dead worker look alive.
"""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from feature_platform.routing.worker_end import Cause, Ending, WorkerEnd, explain, oom_kills
from feature_platform.routing.worker_memory import WorkerMemory

LOCK = "lock"
LOG = "worker.log"
STARTED = "started.json"
ENDED = "ended.json"
TERMINATE = "terminate"

POLL_SECONDS = 0.1
PREEMPTION_GRACE_SECONDS = 10
"""A machine that is taken away gives 25 to 120 s, and the end must be reported within them too."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Plan:
    """What to run: `command`, and `report` once it ended badly.

    `devices` holds ids of which the worker gets one; with more memory than `memory_mib` it is killed.
    """

    folder: str
    command: list[str]
    report: list[str]
    devices: list[str] | None
    device_folder: str
    device_wait_seconds: float
    grace_seconds: float
    memory_mib: int | None = None


@dataclass(frozen=True)
class WorkerStart:
    """A running worker."""

    pid: int
    device: str | None


class Worker(Protocol):
    """A child of the supervisor, in a process group of its own."""

    @property
    def pid(self) -> int:
        """Of the process and of its group."""

    def wait(self) -> int:
        """Its exit status once it ended; negative: minus a signal."""


StartWorker = Callable[[Plan, Mapping[str, str]], Worker]
"""Starts the plan's worker with these environment variables."""


class Request:
    """Whether someone asked for the worker's end: Dagster by a file in its folder, the machine by SIGTERM."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / TERMINATE
        self._signalled = False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True

    def made(self) -> Cause | None:
        """Who wants the worker to end now."""
        if self._file.exists():
            return Cause.TERMINATED
        return Cause.PREEMPTED if self._signalled else None


def start_program(plan: Plan, environment: Mapping[str, str]) -> Worker:
    """Start the plan's command as a program."""
    return subprocess.Popen(
        plan.command,
        stdin=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
        preexec_fn=partial(prepare, os.getpid()),  # noqa: PLW1509 - this process has one thread
    )


def supervise(plan: Plan, start: StartWorker = start_program) -> None:
    """Run the plan's command to its end, record the end, and report an end that the worker itself could not report."""
    folder = Path(plan.folder)
    with ExitStack() as held:
        end = _run(plan, start, Request(folder), held)
    write_record(folder / ENDED, asdict(end))
    if end.cause != Cause.FINISHED:
        # The lock is still held: run monitoring takes the worker for alive and leaves the report to us.
        subprocess.run(plan.report, check=False, stdin=subprocess.DEVNULL)


def _run(plan: Plan, start: StartWorker, request: Request, held: ExitStack) -> WorkerEnd:
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
    asked = request.made()
    if asked:
        return WorkerEnd(asked, f"the run was {asked.words} before its worker started")
    kills, began = oom_kills(), time.monotonic()
    try:
        worker = start(plan, environment)
    except OSError as error:
        return WorkerEnd(Cause.NOT_STARTED, f"{plan.command[0]} cannot be started: {error.strerror}")
    write_record(Path(plan.folder) / STARTED, asdict(WorkerStart(worker.pid, device)))
    asked, held_mib = _wait(worker.pid, request, plan)
    with suppress(ProcessLookupError):  # its children must not go on, nor keep the device busy
        os.killpg(worker.pid, signal.SIGKILL)
    status = worker.wait()
    seconds = time.monotonic() - began
    return explain(Ending(status, asked, oom_kills() > kills, seconds, held_mib=held_mib, limit_mib=plan.memory_mib))


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


def _wait(pid: int, request: Request, plan: Plan) -> tuple[Cause | None, int | None]:
    # WNOWAIT leaves the pid taken until the rest of its group is gone too.
    memory = WorkerMemory(pid, plan.memory_mib)
    asked, held, deadline = None, None, 0.0
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        held = held or memory.exceeded()
        if held is not None or (asked is not None and time.monotonic() > deadline):
            os.killpg(pid, signal.SIGKILL)
        elif asked is None and (asked := request.made()) is not None:
            os.killpg(pid, signal.SIGINT)
            grace = plan.grace_seconds
            deadline = time.monotonic() + (grace if asked is Cause.TERMINATED else min(grace, PREEMPTION_GRACE_SECONDS))
        time.sleep(POLL_SECONDS)
    return asked, held


def write_record(file: Path, record: dict[str, object]) -> None:
    """Write a small JSON record so that nobody reads half of it."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(record), encoding="utf-8")
    unfinished.replace(file)


def prepare(supervisor: int) -> None:
    """Make this process a worker that can be interrupted, and that dies with its supervisor."""
    # A daemon started in a script's background ignores interrupts, and a worker would inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A worker without its supervisor would look dead, and its run would be retried beside it.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)


def command(plan: Plan) -> list[str]:
    """The command line that supervises a plan, isolated from what the worker's environment makes Python load."""
    start = "import sys; sys.path.append(sys.argv[1]); from feature_platform.routing.supervisor import main; main()"
    return [sys.executable, "-I", "-S", "-c", start, str(Path(__file__).parents[2]), json.dumps(asdict(plan))]


def main() -> None:
    """Supervise the plan that the command line names."""
    supervise(Plan(**json.loads(sys.argv[2])))
