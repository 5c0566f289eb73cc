"""What goes wrong on a GPU: no room, a lost device, a driver that is too old, a library that is not there."""

from typing import Any


def failures() -> tuple[type[BaseException], ...]:
    """What computing on a GPU ends with, of Python's own, cupy's and numba's errors."""
    from numba.core.errors import NumbaError  # noqa: PLC0415 - imports numba

    # cupy's are RuntimeErrors, and MemoryErrors where there is no room.
    known = (MemoryError, RuntimeError, ImportError, OSError, NumbaError)
    try:
        from numba.cuda.cudadrv import error as errors  # noqa: PLC0415 - only where a GPU was tried
    except ImportError:
        # Whose import failed raised nothing else.
        return known
    names = ("CudaDriverError", "CudaRuntimeError", "CudaSupportError", "NvvmError", "NvrtcError")
    # The simulator lacks some.
    own: list[Any] = [getattr(errors, name) for name in names if hasattr(errors, name)]
    return (*known, *own)


def failure_of(error: BaseException) -> str:
    """A failure in words, on one line."""
    said = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"the GPU's memory does not hold even the smallest batch ({said})"
    if isinstance(error, ImportError):
        return f"a library of the gpu extra is missing or does not fit the driver ({said})"
    return f"the GPU failed: {type(error).__name__}: {said}"
