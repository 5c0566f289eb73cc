"""Starts the supervisors of local workers: as forks of a warm process where that can be, else as programs."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from feature_platform.routing import supervisor
from feature_platform.routing.supervisor import Plan
from feature_platform.routing.warm_workers import NotWarmError, WarmWorkers
from feature_platform.routing.worker_process import WORKER_VARIABLE


class SupervisorStart:
    """Starts supervisors whose workers have these environment variables, and buries those that were programs.

    Parameters
    ----------
    warm
        Forks them; without it each is a program.
    """

    def __init__(self, warm: WarmWorkers | None) -> None:
        self._warm = warm
        self._programs: list[subprocess.Popen[bytes]] = []

    def start(
        self, plan: Plan, environment: Mapping[str, str], *, run_id: str, lock: IO[str], log_file: Path
    ) -> str | None:
        """Start the plan's supervisor; returns why it is no fork, where it should have been one."""
        variables, reason = {WORKER_VARIABLE: run_id}, None
        with log_file.open("ab") as log:
            if self._warm is not None:
                try:
                    self._warm.launch(plan, environment, variables=variables, lock=lock.fileno(), log=log.fileno())
                except NotWarmError as error:
                    reason = str(error)
                else:
                    return None
            program = subprocess.Popen(
                supervisor.command(plan),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**environment, **variables},
                start_new_session=True,  # Ctrl-C at the daemon ends the daemon, not its workers
                pass_fds=[lock.fileno()],
            )
        self._programs.append(program)
        return reason

    def bury(self) -> None:
        """Take notice of those that ended."""
        self._programs = [program for program in self._programs if program.poll() is None]

    def close(self) -> None:
        """End the warm process; supervisors and workers go on."""
        if self._warm is not None:
            self._warm.close()
