"""Starts workers as forks of a process that has loaded what all of them load; the launching process's side of it."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feature_platform.routing.forked_worker import GO
from feature_platform.routing.preloaded import PRELOADED
from feature_platform.routing.supervisor import Plan

START_SECONDS = 40.0
"""Loading takes three of one core, which may have much else to do; a daemon that launches for longer looks dead."""
FORK_SECONDS = 20.0
END_SECONDS = 5.0
RETRY_SECONDS = 300.0
"""What cannot be loaded before a fork will hardly be a moment later; a launch should not wait for it each time."""
ANSWER_BYTES = 1 << 16


class NotWarmError(Exception):
    """Why no worker was forked; it may be started in another way."""


@dataclass(frozen=True)
class _Server:
    """A running fork server, and what was in force when it was started."""

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    surroundings: tuple[Mapping[str, str], str]

    def end(self) -> None:
        self.control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(END_SECONDS)
        self.process.kill()
        self.process.wait()

    def why_ended(self) -> str:
        try:
            code = self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        return f"it ended with {code}"


class WarmWorkers:
    """Forks workers of one environment, from a server that is started with the first of them and again when it must be.

    A server is used by one thread at a time, serves for this process alone, and ends with it.

    Parameters
    ----------
    log
        File for what the server prints.
    modules
        What it loads.
    """

    def __init__(self, log: Path, modules: Sequence[str] = PRELOADED) -> None:
        self._log = log
        self._modules = modules
        self._server: _Server | None = None
        self._refused: tuple[tuple[Mapping[str, str], str], float, str] | None = None
        self._one_at_a_time = threading.Lock()

    def launch(
        self, plan: Plan, environment: Mapping[str, str], *, variables: Mapping[str, str], lock: int, log: int
    ) -> int:
        """Fork a supervisor that runs the plan and holds the run's lock; returns its pid.

        Parameters
        ----------
        environment, variables
            Environment variables: those in force when modules are loaded, and the worker's own besides.
        lock, log
            File descriptors of the run's lock and of the worker's log.

        Raises
        ------
        NotWarmError
            If that is not possible: nothing has been started.
        """
        if sys.platform != "linux":
            raise NotWarmError("this is not Linux")
        if plan.command[:2] != [sys.executable, "-m"]:
            raise NotWarmError(f"its Python is {plan.command[0]}, and this process's {sys.executable}")
        order = json.dumps({"plan": asdict(plan), "variables": dict(variables)}).encode() + b"\n"
        surroundings = (dict(environment), str(Path.cwd()))
        with self._one_at_a_time:
            if self._server is not None:
                with suppress(NotWarmError, OSError):  # it is of other times: code was edited, or it was killed
                    if self._server.surroundings == surroundings:
                        return _fork(self._server, order, lock=lock, log=log)
                self._discard()
            self._server = self._started(surroundings)
            try:
                return _fork(self._server, order, lock=lock, log=log)
            except (NotWarmError, OSError) as error:
                self._discard()
                raise NotWarmError(f"the process to fork it from failed ({error}); see {self._log}") from error

    def close(self) -> None:
        """End the server; workers go on."""
        with self._one_at_a_time:
            self._discard()

    def _discard(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None

    def _started(self, surroundings: tuple[Mapping[str, str], str]) -> _Server:
        if self._refused is not None:
            refused, until, reason = self._refused
            if refused == surroundings and time.monotonic() < until:
                raise NotWarmError(reason)
        try:
            return self._start(surroundings)
        except (NotWarmError, OSError) as error:
            reason = f"the process to fork it from failed ({error}); see {self._log}"
            self._refused = surroundings, time.monotonic() + RETRY_SECONDS, reason
            raise NotWarmError(reason) from error

    def _start(self, surroundings: tuple[Mapping[str, str], str]) -> _Server:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # Not to die with its parent: Linux means the thread that started it, of which Dagster has short-lived ones.
        with theirs, self._log.open("ab") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "feature_platform.routing.fork_server", str(theirs.fileno())),
                    *self._modules,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(surroundings[0]),
                start_new_session=True,  # Ctrl-C is for the launching process, whose end it sees
                pass_fds=[theirs.fileno()],
            )
        server = _Server(process, ours, surroundings)
        ours.settimeout(START_SECONDS)
        try:
            _heed(ours.recv(ANSWER_BYTES), server)
        except (NotWarmError, OSError):
            server.end()
            raise
        return server


def _fork(server: _Server, order: bytes, *, lock: int, log: int) -> int:
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(FORK_SECONDS)
        with theirs:
            socket.send_fds(server.control, [b"fork"], [theirs.fileno(), lock, log])
        ours.sendall(order)
        with ours.makefile("rb") as answers:
            said = _heed(answers.readline(), server)
        # Only now does the supervisor begin: whatever failed before has started nothing.
        ours.sendall(GO)
    return int(said["pid"])


def _heed(answer: bytes, server: _Server) -> dict[str, Any]:
    if not answer:
        raise NotWarmError(server.why_ended())
    said: dict[str, Any] = json.loads(answer)
    if said.get("refused"):
        raise NotWarmError(str(said["refused"]))
    return said
