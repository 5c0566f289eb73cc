"""Kernels compiled for the CPU."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import scipy.linalg.cython_blas  # noqa: F401 - numba imports it at a process's first kernel, where somebody waits
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from feature_platform.features.calculators.kernel import FloatArray, KernelFunction, Scratch, Series
from feature_platform.features.calculators.retarget import retarget
from feature_platform.features.cpu.cache import KernelCache

FLOATS = types.Array(types.float64, 1, "C")
FLOATS_2D = types.Array(types.float64, 2, "C")
COMPLEX = types.Array(types.complex128, 1, "C")
COMPLEX_2D = types.Array(types.complex128, 2, "C")
INTEGERS = types.Array(types.int64, 1, "C")

SERIES = types.NamedTuple((FLOATS, FLOATS, FLOATS, COMPLEX, FLOATS, FLOATS), Series)
SCRATCH = types.NamedTuple((FLOATS, INTEGERS, FLOATS, INTEGERS), Scratch)
KERNEL = types.void(SERIES, FLOATS_2D, FLOATS_2D, FLOATS, SCRATCH)
LOOP = types.void(
    types.int64,
    *(FLOATS_2D, FLOATS_2D, FLOATS_2D, COMPLEX_2D, FLOATS_2D, FLOATS_2D),
    *(FLOATS_2D, FLOATS_2D, FLOATS_2D),
    *(types.int64, types.int64, SCRATCH),
)

# No fastmath and so no contraction into fused operations: they flip thresholds that tsfresh computes without.
OPTIONS = {"nogil": True, "error_model": "numpy"}

Compiled = Any
"""A numba dispatcher: numba ships no types."""


_helpers: dict[Callable[..., Any], Compiled] = {}


@cache
def compiled(function: KernelFunction) -> Compiled:
    """A kernel with its one signature, from the cache where it was compiled before."""
    return kept(function, KERNEL, no_cpython_wrapper=True)


def kept(function: Callable[..., Any], signature: Any, **options: Any) -> Compiled:  # noqa: ANN401 - numba ships no types
    """A function compiled with its helpers for one signature, from the cache where it was compiled before."""
    # What a function calls is in its own machine code, and only compiled code calls either.
    copy = retarget(function, lambda helper: numba.njit(helper, no_cpython_wrapper=True, **OPTIONS), _helpers)
    dispatcher = numba.njit(copy, **OPTIONS, **options)
    dispatcher._cache = KernelCache(copy)  # noqa: SLF001 - what `cache=True` does, with numba's own class
    dispatcher.compile(signature)
    dispatcher.disable_compile()
    return dispatcher


@cache
def address(function: KernelFunction) -> int:
    """Where a compiled kernel is, as `run_batch` takes it; good as long as this process runs."""
    found: int = types.CompileResultWAP(compiled(function).get_compile_result(KERNEL)).__wrapper_address__()
    return found


@intrinsic  # type: ignore[untyped-decorator]
def kernel_at(_context: Any, _address: Any) -> Any:  # noqa: ANN401 - numba ships no types
    """The compiled kernel at an address: numba takes 40 microseconds to hand a function itself over, at each call."""
    function = types.FunctionType(KERNEL)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - as above
        pointer = cgutils.create_struct_proxy(function)(context, builder)
        pointer.c_addr = builder.inttoptr(arguments[0], cgutils.voidptr_t)
        return pointer._getvalue()  # noqa: SLF001 - numba's own way

    return function(types.int64), generate


@cache
def batch_loop() -> Compiled:
    """`run_batch`, compiled; it takes kernels by their addresses, so it is compiled once for all of them."""
    return kept(run_batch, LOOP)


@cache
def batch_call() -> Callable[..., None]:
    """`batch_loop` as a function that takes arguments for what they are said to be.

    A dispatcher looks at the type of each first, which takes as long as computing some series. Arrays must be
    contiguous and of the dtypes of `Series`.
    """
    call: Callable[..., None] = batch_loop().get_compile_result(LOOP).entry_point
    return call


def run_batch(
    place: int,
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
    """Run the kernel at an address over the series `first` to `last` of a batch, or until `scratch.stop` is set.

    `hours` has one row for all series, or one each.
    """
    kernel = kernel_at(place)
    for i in range(first, last):
        if scratch.stop[0] != 0:
            return
        when = hours[min(i, hours.shape[0] - 1)]
        series = Series(x[i], moments[i], ordered[i], spectrum[i], density[i], when)
        kernel(series, rows, table, out[i], scratch)
