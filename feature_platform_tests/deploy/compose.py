"""docker/compose.yaml up on a real engine, under names and ports of its own."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request, urlopen

from feature_platform.orchestration.jobs import ERA_JOB
from feature_platform_tests.docker_engine import IMAGE, MissingDockerError
from feature_platform_tests.routing.home import REPOSITORY

NAME = "feature_platform_test"
PGBOUNCER = "feature-platform:test-pgbouncer"
POSTGRES = "postgres:16-bookworm"
PATIENCE_SECONDS = 600
LAUNCH = """
mutation ($given: ExecutionParams!) {
  launchRun(executionParams: $given) {
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
RUNS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"


@dataclass(frozen=True)
class Run:
    """A run as the UI shows it."""

    run_id: str
    job: str
    status: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Deployment:
    """A copy of docker/ in which network and volumes have names that nobody else uses."""

    folder: Path
    port: int

    @classmethod
    def copied(cls, folder: Path) -> "Deployment":
        """Nothing runs yet; its secrets are made."""
        shutil.copytree(REPOSITORY / "docker", folder, ignore=shutil.ignore_patterns(".env", "secrets"))
        renamed = {
            "compose.yaml": {"name: feature_platform": 3},
            "dagster.yaml": {"network: feature_platform": 1, '"feature_platform_data:': 1},
        }
        for file, phrases in renamed.items():
            text = (folder / file).read_text(encoding="utf-8")
            for phrase, count in phrases.items():
                assert text.count(phrase) == count, f"{file} says {phrase!r} {text.count(phrase)} times"
                text = text.replace(phrase, phrase.replace("feature_platform", NAME))
            (folder / file).write_text(text, encoding="utf-8")
        subprocess.run([folder / "secrets.sh"], check=True)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            return cls(folder, taken.getsockname()[1])

    def __call__(
        self, *words: str, image: str = IMAGE, fails: bool = False, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        """Run docker compose; it must end as is said."""
        done = subprocess.run(
            self.command(*words), env=self.environment(image), capture_output=True, text=True, check=False, **options
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done

    def command(self, *words: str) -> list[str]:
        """The words of a command for Compose 2 where it is there, else for its forerunner."""
        return [*_program(), "--project-name", NAME, "--file", str(self.folder / "compose.yaml"), *words]

    def environment(self, image: str) -> dict[str, str]:
        """What compose.yaml is to read."""
        return os.environ | {"IMAGE": image, "PGBOUNCER_IMAGE": PGBOUNCER, "UI_PORT": str(self.port)}

    def container(self, engine: Any, service: str) -> Any:
        """The container of a service."""
        labels = [f"com.docker.compose.project={NAME}", f"com.docker.compose.service={service}"]
        (found,) = [
            each
            for each in engine.containers.list(all=True, filters={"label": labels})
            if each.labels.get("com.docker.compose.oneoff", "False") == "False"
        ]
        return found

    def runs(self) -> list[Run]:
        """All runs, the oldest first, from the webserver."""
        results = self._asked(RUNS)["runsOrError"]["results"]
        return [
            Run(each["runId"], each["jobName"], each["status"], {tag["key"]: tag["value"] for tag in each["tags"]})
            for each in reversed(results)
        ]

    def launch(self, era_id: str) -> str:
        """Launch the four stages of an era as the UI does; returns the run's id."""
        location = {"repositoryLocationName": "feature_platform", "repositoryName": "__repository__"}
        tags = [{"key": "dagster/partition", "value": era_id}]
        given = {
            "selector": location | {"jobName": ERA_JOB},
            "runConfigData": "{}",
            "executionMetadata": {"tags": tags},
        }
        answer = self._asked(LAUNCH, given=given)["launchRun"]
        assert "run" in answer, answer
        return str(answer["run"]["runId"])

    def _asked(self, query: str, **variables: object) -> Any:
        asked = Request(
            f"http://127.0.0.1:{self.port}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=60) as answer:  # noqa: S310 - our own webserver
            return json.load(answer)["data"]

    def remove(self, engine: Any) -> None:
        """Everything, data and ended runs too."""
        for container in engine.containers.list(all=True, filters={"label": "dagster/run_id"}):
            if NAME in container.attrs["NetworkSettings"]["Networks"]:
                container.remove(force=True)
        self("--profile", "cli", "down", "--volumes", "--remove-orphans", timeout=PATIENCE_SECONDS)


Found = TypeVar("Found")


def waited(look: Callable[[], Found | None], what: str) -> Found:
    """What is found at last."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.2)
    return found


def docker_client() -> str:
    """Debian's client before another that the PATH may have, as the Makefile takes it."""
    return shutil.which("/usr/bin/docker") or "docker"


def _program() -> list[str]:
    version = subprocess.run([docker_client(), "compose", "version"], capture_output=True, check=False)
    if version.returncode == 0:
        return [docker_client(), "compose"]
    compose = shutil.which("docker-compose")
    if compose is None:
        raise MissingDockerError("there is no Compose; install Debian's package: apt-get install docker-compose")
    return [compose]
