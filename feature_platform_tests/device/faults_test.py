"""One reason each for what the GPU's libraries raise, in the words that they really use."""

import importlib
import sys
from types import ModuleType

import polars as pl
import pytest

from feature_platform.device import obstacle
from feature_platform.device.faults import OWN_ERRORS, DeviceFault, Fault, classify, device_errors
from feature_platform.device.obstacle import find_obstacle, remember
from feature_platform.device.probe import DeviceProbe

RMM_WITHOUT_DRIVER = MemoryError(
    "std::bad_alloc: out_of_memory: RMM failure at:pool_memory_resource_impl.cpp:73: Maximum pool size exceeded "
    "(failed to allocate 1024.000000 KiB): std::bad_alloc: CUDA error: cudaErrorInsufficientDriver CUDA driver version "
    "is insufficient for CUDA runtime version"
)
CASES = [
    (RMM_WITHOUT_DRIVER, Fault.DRIVER_TOO_OLD),
    (ImportError("Error at driver init: \n\nCUDA driver library cannot be found."), Fault.NO_DRIVER),
    (RuntimeError('"cuda" is an NVIDIA driver library and can only be found via system search.'), Fault.NO_DRIVER),
    (RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient"), Fault.DRIVER_TOO_OLD),
    (RuntimeError("[222] Call to cuLinkAddData results in CUDA_ERROR_UNSUPPORTED_PTX_VERSION"), Fault.DRIVER_TOO_OLD),
    (RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected"), Fault.NO_DEVICE),
    (
        RuntimeError("CUDA error: 700 cudaErrorIllegalAddress an illegal memory access"),
        Fault.DEVICE_LOST,
    ),
    (RuntimeError("[719] Call to cuMemcpyDtoH results in CUDA_ERROR_LAUNCH_FAILED"), Fault.DEVICE_LOST),
    (RuntimeError("cudaErrorECCUncorrectable: uncorrectable ECC error encountered"), Fault.DEVICE_LOST),
    (MemoryError("std::bad_alloc: out_of_memory: RMM failure: maximum pool size exceeded"), Fault.OUT_OF_MEMORY),
    (MemoryError(), Fault.OUT_OF_MEMORY),
    (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED"), Fault.OUT_OF_MEMORY),
    (RuntimeError("[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY"), Fault.OUT_OF_MEMORY),
    (ImportError("libcudf.so: cannot open shared object file"), Fault.LIBRARY_MISSING),
    (ModuleNotFoundError("No module named 'cudf_polars'"), Fault.LIBRARY_MISSING),
    (NotImplementedError("no such operation"), Fault.NOT_SUPPORTED),
    (pl.exceptions.ComputeError("'cuda' conversion failed: NotImplementedError: over"), Fault.NOT_SUPPORTED),
    (RuntimeError("something else"), Fault.FAILED),
]


@pytest.mark.parametrize(("error", "fault"), CASES, ids=lambda case: str(case)[:30])
def test_an_error_has_one_reason(error: Exception, fault: Fault) -> None:
    found = classify(error)
    assert found.fault is fault
    assert " ".join(str(error).split()) in found.detail
    assert str(found) == (found.detail if fault is Fault.FAILED else f"{fault.value}: {found.detail}")
    assert isinstance(error, device_errors())


def test_the_cause_of_an_error_counts() -> None:
    error = RuntimeError("the batch failed")
    error.__cause__ = MemoryError("std::bad_alloc")
    assert classify(error).fault is Fault.OUT_OF_MEMORY


def test_numbas_own_errors_are_known_where_it_is_loaded() -> None:
    errors = importlib.import_module("numba.cuda.cudadrv.error")
    assert errors.CudaDriverError in device_errors()
    assert issubclass(importlib.import_module("numba.cuda.cudadrv.driver").CudaAPIError, device_errors())


@pytest.mark.parametrize("module", OWN_ERRORS)
def test_the_libraries_have_the_errors_that_are_named_after_them(module: str) -> None:
    pytest.importorskip("rmm", reason="the gpu extra is not installed")
    loaded = importlib.import_module(module)
    for name in OWN_ERRORS[module]:
        assert getattr(loaded, name) in device_errors()


def test_a_lost_device_is_not_asked_again_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obstacle, "_lost", [])
    monkeypatch.setattr(obstacle, "probe_device", lambda: DeviceProbe(1, "1 GPU(s)"))
    remember(DeviceFault(Fault.OUT_OF_MEMORY, "MemoryError"))
    assert find_obstacle() is None
    remember(DeviceFault(Fault.DEVICE_LOST, "cudaErrorIllegalAddress"))
    assert find_obstacle() == DeviceFault(Fault.DEVICE_LOST, "earlier in this process, cudaErrorIllegalAddress")


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obstacle, "probe_device", lambda: DeviceProbe(1, "1 GPU(s)"))
    monkeypatch.setitem(sys.modules, "there", ModuleType("there"))
    sys.modules["there"].__spec__ = importlib.util.spec_from_loader("there", None)
    found = find_obstacle("there", "not_there")
    assert found is not None
    assert (found.fault, found.detail) == (
        Fault.LIBRARY_MISSING,
        "there is a GPU, but not_there is not installed (the gpu extra)",
    )
