"""How many runs of each compute class may run at once, as dagster.yaml says it."""

import os
from collections.abc import Mapping

from feature_platform.errors import RoutingError
from feature_platform.routing.tags import COMPUTE

AUTO = "auto"
DEFAULT_LIMITS: Mapping[str, str | int] = {"cpu": AUTO, "gpu": 1}


def parse_limits(limits: Mapping[str, object]) -> dict[str, int]:
    """Read a number of runs by compute class; `auto` is half of the cores, two at least; `{env: NAME}` is looked up.

    Raises
    ------
    RoutingError
        If there is no class, or a limit is none of these; the text names the key.
    """
    if not limits:
        raise RoutingError("dagster.yaml, run_coordinator.config.limits: is empty; name at least one compute class")
    return {compute: _parse(limit, f"run_coordinator.config.limits.{compute}") for compute, limit in limits.items()}


def tag_limits(limits: Mapping[str, int]) -> list[dict[str, object]]:
    """The limits as Dagster's tag_concurrency_limits."""
    return [{"key": COMPUTE, "value": compute, "limit": limit} for compute, limit in limits.items()]


def _parse(limit: object, key: str) -> int:
    match limit:
        case {"env": str(name), **others} if not others:
            if name not in os.environ:
                raise RoutingError(
                    f"dagster.yaml, {key}: environment variable {name} is not set; set it for webserver "
                    "and daemon, or write a number"
                )
            limit = os.environ[name]
    match limit:
        case bool():
            pass
        case "auto":
            cores = len(os.sched_getaffinity(0))
            return max(min(cores, 2), cores // 2)
        case int() if limit >= 0:
            return limit
        case str() if limit.isdecimal():
            return int(limit)
    raise RoutingError(f"dagster.yaml, {key}: {limit!r} is no number of runs; write a whole number from 0, or {AUTO}")
