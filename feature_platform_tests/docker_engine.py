"""A real Docker engine, and the image of this checkout that `make image` builds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docker.errors import DockerException, ImageNotFound

import docker

IMAGE = os.environ.get("FEATURE_PLATFORM_IMAGE", "feature-platform:cpu")
BASE = "debian:bookworm-slim"


class MissingDockerError(Exception):
    """No engine answers, or it has no image of ours."""


@contextmanager
def docker_engine() -> Iterator[Any]:
    """A client of the engine that DOCKER_HOST or the usual socket leads to.

    Raises
    ------
    MissingDockerError
        If there is none, or it has no image of this checkout.
    """
    try:
        client = docker.from_env()
        client.images.get(IMAGE)
    except ImageNotFound as error:
        raise MissingDockerError(f"the engine has no image {IMAGE}; run: make image") from error
    except DockerException as error:
        raise MissingDockerError(str(error)) from error
    try:
        yield client
    finally:
        client.close()
