"""The containers of runs on one Docker engine: which devices they hold, and what is left of those that ended."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from docker.errors import DockerException, NotFound
from requests import RequestException

ENGINE_ERRORS = (DockerException, RequestException)
RUN_LABEL = "dagster/run_id"
DEVICE_LABEL = "feature_platform/device"
GRACE_LABEL = "feature_platform/grace_seconds"
NOT_STARTED = "created"
ENDED = ("exited", "dead")
ALIVE = (NOT_STARTED, "running", "paused", "restarting", "removing")

IsOver = Callable[[str], bool]
"""Whether a run of this id is known and finished."""


def container_name(run_id: str) -> str:
    """The name of a run's container; the engine takes a name once, so no run has two."""
    return f"feature-platform-{run_id}"


def free_device(client: Any, devices: Sequence[str], is_over: IsOver) -> str | None:  # noqa: ANN401 - docker ships no types
    """The first device that no container of a run holds; the engine knows, whatever became of who launched them."""
    taken = {
        container.labels[DEVICE_LABEL]
        for container in _listed(client, DEVICE_LABEL, ALIVE)
        # One that was never started holds its device only for as long as somebody may yet start it.
        if container.status != NOT_STARTED or not is_over(container.labels.get(RUN_LABEL, ""))
    }
    return next((device for device in devices if device not in taken), None)


def discard(client: Any, name: str) -> bool:  # noqa: ANN401 - as above
    """Remove the container of this name if it was never started; returns whether there is one that was."""
    with suppress(NotFound):
        container = client.containers.get(name)
        if container.status != NOT_STARTED:
            return True
        container.remove()
    return False


def remove_ended(client: Any, is_over: IsOver, *, before: datetime) -> None:  # noqa: ANN401 - as above
    """Remove the containers of runs that are over if they ended before a time, or were never started."""
    for container in _listed(client, RUN_LABEL, (*ENDED, NOT_STARTED)):
        if container.name != container_name(container.labels[RUN_LABEL]) or not is_over(container.labels[RUN_LABEL]):
            continue  # another deployment's, or still to be asked why it ended
        if container.status == NOT_STARTED or _ended_at(container) < before:
            with suppress(NotFound):  # somebody else was faster
                container.remove()


def told(error: Exception) -> str:
    """What an error of the engine says, or that it does not answer."""
    explanation = getattr(error, "explanation", None)
    if explanation:
        return str(explanation)
    return f"the Docker engine does not answer ({error}); see whether it runs, and whether this user may use its socket"


def labels_of_the_living(client: Any) -> dict[str, Mapping[str, str]]:  # noqa: ANN401 - as above
    """The labels of all workers' containers that live, by run; one question to the engine."""
    filters = {"label": GRACE_LABEL, "status": list(ALIVE)}
    found = client.api.containers(all=True, filters=filters)
    return {each["Labels"][RUN_LABEL]: each["Labels"] for each in found}


def _listed(client: Any, label: str, states: Sequence[str]) -> Iterator[Any]:  # noqa: ANN401 - as above
    filters = {"label": label, "status": list(states)}
    yield from client.containers.list(all=True, filters=filters, ignore_removed=True)


def _ended_at(container: Any) -> datetime:  # noqa: ANN401 - as above
    # Nanoseconds, which Python does not read: 2024-03-01T12:00:00.123456789Z.
    seconds: str = container.attrs["State"]["FinishedAt"][:19]
    return datetime.fromisoformat(seconds).replace(tzinfo=UTC)
