"""Kernels compiled for NVIDIA GPUs by numba-cuda: one thread for each series.

Untried on a device so far: tests run this under the simulator (NUMBA_ENABLE_CUDASIM=1).
"""

from functools import cache
from typing import Any

from numba import cuda

from feature_platform.features.calculators.kernel import (
    ComplexArray,
    FloatArray,
    IntArray,
    KernelFunction,
    Scratch,
    Series,
)
from feature_platform.features.calculators.retarget import retarget

# Contraction into fused operations flips thresholds that tsfresh computes without.
DEVICE_OPTIONS = {"device": True, "fastmath": False}

_helpers: dict[Any, Any] = {}


@cache
def device_loop(function: KernelFunction) -> Any:  # noqa: ANN401 - numba ships no types
    """A CUDA kernel that runs a calculators' kernel over a batch, as `cpu.compile.run_batch` does.

    All arrays but `rows`, `table` and `stop` are 2-d with a row for each series; work space too: threads share none.
    """
    kernel = cuda.jit(**DEVICE_OPTIONS)(retarget(function, cuda.jit(**DEVICE_OPTIONS), _helpers))

    def run_batch(
        x: FloatArray,
        moments: FloatArray,
        ordered: FloatArray,
        spectrum: ComplexArray,
        density: FloatArray,
        hours: FloatArray,
        rows: FloatArray,
        table: FloatArray,
        out: FloatArray,
        floats: FloatArray,
        integers: IntArray,
        stack: FloatArray,
        stop: IntArray,
    ) -> None:
        i = cuda.grid(1)
        if i < x.shape[0]:
            when = hours[min(i, hours.shape[0] - 1)]
            series = Series(x[i], moments[i], ordered[i], spectrum[i], density[i], when)
            kernel(series, rows, table, out[i], Scratch(floats[i], integers[i], stack[i], stop))

    return cuda.jit(run_batch)
