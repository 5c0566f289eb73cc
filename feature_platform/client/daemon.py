"""A Dagster daemon for as long as it is needed: the queue stands still without one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon

from feature_platform.errors import FeaturePlatformError

HEARTBEAT_SECONDS = 45
"""Dagster's daemons write one every 30 s."""
START_SECONDS = 120
STOP_SECONDS = 30


@contextmanager
def running_daemon(instance: dg.DagsterInstance, workspace: Path) -> Iterator[None]:
    """Use the deployment's daemon where it is alive, else start one and stop it at the end.

    Raises
    ------
    FeaturePlatformError
        If a daemon that was started here ends at once; its log is named.
    """
    if is_daemon_alive(instance):
        yield
        return
    log = Path(instance.root_directory) / "logs" / "daemon.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=os.environ,
            start_new_session=True,
        )
    try:
        _wait_until_alive(instance, process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Else the next command would take this daemon's last heartbeat for a living one.
        instance.wipe_daemon_heartbeats()


def is_daemon_alive(instance: dg.DagsterInstance, *, within_seconds: float = HEARTBEAT_SECONDS) -> bool:
    """Whether the daemon that dequeues runs gave a sign of life lately."""
    heartbeat = instance.get_daemon_heartbeats().get(QueuedRunCoordinatorDaemon.daemon_type())
    return heartbeat is not None and time.time() - heartbeat.timestamp < within_seconds


def _wait_until_alive(instance: dg.DagsterInstance, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_daemon_alive(instance):
        if process.poll() is not None:
            raise FeaturePlatformError(f"the Dagster daemon ended at once (exit code {process.returncode}); see {log}")
        if time.monotonic() > deadline:
            raise FeaturePlatformError(f"the Dagster daemon gave no sign of life in {START_SECONDS} s; see {log}")
        time.sleep(0.2)
