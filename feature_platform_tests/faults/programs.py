"""Dagster's long-running programs as processes that a test kills and starts again."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PATIENCE_SECONDS = 400
POLL_SECONDS = 0.5
QUICK_DAEMON = """
from dagster._daemon import controller
controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 2
from dagster._daemon.cli import main
main()
"""
"""Dagster's daemon, which looks at backfills every 2 s instead of every 30."""


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition, or fail with `what` did not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(POLL_SECONDS)


@dataclass
class Program:
    """A command that can be killed and started again."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, in a process group of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 the program itself; what it started lives on."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def children(self, word: str) -> list[int]:
        """Pids of its children that have a word in their command line."""
        assert self.process is not None
        own = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in own if word in Path(f"/proc/{pid}/cmdline").read_text()]


@contextmanager
def running(program: Program) -> Iterator[Program]:
    """Start a program, and end whatever then goes by its name."""
    program.start()
    try:
        yield program
    finally:
        program.stop()


def daemon(home: Path, environment: Mapping[str, str]) -> Program:
    """The daemon of a Dagster home."""
    command = [sys.executable, "-c", QUICK_DAEMON, "run", "-w", str(home / "workspace.yaml")]
    return Program(command, environment, home / "daemon.log")


def webserver(home: Path, environment: Mapping[str, str], port: int) -> Program:
    """The webserver of a Dagster home, on loopback."""
    address = ["-h", "127.0.0.1", "-p", str(port)]
    command = [sys.executable, "-m", "dagster_webserver", "-w", str(home / "workspace.yaml"), *address]
    return Program(command, environment, home / "webserver.log")


def ask(port: int, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the webserver's GraphQL answers, once it answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            body = {"query": query, "variables": variables or {}}
            answer = requests.post(f"http://127.0.0.1:{port}/graphql", json=body, timeout=PATIENCE_SECONDS)
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the webserver does not answer"
            time.sleep(POLL_SECONDS)
        else:
            found: dict[str, Any] = answer.json()["data"]
            return found
