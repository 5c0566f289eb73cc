"""Kernels compiled for NVIDIA GPUs by numba-cuda.

Never run on a device so far: tests run this under the simulator (NUMBA_ENABLE_CUDASIM=1), and compile it to PTX.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from numba import config, cuda, types

from feature_platform.features.calculators.kernel import (
    ComplexArray,
    FloatArray,
    IntArray,
    KernelFunction,
    Scratch,
    Series,
)
from feature_platform.features.calculators.retarget import retarget
from feature_platform.features.gpu.cache import keep_compiled
from feature_platform.features.gpu.contraction import without_contraction

Loop = Callable[..., None]

BY_SERIES = types.Array(types.float64, 2, "A")
COMPLEX_BY_SERIES = types.Array(types.complex128, 2, "A")
INTEGERS_BY_SERIES = types.Array(types.int64, 2, "A")
"""Of any layout: time-major, so that threads side by side read side by side."""
ROWS = types.Array(types.float64, 2, "C")
STOP = types.Array(types.int64, 1, "C")

SIGNATURE = types.void(
    *(BY_SERIES, BY_SERIES, BY_SERIES, COMPLEX_BY_SERIES, BY_SERIES, BY_SERIES),
    *(ROWS, ROWS, BY_SERIES, BY_SERIES, INTEGERS_BY_SERIES, BY_SERIES, STOP),
)
"""Of every loop: one, named beforehand, so that no shape of a batch makes numba compile again."""

DEVICE_OPTIONS = {"device": True, "fastmath": False}
LOOP_OPTIONS = {"fastmath": False, "lto": False}
"""Linked as PTX: with link-time optimisation another compiler, with options of its own, makes the instructions."""

_helpers: dict[Any, Any] = {}


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
    """Run `kernel` over a batch, a thread for each series, as `cpu.compile.run_batch` does.

    All arrays but `rows`, `table` and `stop` are 2-d with a row for each series; work space too: threads share none.
    `hours` may have one row for all.
    """
    i = cuda.grid(1)
    if i < x.shape[0]:
        when = hours[min(i, hours.shape[0] - 1)]
        series = Series(x[i], moments[i], ordered[i], spectrum[i], density[i], when)
        kernel(series, rows, table, out[i], Scratch(floats[i], integers[i], stack[i], stop))  # type: ignore[name-defined]  # noqa: F821 - see `loop_of`


def loop_of(function: KernelFunction) -> Loop:
    """`run_batch` for one kernel, as plain Python that numba-cuda compiles."""
    return for_device(run_batch, name=f"{function.__module__}.{function.__name__}", kernel=device_function(function))


def for_device(loop: Loop, *, name: str, **functions: Any) -> Loop:  # noqa: ANN401 - numba ships no types
    """A copy of a loop under a name of its own, which its compiled code is kept by, that calls device functions."""
    # As globals: what numba keeps of a closure's variables would have to be equal in all processes.
    copy = FunctionType(loop.__code__, {**loop.__globals__, **functions}, loop.__name__)
    copy.__module__, copy.__qualname__ = loop.__module__, name
    return copy


@cache
def device_function(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - numba ships no types
    """A calculators' function with all that it calls, to be called by a CUDA kernel."""
    return cuda.jit(**DEVICE_OPTIONS)(retarget(function, cuda.jit(**DEVICE_OPTIONS), _helpers))


@cache
def device_loop(function: KernelFunction) -> Any:  # noqa: ANN401 - numba ships no types
    """The CUDA kernel that runs a calculators' kernel over a batch; see `run_batch`."""
    return compiled(loop_of(function), SIGNATURE)


def compiled(loop: Loop, signature: Any) -> Any:  # noqa: ANN401 - numba ships no types
    """A CUDA kernel of one signature, from the cache where it was compiled before."""
    if config.ENABLE_CUDASIM:
        return cuda.jit(loop)
    kernel = cuda.jit(**LOOP_OPTIONS)(loop)
    keep_compiled(kernel, loop)
    with without_contraction():
        kernel.compile(signature.args)
    # As `cuda.jit` leaves a kernel that it is given one signature of: no look at the arguments' types at each launch.
    kernel._specialized = True  # noqa: SLF001 - numba's own field
    kernel.disable_compile()
    return kernel
