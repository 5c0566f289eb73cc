"""What dagster.yaml says of containers, held to what Docker takes before the first run is launched."""

from collections.abc import Mapping, Sequence
from os import environ
from typing import Any

from dagster_docker.utils import validate_docker_image
from docker.constants import DEFAULT_DOCKER_API_VERSION
from docker.errors import DockerException
from docker.models.containers import RUN_CREATE_KWARGS, RUN_HOST_CONFIG_KWARGS
from docker.types import DeviceRequest, HostConfig

from feature_platform.errors import RoutingError
from feature_platform.routing.run_containers import DEVICE_LABEL, GRACE_LABEL

KWARGS = frozenset({*RUN_CREATE_KWARGS, *RUN_HOST_CONFIG_KWARGS, "ports", "volumes"})
INSTEAD: Mapping[str, str] = {
    "auto_remove": "why a container died is read after its end; write keep_hours instead",
    "command": "the launcher sets it",
    "detach": "the launcher sets it",
    "device_requests": "write devices instead",
    "environment": "write env or env_vars instead",
    "image": "write image instead",
    "mem_limit": "write memory_mib instead",
    "memswap_limit": "write memory_mib instead",
    "name": "the launcher names containers after their runs",
    "network": "write networks instead",
    "restart_policy": "a lost worker's run is retried in a new container",
    "stop_timeout": "write grace_seconds instead",
    "version": "the engine's is taken",
}


def check_container_config(config: Mapping[str, Any]) -> None:
    """Hold image, env_vars, networks and container_kwargs of a route to what can be launched.

    Raises
    ------
    RoutingError
        If one is not usable; the text begins with the key.
    """
    if config.get("image"):
        try:
            validate_docker_image(config["image"])  # type: ignore[no-untyped-call]
        except Exception as error:  # what dagster-docker raises
            raise RoutingError(f"image: {config['image']!r} is no name of an image; write NAME or NAME:TAG") from error
    _check_variables(config.get("env_vars") or ())
    if config.get("network") and config.get("networks"):
        raise RoutingError("network: networks is set too; keep one of them")
    _check_kwargs(config.get("container_kwargs") or {})


def worker_kwargs(kwargs: Mapping[str, Any], *, memory_mib: int | None, grace_seconds: int) -> dict[str, Any]:
    """A route's container_kwargs, with a limit of memory (MiB; no swap beside it) and the time to end in as a label."""
    limit = dict.fromkeys(("mem_limit", "memswap_limit"), f"{memory_mib}m") if memory_mib else {}
    # As the first process of a container Python would not hear SIGTERM before Dagster listens for it.
    return {"init": True, **kwargs, **limit, "labels": _labelled(kwargs, GRACE_LABEL, str(grace_seconds))}


def with_device(device: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What gives one GPU to a container with these kwargs, and labels it by the device."""
    return {
        "device_requests": [DeviceRequest(device_ids=[device], capabilities=[["gpu"]])],
        "labels": _labelled(kwargs, DEVICE_LABEL, device),
    }


def _labelled(kwargs: Mapping[str, Any], name: str, text: str) -> dict[str, str]:
    labels = kwargs.get("labels") or {}
    return (dict.fromkeys(labels, "") if isinstance(labels, list) else dict(labels)) | {name: text}


def _check_variables(variables: Sequence[str]) -> None:
    for variable in variables:
        if "=" not in variable and variable not in environ:
            raise RoutingError(
                f"env_vars: {variable} is not set here, so workers cannot be given it; set it, or write {variable}=..."
            )


def _check_kwargs(kwargs: Mapping[str, Any]) -> None:
    for key in kwargs:
        if key in INSTEAD:
            raise RoutingError(f"container_kwargs.{key}: cannot be set; {INSTEAD[key]}")
        if key not in KWARGS:
            raise RoutingError(f"container_kwargs.{key}: is nothing that Docker knows of a container; correct its name")
    for key in RUN_HOST_CONFIG_KWARGS:
        if key in kwargs:
            try:
                HostConfig(version=DEFAULT_DOCKER_API_VERSION, **{key: kwargs[key]})
            except (DockerException, TypeError, ValueError) as error:
                raise RoutingError(f"container_kwargs.{key}: Docker does not take {kwargs[key]!r} ({error})") from error
