"""A supervisor and its worker as forks of a process that has their modules loaded."""

import gc
import json
import os
import runpy
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from feature_platform.routing.process_title import set_title
from feature_platform.routing.supervisor import Plan, prepare, supervise
from feature_platform.routing.worker_process import WORKER_VARIABLE

GO = b"go\n"


class InWorkerError(BaseException):
    """Leads a worker out of what its supervisor was at when it forked."""


@dataclass(frozen=True)
class ForkedWorker:
    """A child of this process."""

    pid: int

    def wait(self) -> int:
        """Its exit status once it ended; negative: minus a signal."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def supervise_forked(channel: socket.socket, *, lock: int, log: int) -> list[str] | None:
    """Supervise the plan that comes; returns None when all is over, and in the worker the command that it shall be.

    Nothing happens without the launching process's last word: it may have given this up, and launched another.
    """
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    with channel, channel.makefile("rwb", buffering=0) as told:
        order = json.loads(told.readline())
        told.write(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        if told.readline() != GO:
            return None
    os.environ.update(order["variables"])
    run_id = os.environ.get(WORKER_VARIABLE, "")
    set_title([sys.executable, "-m", "feature_platform.routing.supervisor", run_id])
    plan = Plan(**order["plan"])
    try:
        supervise(plan, partial(_fork_worker, lock=lock))
    except InWorkerError:
        pass
    else:
        return None
    set_title([*plan.command[:-1], run_id])  # the arguments are longer than there is room for
    return plan.command


def become(command: list[str]) -> None:
    """Run `python -m MODULE ARGUMENTS` in this process."""
    _, _, module, *arguments = sys.orig_argv[:] = command
    sys.argv[:] = ["-m", *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _fork_worker(_plan: Plan, environment: Mapping[str, str], *, lock: int) -> ForkedWorker:
    supervisor = os.getpid()
    begun, begin = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            prepare(supervisor)
            for descriptor in (lock, begun, begin):
                os.close(descriptor)
            _refresh(environment)
        except BaseException:  # noqa: BLE001 - the supervisor's work must not go on in its child
            traceback.print_exc()
            os._exit(1)
        raise InWorkerError
    os.close(begin)
    os.read(begun, 1)  # its end: the worker has its own process group, which may be sent signals from now on
    os.close(begun)
    return ForkedWorker(pid)


def _refresh(environment: Mapping[str, str]) -> None:
    """Renew what a program that was just started would have anew."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(environment)
    if "numpy.random" in sys.modules:  # Python's and numba's generators are seeded anew by the fork
        sys.modules["numpy.random"].seed()
    gc.enable()
