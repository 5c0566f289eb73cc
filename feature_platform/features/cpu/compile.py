"""Kernels compiled for the CPU."""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Any

import numba
from numba import types

from feature_platform.features.calculators.kernel import FloatArray, KernelFunction, Scratch, Series
from feature_platform.features.calculators.moments import write_moments
from feature_platform.features.calculators.retarget import retarget
from feature_platform.features.cpu.cache import kernel_cache

FLOATS = types.Array(types.float64, 1, "C")
FLOATS_2D = types.Array(types.float64, 2, "C")
COMPLEX = types.Array(types.complex128, 1, "C")
COMPLEX_2D = types.Array(types.complex128, 2, "C")
INTEGERS = types.Array(types.int64, 1, "C")

SERIES = types.NamedTuple((FLOATS, FLOATS, FLOATS, COMPLEX, FLOATS, FLOATS), Series)
SCRATCH = types.NamedTuple((FLOATS, INTEGERS, FLOATS), Scratch)
KERNEL = types.void(SERIES, FLOATS_2D, FLOATS_2D, FLOATS, SCRATCH)

# No fastmath and so no contraction into fused operations: they flip thresholds that tsfresh computes without.
OPTIONS = {"nogil": True, "error_model": "numpy"}

Compiled = Any
"""A numba dispatcher: numba ships no types."""


_helpers: dict[Callable[..., Any], Compiled] = {}


@cache
def compiled(function: KernelFunction) -> Compiled:
    """A kernel with its one signature, from the cache where it was compiled before."""
    with kernel_cache() as cached:
        copy = retarget(function, lambda helper: numba.njit(helper, cache=cached, **OPTIONS), _helpers)
        return numba.njit(KERNEL, cache=cached, **OPTIONS)(copy)


@cache
def pointer(function: KernelFunction) -> types.CompileResultWAP:
    """A compiled kernel as `batch_loop` takes it: asked for its address once, not at each call."""
    return types.CompileResultWAP(compiled(function).get_compile_result(KERNEL))


def warm_kernels(functions: Iterable[KernelFunction]) -> int:
    """Compile kernels, the moments that all need, and the loop over a batch; how many were not in the cache."""
    dispatchers = [batch_loop(), *(compiled(function) for function in (write_moments, *functions))]
    return sum(sum(dispatcher.stats.cache_misses.values()) for dispatcher in dispatchers)


@lru_cache(maxsize=1)
def batch_loop() -> Compiled:
    """`run_batch`, compiled; it takes kernels as function pointers, so it is compiled once for all of them."""
    signature = types.void(
        types.FunctionType(KERNEL),
        *(FLOATS_2D, FLOATS_2D, FLOATS_2D, COMPLEX_2D, FLOATS_2D, FLOATS_2D),
        *(FLOATS_2D, FLOATS_2D, FLOATS_2D),
        *(types.int64, types.int64, SCRATCH),
    )
    with kernel_cache() as cached:
        return numba.njit(signature, cache=cached, **OPTIONS)(run_batch)


def run_batch(
    kernel: KernelFunction,
    x: FloatArray,
    moments: FloatArray,
    ordered: FloatArray,
    spectrum: Any,  # noqa: ANN401 - complex; mypy takes the parameters of a compiled function for what they are
    density: FloatArray,
    hours: FloatArray,
    rows: FloatArray,
    table: FloatArray,
    out: FloatArray,
    first: int,
    last: int,
    scratch: Scratch,
) -> None:
    """Run a kernel over the series `first` to `last` of a batch; `hours` has one row for all series, or one each."""
    for i in range(first, last):
        when = hours[min(i, hours.shape[0] - 1)]
        series = Series(x[i], moments[i], ordered[i], spectrum[i], density[i], when)
        kernel(series, rows, table, out[i], scratch)
