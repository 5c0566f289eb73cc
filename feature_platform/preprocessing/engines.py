"""Which engine runs a plan: Polars on the CPU or cudf-polars on the GPU, and why."""

import importlib.util
import time
from dataclasses import dataclass
from typing import Literal

import polars as pl

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing.device import probe_device
from feature_platform.preprocessing.settings import EngineChoice

Engine = Literal["cpu", "gpu"]

GPU_FAILURES = (pl.exceptions.PolarsError, NotImplementedError, MemoryError, RuntimeError, ImportError, OSError)
"""What a GPU run ends with when an operation has no translation, memory runs out, or driver and wheels differ."""


@dataclass(frozen=True)
class Collected:
    """A plan's result, and how it came about."""

    frame: pl.DataFrame
    engine: Engine
    reason: str
    seconds: float


def collect(plan: pl.LazyFrame, choice: EngineChoice) -> Collected:
    """Run a plan: `auto` takes the GPU where there is one and falls back to the CPU, saying why.

    Raises
    ------
    PreprocessingError
        If the GPU is forced and cannot run the plan, or the plan's input cannot be read.
    """
    if choice == "cpu":
        return _collect_on_cpu(plan, "the settings ask for the CPU")
    obstacle = gpu_obstacle()
    if obstacle is None:
        try:
            return _collect_on_gpu(plan)
        except GPU_FAILURES as error:
            obstacle = f"the GPU engine failed: {type(error).__name__}: {error}"
            cause: BaseException | None = error
    else:
        cause = None
    if choice == "gpu":
        raise PreprocessingError(
            f"engine gpu is forced, but {obstacle}; set engine: auto, or run on a machine with a GPU and the gpu extra"
        ) from cause
    return _collect_on_cpu(plan, obstacle)


def gpu_obstacle() -> str | None:
    """Why no plan can run on a GPU here; None where one can. Imports nothing of RAPIDS."""
    probe = probe_device()
    if probe.count == 0:
        return probe.reason
    if importlib.util.find_spec("cudf_polars") is None:
        return "there is a GPU, but cudf_polars is not installed (the gpu extra)"
    return None


def _collect_on_gpu(plan: pl.LazyFrame) -> Collected:
    started = time.perf_counter()
    frame = plan.collect(engine=pl.GPUEngine(executor="in-memory", raise_on_fail=True))
    return Collected(frame, "gpu", "a GPU is there", time.perf_counter() - started)


def _collect_on_cpu(plan: pl.LazyFrame, reason: str) -> Collected:
    started = time.perf_counter()
    try:
        # Named, so that a later default of Polars does not change the order in which values are added up.
        frame = plan.collect(engine="in-memory")
    except (pl.exceptions.ComputeError, OSError) as error:
        raise PreprocessingError(f"the readings cannot be read: {error}; import their source files again") from error
    return Collected(frame, "cpu", reason, time.perf_counter() - started)
