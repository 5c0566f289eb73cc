"""A process that has loaded what workers load, and forks the supervisor of each; `warm_workers` starts and asks it.

Not multiprocessing's fork server: there is one of that for a whole process, with the environment of its first use; it
never notices that a module was edited or that a thread is alive; a child of it runs a pickled function instead of a
program, without what the program registered with atexit; and a program that ends would wait for all its workers.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from feature_platform.routing.forked_worker import become, supervise_forked
from feature_platform.routing.loaded_files import LoadedFiles

LOOK_SECONDS = 3.0
IDLE_SECONDS = 900.0
"""Memory is given back where no run comes for a while."""


@dataclass(frozen=True)
class Order:
    """To fork a supervisor: where it hears more, the run's lock to hold, and its log."""

    channel: socket.socket
    lock: int
    log: int

    def close(self) -> None:
        """Leave it to the fork."""
        self.channel.close()
        os.close(self.lock)
        os.close(self.log)


def serve(control: socket.socket, files: LoadedFiles, launcher: int) -> Order | None:
    """Fork for each order of the launching process; returns the order in a fork, None in the server once it is over."""
    asked = time.monotonic()
    while True:
        ready, _, _ = select.select([control], [], [], LOOK_SECONDS)
        if not ready:
            # The socket tells of the launching process's end, unless a child of its own still holds it open.
            if os.getppid() != launcher or time.monotonic() - asked > IDLE_SECONDS:
                return None
            continue
        word, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if not word:
            return None
        asked = time.monotonic()
        order = Order(socket.socket(fileno=descriptors[0]), *descriptors[1:])
        changed = files.changed()
        refusal = f"{changed} has changed" if changed else threads_alive()
        if refusal is not None:
            order.channel.sendall(json.dumps({"refused": refusal}).encode() + b"\n")
            return None
        if os.fork() == 0:
            control.close()
            return order
        order.close()


def threads_alive() -> str | None:
    """Says which threads are alive besides the only one that lives on in a fork."""
    tasks = [path for path in Path("/proc/self/task").iterdir() if path.name != str(os.getpid())]
    names = sorted({(path / "comm").read_text(encoding="utf-8").strip() for path in tasks})
    if not names:
        return None
    return f"loading started threads, which BLAS does without OPENBLAS_NUM_THREADS=1 ({', '.join(names)})"


def preload(modules: Iterable[str]) -> LoadedFiles:
    """Import modules, and leave them to the forks."""
    began = time.time()
    gc.disable()  # a collection writes to every object, and so copies its page in each fork
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    sys.stdout.flush()  # else each fork would print it
    return LoadedFiles.since(began)


def main() -> None:
    """Serve at the socket that the command line names, with the modules that it names."""
    control, launcher = socket.socket(fileno=int(sys.argv[1])), os.getppid()
    try:
        files = preload(sys.argv[2:])
        # Loaded before the first fork, so that not every supervisor does it.
        ctypes.CDLL(None)
        refusal = threads_alive()
    except Exception as error:
        control.send(json.dumps({"refused": f"{type(error).__name__}: {error}"}).encode())
        raise
    control.send(json.dumps({"refused": refusal}).encode())
    if refusal is not None:
        _leave(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries supervisors, which nobody here waits for
    order = serve(control, files, launcher)
    if order is None:
        _leave(0)
    try:
        command = supervise_forked(order.channel, lock=order.lock, log=order.log)
    except BaseException:  # noqa: BLE001 - nothing above this may go on in a second process
        traceback.print_exc()
        _leave(1)
    if command is None:
        _leave(0)
    become(command)


def _leave(code: int) -> NoReturn:
    # What modules registered with atexit is for the workers.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
