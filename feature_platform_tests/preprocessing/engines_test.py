import sys
from types import ModuleType

import polars as pl
import pytest

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing import engines
from feature_platform.preprocessing.device import DeviceProbe
from feature_platform.preprocessing.engines import collect

PLAN = pl.LazyFrame({"a": [3, 1, 2]}).sort("a")


def have_devices(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(engines, "probe_device", lambda: DeviceProbe(count, "no GPU driver (tested)"))


def install_engine_that_raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Polars really calls it, as it would call cudf-polars on a machine with a GPU."""

    def execute_with_cudf(*_: object, **__: object) -> None:
        raise error

    module = ModuleType("cudf_polars")
    module.execute_with_cudf = execute_with_cudf  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cudf_polars", module)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: object())


def test_the_cpu_is_taken_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    collected = collect(PLAN, "cpu")
    assert collected.frame["a"].to_list() == [1, 2, 3]
    assert (collected.engine, collected.reason) == ("cpu", "the settings ask for the CPU")
    assert collected.seconds > 0


def test_auto_runs_on_the_cpu_without_a_device_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 0)
    collected = collect(PLAN, "auto")
    assert collected.frame["a"].to_list() == [1, 2, 3]
    assert (collected.engine, collected.reason) == ("cpu", "no GPU driver (tested)")


def test_auto_runs_on_the_cpu_without_cudf_polars_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: None)
    collected = collect(PLAN, "auto")
    assert collected.engine == "cpu"
    assert "cudf_polars is not installed" in collected.reason


@pytest.mark.parametrize(
    "error",
    [NotImplementedError("no such operation"), MemoryError("std::bad_alloc"), RuntimeError("cudaErrorInvalidDevice")],
    ids=lambda error: type(error).__name__,
)
def test_auto_falls_back_when_the_gpu_engine_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    have_devices(monkeypatch, 1)
    install_engine_that_raises(monkeypatch, error)
    collected = collect(PLAN, "auto")
    assert collected.frame["a"].to_list() == [1, 2, 3]
    assert collected.engine == "cpu"
    assert collected.reason.startswith("the GPU engine failed: ")
    assert str(error) in collected.reason


def test_a_forced_gpu_without_a_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 0)
    with pytest.raises(PreprocessingError, match=r"forced, but no GPU driver \(tested\); set engine: auto"):
        collect(PLAN, "gpu")


def test_a_forced_gpu_that_fails_is_an_error_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    install_engine_that_raises(monkeypatch, MemoryError("std::bad_alloc"))
    with pytest.raises(PreprocessingError, match=r"forced, but the GPU engine failed: .*std::bad_alloc") as raised:
        collect(PLAN, "gpu")
    assert raised.value.__cause__ is not None
