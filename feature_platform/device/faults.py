"""Why a GPU does not do what it is asked: one reason each, whichever library says it in its own words."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong."""

    NO_DRIVER = "no driver"
    DRIVER_TOO_OLD = "driver too old"
    NO_DEVICE = "no device"
    DEVICE_LOST = "device lost"
    OUT_OF_MEMORY = "out of memory"
    LIBRARY_MISSING = "library missing"
    NOT_SUPPORTED = "not supported"
    FAILED = "failed"


@dataclass(frozen=True)
class DeviceFault:
    """What is wrong, and in which words it was said."""

    fault: Fault
    detail: str

    def __str__(self) -> str:
        return self.detail if self.fault is Fault.FAILED else f"{self.fault}: {self.detail}"


# The first that matches counts: without a driver RMM speaks of `bad_alloc` too, and names the driver behind it.
SIGNS: tuple[tuple[Fault, tuple[str, ...]], ...] = (
    (Fault.NO_DRIVER, ("driver library cannot be found", "is an nvidia driver library", "libcuda.so")),
    (
        Fault.DRIVER_TOO_OLD,
        (
            "insufficientdriver",
            "driver version is insufficient",
            "systemdrivermismatch",
            "system_driver_mismatch",
            "unsupportedptxversion",
            "unsupported_ptx_version",
        ),
    ),
    (
        Fault.NO_DEVICE,
        ("errornodevice", "error_no_device", "no cuda-capable device", "errorinvaliddevice", "error_invalid_device"),
    ),
    (
        Fault.DEVICE_LOST,
        (
            "illegaladdress",
            "illegal_address",
            "illegal memory access",
            "launchfailure",
            "launch_failed",
            "unspecified launch failure",
            "launchtimeout",
            "launch_timeout",
            "hardwarestackerror",
            "hardware_stack_error",
            "ecc_uncorrectable",
            "eccuncorrectable",
            "nvlink_uncorrectable",
            "nvlinkuncorrectable",
            "errorcontained",
            "error_contained",
            "devicesunavailable",
            "device_unavailable",
            "contextisdestroyed",
            "context_is_destroyed",
            "cudaerrorunknown",
            "cuda_error_unknown",
        ),
    ),
    (Fault.OUT_OF_MEMORY, ("bad_alloc", "out_of_memory", "out of memory", "memoryallocation", "alloc_failed")),
)


OWN_ERRORS = {
    "cuda.bindings.nvjitlink": ("nvJitLinkError",),
    "cuda.bindings.nvvm": ("nvvmError",),
    "cuda.core._utils.cuda_utils": ("CUDAError",),
    "cupy.cuda.compiler": ("CompileException",),
    "numba.core.errors": ("NumbaError",),
    "numba.cuda.cudadrv.error": ("CudaDriverError", "CudaRuntimeError", "NvvmError", "NvrtcError"),
    "polars.exceptions": ("PolarsError",),
    "rmm.rmm": ("RMMError",),
}
"""What the libraries derive from Exception itself, by the module that has it."""


def device_errors() -> tuple[type[BaseException], ...]:
    """What a call of cudf, RMM, cupy or numba may end with. Imports nothing: what is not loaded has raised nothing."""
    loaded = [(sys.modules[name], errors) for name, errors in OWN_ERRORS.items() if name in sys.modules]
    return (
        NotImplementedError,
        MemoryError,
        RuntimeError,
        ImportError,
        OSError,
        # numba's simulator lacks some of numba's.
        *(getattr(module, error) for module, errors in loaded for error in errors if hasattr(module, error)),
    )


def classify(error: BaseException) -> DeviceFault:
    """The one reason of an error that a GPU's library raised, or of what caused it."""
    causes = list(_causes(error))
    for cause in causes:
        text = f"{type(cause).__name__}: {cause}".lower()
        for fault, signs in SIGNS:
            if any(sign in text for sign in signs):
                return DeviceFault(fault, _said(cause))
        if isinstance(cause, MemoryError):
            return DeviceFault(Fault.OUT_OF_MEMORY, _said(cause))
    for cause in causes:
        if isinstance(cause, NotImplementedError) or "NotImplementedError" in str(cause):
            return DeviceFault(Fault.NOT_SUPPORTED, _said(cause))
        if isinstance(cause, ImportError):
            return DeviceFault(Fault.LIBRARY_MISSING, _said(cause))
    return DeviceFault(Fault.FAILED, _said(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
