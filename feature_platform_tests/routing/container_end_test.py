"""Why a container died is read from what Docker's engine (20.10) was seen to say of such containers."""

from typing import Any

import pytest

from feature_platform.routing.container_end import docker_end

AFTER = {"Running": False, "Paused": False, "Restarting": False, "Dead": False, "Pid": 0}
TIMES = {"StartedAt": "2026-11-26T03:59:48.246538324Z", "FinishedAt": "2026-11-26T03:59:48.317190809Z"}
NEVER = {"StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"}


def inspected(code: int, *, oom_killed: bool = False, memory: int = 0, **state: str) -> dict[str, Any]:
    told = {"Status": "exited", **AFTER, "OOMKilled": oom_killed, "ExitCode": code, "Error": "", **TIMES, **state}
    return {"Name": "/feature-platform-1a2b", "State": told, "HostConfig": {"Memory": memory}}


@pytest.mark.parametrize(
    ("container", "cause", "words"),
    [
        (inspected(137, oom_killed=True, memory=32 * 2**20), "out_of_memory", "limit of 32 MiB (exit code 137, OOMKi"),
        # A child was killed, and the program that had started it ended by itself.
        (inspected(3, oom_killed=True, memory=32 * 2**20), "out_of_memory", "memory limit of 32 MiB (exit code 3"),
        (inspected(137, oom_killed=True), "out_of_memory", "killed for its memory limit (exit code 137, OOMKilled)"),
        (inspected(112), "out_of_memory", "ran out of memory (exit code 112)"),
        (inspected(143), "preempted", "preempted by SIGTERM (exit code 143)"),
        (inspected(137), "killed", "killed by a signal (exit code 137)"),
        (inspected(1), "failed", "container feature-platform-1a2b ended (exit code 1)"),
        (inspected(0), "finished", "left the run unfinished"),
        (
            inspected(128, Status="created", Error='could not select device driver ""', **NEVER),
            "failed",
            '(exit code 128, could not select device driver "")',
        ),
    ],
)
def test_why_a_container_died_is_read_from_what_docker_says(container: dict[str, Any], cause: str, words: str) -> None:
    end = docker_end(container)
    assert end.cause == cause
    assert words in end.text


def test_a_container_that_was_killed_for_its_limit_held_as_much() -> None:
    assert docker_end(inspected(137, oom_killed=True, memory=512 * 2**20)).memory_mib == 512
    assert docker_end(inspected(137, memory=512 * 2**20)).memory_mib is None
