"""What a local route gives each of its workers of the machine: threads, memory, devices."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from os import sysconf
from pathlib import Path

import dagster as dg

from feature_platform.errors import RoutingError

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Of a container, in version 2 and in version 1 of control groups."""
MIB = 2**20
SHARE_FIELDS: Mapping[str, dg.Field] = {
    "env": dg.Field({str: dg.StringSource}, is_required=False),
    "threads": dg.Field(dg.IntSource, is_required=False),
    "tsfresh_n_jobs": dg.Field(dg.IntSource, is_required=False),
    "devices": dg.Field(dg.Array(dg.Any), is_required=False),
    "memory_mib": dg.Field(dg.IntSource, is_required=False),
    "memory_percent": dg.Field(dg.IntSource, is_required=False),
    "grace_seconds": dg.Field(dg.IntSource, is_required=False, default_value=30),
}
"""The keys in dagster.yaml of a route on one machine, as processes or as containers."""
WHOLE_PERCENT = 100


def worker_environment(
    *, threads: int | None, tsfresh_n_jobs: int | None, env: Mapping[str, str] | None
) -> dict[str, str]:
    """The environment variables of a worker; `env` wins.

    Raises
    ------
    RoutingError
        If a number is below 1.
    """
    for name, number in (("threads", threads), ("tsfresh_n_jobs", tsfresh_n_jobs)):
        _refuse_below_one(name, number)
    environment = dict.fromkeys(THREAD_VARIABLES, str(threads)) if threads else {}
    if tsfresh_n_jobs:
        environment["TSFRESH_N_JOBS"] = str(tsfresh_n_jobs)
    return environment | dict(env or {})


def memory_limit(*, memory_mib: int | None, memory_percent: int | None) -> int | None:
    """A worker's limit in MiB: as given, or a share of the machine's memory (of the container's, if it has less).

    Raises
    ------
    RoutingError
        If both are given, or one is out of range.
    """
    _refuse_below_one("memory_mib", memory_mib)
    if memory_percent is None:
        return memory_mib
    if memory_mib is not None:
        raise RoutingError("memory_percent: memory_mib is set too; keep one of them")
    if not 1 <= memory_percent <= WHOLE_PERCENT:
        raise RoutingError(f"memory_percent: {memory_percent} is no share of the memory; write a number from 1 to 100")
    return max(1, _machine_mib() * memory_percent // WHOLE_PERCENT)


def device_names(devices: Sequence[object]) -> list[str]:
    """Devices by index or UUID, as text.

    Raises
    ------
    RoutingError
        If one is neither, or is there twice.
    """
    names: list[str] = []
    for device in devices:
        usable = (isinstance(device, str) and device.strip()) or (type(device) is int and device >= 0)
        if not usable or str(device) in names:
            raise RoutingError(f"devices: {device!r} is no device; write each GPU's index or UUID once, such as [0, 1]")
        names.append(str(device))
    return names


def _machine_mib() -> int:
    total = sysconf("SC_PHYS_PAGES") * sysconf("SC_PAGE_SIZE")
    for file in CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # not there, or "max"
            total = min(total, int(Path(file).read_text(encoding="ascii")))
    return total // MIB


def _refuse_below_one(name: str, number: int | None) -> None:
    if number is not None and number < 1:
        raise RoutingError(f"{name}: {number} is below 1; write a larger number, or leave it out")
