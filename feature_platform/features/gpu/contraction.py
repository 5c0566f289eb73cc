"""No multiplication and addition fused into one operation: it flips thresholds that tsfresh computes without.

numba-cuda passes NVVM's option for it on to nobody, so it is added where numba-cuda calls NVVM.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_contraction() -> Iterator[None]:
    """Whatever numba-cuda compiles within keeps each operation's own rounding.

    What libdevice's functions, such as the logarithm, fuse on purpose stays as it is.
    """
    from numba.cuda.cudadrv import nvvm  # noqa: PLC0415 - the simulator has another, which compiles nothing

    compile_ir = nvvm.compile_ir

    def uncontracted(llvm: Any, **options: Any) -> Any:  # noqa: ANN401 - numba ships no types
        return compile_ir(llvm, **options | {"fma": False})

    nvvm.compile_ir = uncontracted
    try:
        yield
    finally:
        nvvm.compile_ir = compile_ir
