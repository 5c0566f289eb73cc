"""Which engine correlates and why, and what each fault of the GPU does."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from feature_platform.device import obstacle
from feature_platform.device.faults import DeviceFault, Fault
from feature_platform.errors import SelectionError
from feature_platform.selection import engines
from feature_platform.selection.api import select_features
from feature_platform.selection.engines import Correlator
from feature_platform.selection.era_tables import EraTables
from feature_platform.selection.profile import profile_columns
from feature_platform.selection.settings import EngineChoice, SelectionSettings
from feature_platform_tests.selection import device_arrays
from feature_platform_tests.selection.gpu_stand_in import have_gpu, with_calls

WIDTH = 300
TABLE = pl.DataFrame(np.random.default_rng(4).normal(size=(50, WIDTH)), schema=[f"s__c{n}" for n in range(WIDTH)])
TABLES = EraTables({"e": lambda: TABLE})
PROFILE = profile_columns(TABLES)
EXPECTED = np.corrcoef(TABLE.to_numpy(), rowvar=False)


def correlated(choice: EngineChoice) -> Correlator:
    correlator = Correlator(TABLES, choice)
    np.testing.assert_allclose(correlator.correlate(PROFILE, PROFILE), EXPECTED, rtol=0, atol=1e-9)
    return correlator


def without_memory_for(width: int) -> Any:
    """Of a device whose memory holds no product of more columns on a side."""

    def zeros(shape: Any) -> Any:
        if np.ndim(shape) and max(shape) > width:
            raise MemoryError("std::bad_alloc: out_of_memory: RMM failure")
        return device_arrays.zeros(shape)

    return with_calls(zeros=zeros)


def test_a_gpu_is_taken_where_the_work_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    have_gpu(monkeypatch)
    found = correlated("auto")
    assert (found.engine, found.reason) == ("gpu", "a GPU is there")
    monkeypatch.setattr(engines, "LEAST_WORK", WIDTH**2 * 50 + 1)
    found = correlated("auto")
    assert found.engine == "cpu"
    assert found.reason == "columns² x rows are 4.5e+06, below 5e+06: not worth starting the GPU"
    assert correlated("gpu").engine == "gpu"
    assert correlated("cpu").reason == "the settings ask for the CPU"


def test_without_a_gpu_the_cpu_says_why_and_a_forced_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_obstacle", lambda *_: DeviceFault(Fault.NO_DRIVER, "no GPU driver (tested)"))
    found = correlated("auto")
    assert (found.engine, found.reason) == ("cpu", "no GPU driver (tested)")
    with pytest.raises(
        SelectionError, match=r"selection.engine gpu is forced, but no GPU driver \(tested\); set engine"
    ):
        correlated("gpu")


def test_out_of_memory_halves_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    have_gpu(monkeypatch, module=without_memory_for(80))
    found = correlated("gpu")
    assert found.engine == "gpu"
    assert found.reason == "a GPU is there; in smaller blocks, since its memory does not hold larger ones"


def test_tables_that_leave_no_room_go_before_blocks_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[int] = []

    def asarray(values: Any) -> Any:
        if np.ndim(values) > 1:
            copied.append(np.shape(values)[1])
            if len(copied) == 1:
                raise MemoryError("std::bad_alloc")
        return device_arrays.asarray(values)

    have_gpu(monkeypatch, module=with_calls(asarray=asarray))
    assert correlated("gpu").reason == "a GPU is there"
    assert copied == [WIDTH, 2 * WIDTH]


def test_when_the_least_block_does_not_fit_the_cpu_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    have_gpu(monkeypatch, module=without_memory_for(10))
    found = correlated("auto")
    assert found.engine == "cpu"
    assert found.reason.startswith("the GPU failed: out of memory: MemoryError: std::bad_alloc")
    with pytest.raises(SelectionError, match=r"forced, but the GPU failed: out of memory") as raised:
        correlated("gpu")
    assert isinstance(raised.value.__cause__, MemoryError)


@pytest.mark.parametrize("call", ["asarray", "zeros", "isnan", "square", "sqrt", "take", "clip", "asnumpy"])
def test_a_device_that_is_lost_anywhere_is_left_for_the_cpu_for_good(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise RuntimeError("cudaErrorIllegalAddress: an illegal memory access was encountered")

    have_gpu(monkeypatch, module=with_calls(**{call: lose}))
    assert correlated("auto").reason.startswith("the GPU failed: device lost: RuntimeError: cudaErrorIllegalAddress")
    assert obstacle._lost  # noqa: SLF001 - what other stages find
    assert correlated("auto").reason.startswith("earlier in this process, ")


def test_a_library_that_does_not_load_is_a_reason_too(monkeypatch: pytest.MonkeyPatch) -> None:
    have_gpu(monkeypatch)

    def load() -> None:
        raise ImportError("libcublas.so.13: cannot open shared object file")

    monkeypatch.setattr(engines, "_device_module", load)
    assert correlated("auto").reason.startswith("the GPU failed: library missing: ImportError: libcublas")


def test_a_selection_tells_which_engine_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    have_gpu(monkeypatch)
    tables = {"e": lambda: TABLE[:, :20]}
    on_gpu = select_features(tables, settings=SelectionSettings(engine="gpu"))
    on_cpu = select_features(tables, settings=SelectionSettings(engine="cpu"))
    assert (on_gpu.engine, on_gpu.engine_reason) == ("gpu", "a GPU is there")
    assert (on_cpu.engine, on_cpu.engine_reason) == ("cpu", "the settings ask for the CPU")
    assert on_gpu.kept == on_cpu.kept
    assert on_gpu.dropped.equals(on_cpu.dropped)


def test_cupy_has_what_is_asked_of_it() -> None:
    cupy = pytest.importorskip("cupy", reason="the gpu extra (cupy) is not installed")
    asked = [
        name for name in vars(device_arrays) if not name.startswith("_") and name not in {"Any", "np", "DeviceArray"}
    ]
    assert {"asarray", "asnumpy", "take", "clip", "where"} <= set(asked)
    assert [name for name in asked if not hasattr(cupy, name)] == []
