"""How much of what a route grants its runs used."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from feature_platform.eras.stage_costs import StageCost
from feature_platform.errors import RoutingError
from feature_platform.routing.local_share import memory_limit

MARGIN = 1.25
"""What a request should be above the most that was used: the next era may be larger."""
STEP_MIB = 256
LOW_SHARE = 0.6
"""A request of which less was used is too large."""
UNITS = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024, "Ti": 1024**2, "k": 1e3 / 2**20, "M": 1e6 / 2**20, "G": 1e9 / 2**20}
DOCKER_UNITS = {"b": 1 / 2**20, "k": 1 / 1024, "m": 1, "g": 1024}


@dataclass(frozen=True)
class RouteUse:
    """Of the measured stages of a route.

    `memory_mib` is the most that a worker held, `cores` how many its stages kept busy on average over their time,
    `busiest_cores` in the busiest stage; granted numbers are None where the route sets none, or not in a way that is
    known here.
    """

    route: str
    stages: int
    memory_mib: int
    granted_mib: int | None
    cores: float
    busiest_cores: float
    granted_cores: float | None

    @property
    def advice(self) -> str:
        """What to change, or that nothing is."""
        said = []
        if self.granted_mib is not None:
            wanted = ceil(self.memory_mib * MARGIN / STEP_MIB) * STEP_MIB
            if self.memory_mib < LOW_SHARE * self.granted_mib and wanted < self.granted_mib:
                said.append(f"memory is too large: {wanted:,} MiB would do")
            elif wanted > self.granted_mib:
                said.append(f"memory is tight: give {wanted:,} MiB")
        if self.granted_cores is not None and ceil(self.busiest_cores * MARGIN) < self.granted_cores:
            said.append(f"cores are too many: {max(1, ceil(self.busiest_cores * MARGIN))} would do")
        return "; ".join(said) or "fits"


def route_uses(costs: Iterable[StageCost], routes: Mapping[str, Mapping[str, Any]]) -> list[RouteUse]:
    """By route, of stages whose use was measured; `routes` is the config of each route in dagster.yaml."""
    by_route: defaultdict[str, list[StageCost]] = defaultdict(list)
    for cost in costs:
        if cost.memory_mib is not None and cost.cpu_seconds is not None and cost.seconds > 0:
            by_route[cost.route].append(cost)
    uses = []
    for route, measured in sorted(by_route.items()):
        busy = [(cost.cpu_seconds or 0.0, cost.seconds) for cost in measured]
        config = routes.get(route, {})
        uses.append(
            RouteUse(
                route=route,
                stages=len(measured),
                memory_mib=max(cost.memory_mib or 0 for cost in measured),
                granted_mib=granted_mib(config),
                cores=sum(cpu for cpu, _ in busy) / sum(seconds for _, seconds in busy),
                busiest_cores=max(cpu / seconds for cpu, seconds in busy),
                granted_cores=granted_cores(config),
            )
        )
    return uses


def granted_mib(config: Mapping[str, Any]) -> int | None:
    """The memory of a run by a route's config: a local limit, a pod's request, a container's limit."""
    try:
        local = memory_limit(memory_mib=config.get("memory_mib"), memory_percent=config.get("memory_percent"))
    except (RoutingError, TypeError):  # {env: NAME}, which only Dagster reads
        return None
    return (
        local
        or _quantity(_requests(config).get("memory"), UNITS)
        or _quantity(config.get("container_kwargs", {}).get("mem_limit"), DOCKER_UNITS)
    )


def granted_cores(config: Mapping[str, Any]) -> float | None:
    """The cores of a run by a route's config: local threads, or a pod's request."""
    threads, cpu = config.get("threads"), str(_requests(config).get("cpu", ""))
    if isinstance(threads, int):
        return float(threads)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", cpu)
    return float(found[1]) / (1000 if found[2] else 1) if found else None


def _requests(config: Mapping[str, Any]) -> Mapping[str, Any]:
    container = config.get("run_k8s_config", {}).get("container_config", {})
    requests: Mapping[str, Any] = container.get("resources", {}).get("requests", {})
    return requests


def _quantity(text: object, units: Mapping[str, float]) -> int | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(text))
    if found is None or found[2] not in {*units, ""}:
        return None
    return round(float(found[1]) * units.get(found[2], 1 / 2**20))
