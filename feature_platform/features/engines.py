"""The engines by name. What they compute with takes a second to import: most programs only ask for a version."""

import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from feature_platform.device.obstacle import find_obstacle
from feature_platform.errors import FeatureError
from feature_platform.features.engine import FeatureEngine

if TYPE_CHECKING:
    from feature_platform.features.native import NativeEngine

KernelEngineName = Literal["auto", "native", "gpu"]
EngineName = Literal["auto", "native", "gpu", "tsfresh"]

LIBRARIES = ("numba_cuda", "cupy", "rmm")

NATIVE_VERSION = "1"
"""Raised by hand whenever a value of the native engine may change."""


BREAK_EVEN_VALUES = 2**24
"""From here on a GPU pays for its own start. A guess: it has not been measured."""
FEWEST_SERIES = 1024
"""So many at least: a GPU computes few series no faster than one. A guess, as above."""
LONGEST_SERIES = 50_000
"""One thread, a fiftieth of a core, would compute a longer one for longer than a signal may wait."""


def make_engine(name: EngineName, *, series: int, length: int) -> FeatureEngine:
    """The engine for so many series of a length: `auto` is a GPU where there is one and they are worth it.

    Raises
    ------
    FeatureError
        If a GPU is asked for, and none can be used.
    """
    if name == "tsfresh":
        from feature_platform.features.reference import TsfreshEngine  # noqa: PLC0415 - see the module's text

        return TsfreshEngine()
    return make_kernel_engine(name, series=series, length=length)


def make_kernel_engine(name: KernelEngineName, *, series: int, length: int) -> "NativeEngine":
    """As `make_engine`, of the engines that have the kernels."""
    from feature_platform.features.native import NativeEngine  # noqa: PLC0415 - see the module's text

    if name == "native":
        return NativeEngine()
    obstacle = gpu_obstacle()
    if name == "auto":
        obstacle = obstacle or _not_worth_it(series, length)
    elif obstacle:
        raise FeatureError(
            f"engine gpu is forced, but {obstacle}; set engine: auto, or run on a machine with a GPU and the gpu extra"
        )
    if obstacle:
        return NativeEngine(obstacle)
    from feature_platform.features.gpu.engine import GpuEngine  # noqa: PLC0415 - see the module's text

    return GpuEngine(forced=name == "gpu")


def gpu_obstacle() -> str | None:
    """Why no features can be computed on a GPU here; None where they can. Imports nothing of CUDA."""
    fault = find_obstacle(*LIBRARIES)
    return None if fault is None else fault.detail


def _not_worth_it(series: int, length: int) -> str | None:
    if length > LONGEST_SERIES:
        return f"series of {length:,} values are too long for a GPU's threads (at most {LONGEST_SERIES:,})"
    if series < FEWEST_SERIES or series * length < BREAK_EVEN_VALUES:
        return (
            f"{series:,} series of {length:,} values are not worth a GPU's start (from {FEWEST_SERIES:,} series and "
            f"{BREAK_EVEN_VALUES:,} values on)"
        )
    return None


def kernels_name(name: EngineName) -> str:
    """What decides the values: the kernels, wherever they run, or tsfresh."""
    return "tsfresh" if name == "tsfresh" else "native"


def engine_version(name: str) -> str:
    """An engine's version, which every stored feature carries."""
    return version("tsfresh") if name == "tsfresh" else NATIVE_VERSION


def default_threads() -> int:
    """TSFRESH_N_JOBS or NUMBA_NUM_THREADS, which routes set for their workers, else the cores that are free to use."""
    named = os.environ.get("TSFRESH_N_JOBS") or os.environ.get("NUMBA_NUM_THREADS") or "0"
    return (int(named) if named.isdecimal() else 0) or len(os.sched_getaffinity(0))
