"""Which engine runs a plan: Polars on the CPU or cudf-polars on the GPU, and why."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import polars as pl

from feature_platform.device.faults import Fault, classify, device_errors
from feature_platform.device.memory import shared_pool
from feature_platform.device.obstacle import find_obstacle, remember
from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing.settings import EngineChoice

Engine = Literal["cpu", "gpu"]
Run = Callable[[pl.LazyFrame], pl.DataFrame]
"""Collects a plan on an engine."""

LIBRARIES = ("cudf_polars", "rmm", "cupy")

Result = TypeVar("Result")


@dataclass(frozen=True)
class Collected(Generic[Result]):
    """What was collected, and how it came about."""

    result: Result
    engine: Engine
    reason: str
    seconds: float


def collect(
    whole: Callable[[Run], Result], pieces: Callable[[Run], tuple[Result, int]], choice: EngineChoice
) -> Collected[Result]:
    """Run plans on an engine: `auto` takes the GPU where there is one and falls back to the CPU, saying why.

    `whole` runs all at once. Where that is more than the GPU's memory holds, `pieces` does the same a part at a time,
    and says in how many.

    Raises
    ------
    PreprocessingError
        If the GPU is forced and cannot run the plan, or the plan's input cannot be read.
    """
    if choice == "cpu":
        return _collect_on_cpu(whole, "the settings ask for the CPU")
    fault = find_obstacle(*LIBRARIES)
    if fault is None:
        try:
            return _collect_on_gpu(whole, pieces)
        except device_errors() as error:
            fault, cause = classify(error), error
            remember(fault)
        obstacle = f"the GPU engine failed: {fault}"
    else:
        obstacle, cause = fault.detail, None
    if choice == "gpu":
        raise PreprocessingError(
            f"engine gpu is forced, but {obstacle}; set engine: auto, or run on a machine with a GPU and the gpu extra"
        ) from cause
    return _collect_on_cpu(whole, obstacle)


def _collect_on_gpu(whole: Callable[[Run], Result], pieces: Callable[[Run], tuple[Result, int]]) -> Collected[Result]:
    started = time.perf_counter()
    reason = "a GPU is there"
    try:
        result = whole(_run_on_gpu)
    except device_errors() as error:
        if classify(error).fault is not Fault.OUT_OF_MEMORY:
            raise
        result, count = pieces(_run_on_gpu)
        reason += f"; in {count} pieces, since all at once is more than its memory holds"
    return Collected(result, "gpu", reason, time.perf_counter() - started)


def _run_on_gpu(plan: pl.LazyFrame) -> pl.DataFrame:
    return plan.collect(engine=pl.GPUEngine(memory_resource=shared_pool(), executor="in-memory", raise_on_fail=True))


def _collect_on_cpu(whole: Callable[[Run], Result], reason: str) -> Collected[Result]:
    started = time.perf_counter()
    try:
        result = whole(_run_on_cpu)
    except (pl.exceptions.ComputeError, OSError) as error:
        raise PreprocessingError(f"the readings cannot be read: {error}; import their source files again") from error
    return Collected(result, "cpu", reason, time.perf_counter() - started)


def _run_on_cpu(plan: pl.LazyFrame) -> pl.DataFrame:
    # Named, so that a later default of Polars does not change the order in which values are added up.
    return plan.collect(engine="in-memory")
