"""What the GPU's benchmarks share: how an engine is asked, how a call is timed, and what ran. Run the others.

With `--dry` a machine without a GPU runs them all: numpy stands in for cupy and the CPU's engines for the GPU's, so
that programs, arguments and the form of the result are tried, and nothing else.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from feature_platform.features import extract_batch
from feature_platform.features.engines import KernelEngineName
from feature_platform.features.feature_sets import FEATURE_SETS

Floats = npt.NDArray[np.float64]


def parser(text: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--dry", action="store_true", help="without a GPU: stand-ins take its place")
    return made


def features(series: Floats, feature_set: str, *, gpu: bool, dry: bool) -> Floats:
    """Values (n_series, n_features): the one place that knows how an engine for features is named."""
    times = np.datetime64("2024-03-01", "us") + np.arange(series.shape[1]) * np.timedelta64(5, "m")
    engine: KernelEngineName = "gpu" if gpu and not dry else "native"
    return extract_batch(series, FEATURE_SETS[feature_set], times=times, engine=engine)[0]


def described_engines(*, gpu: bool, dry: bool) -> dict[str, dict[str, object]]:
    """The sections of a source's description that name engines."""
    engine = "gpu" if gpu and not dry else "cpu"
    features_engine = "gpu" if engine == "gpu" else "native"
    return {
        "preprocessing": {"engine": engine},
        "features": {"engine": features_engine, "reference_share": 0},
        "selection": {"engine": engine},
    }


def timed(call: Callable[[], Any], repeats: int) -> tuple[Any, float, float]:
    """The result, the seconds of the first call, and of the fastest of so many after it."""
    first, *later = (_seconds(call) for _ in range(repeats + 1))
    return later[-1][0], first[1], min(seconds for _, seconds in later)


def _seconds(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = call()
    return result, time.perf_counter() - began


def compared(cpu: tuple[Any, float, float], gpu: tuple[Any, float, float]) -> dict[str, float]:
    """Seconds of both, what each took at first, and how many times faster the GPU is."""
    return {
        "cpu_seconds": cpu[2],
        "gpu_seconds": gpu[2],
        "times_faster": cpu[2] / gpu[2],
        "cpu_first_seconds": cpu[1],
        "gpu_first_seconds": gpu[1],
    }


def largest_difference(one: Floats, other: Floats) -> float:
    """Relative to the larger of 1 and the value; infinite where only one is NaN."""
    if not np.array_equal(np.isnan(one), np.isnan(other)):
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - other) / np.maximum(np.abs(one), 1)
    return float(np.nanmax(np.where(one == other, 0, apart), initial=0))
