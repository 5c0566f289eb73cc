import polars as pl
import pytest

from feature_platform.device import obstacle
from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing import engines
from feature_platform.preprocessing.engines import Collected, Run
from feature_platform.preprocessing.settings import EngineChoice
from feature_platform_tests.preprocessing.gpu_stand_in import have_devices, install_engine

PLAN = pl.LazyFrame({"a": [3, 1, 2]}).sort("a")


def collect(choice: EngineChoice) -> Collected[list[int]]:
    def whole(run: Run) -> list[int]:
        return run(PLAN)["a"].to_list()

    def pieces(run: Run) -> tuple[list[int], int]:
        return [*run(PLAN.head(1))["a"], *run(PLAN.slice(1))["a"]], 2

    collected = engines.collect(whole, pieces, choice)
    assert collected.result == [1, 2, 3]
    assert collected.seconds > 0
    return collected


class Engine:
    """Meets these errors one after the other, and the last of them ever after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: Exception | None) -> None:
        self._errors, self.plans = errors, 0
        install_engine(monkeypatch, self._answer)

    def _answer(self) -> Exception | None:
        self.plans += 1
        return self._errors[min(self.plans, len(self._errors)) - 1]


def test_the_cpu_is_taken_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    collected = collect("cpu")
    assert (collected.engine, collected.reason) == ("cpu", "the settings ask for the CPU")


def test_auto_runs_on_the_cpu_without_a_device_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 0)
    collected = collect("auto")
    assert (collected.engine, collected.reason) == ("cpu", "no GPU driver (tested)")


def test_auto_runs_on_the_cpu_without_cudf_polars_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    monkeypatch.setattr(obstacle.importlib.util, "find_spec", lambda name: None if "cudf" in name else object())
    collected = collect("auto")
    assert collected.engine == "cpu"
    assert "cudf_polars is not installed" in collected.reason


def test_auto_takes_a_gpu_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(monkeypatch, None)
    assert (collect("auto").engine, collect("gpu").reason) == ("gpu", "a GPU is there")
    assert engine.plans == 2


def test_what_does_not_fit_runs_in_pieces_and_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(monkeypatch, MemoryError("std::bad_alloc"), None)
    collected = collect("gpu")
    assert collected.engine == "gpu"
    assert collected.reason == "a GPU is there; in 2 pieces, since all at once is more than its memory holds"
    assert engine.plans == 3


@pytest.mark.parametrize(
    ("error", "calls", "reason"),
    [
        (NotImplementedError("no such operation"), 1, "not supported: "),
        (MemoryError("std::bad_alloc"), 2, "out of memory: MemoryError: "),
        (RuntimeError("cudaErrorInvalidDevice"), 1, "no device: RuntimeError: "),
        (ImportError("libcudf.so: cannot open"), 1, "library missing: ImportError: "),
        (RuntimeError("anything else"), 1, "RuntimeError: "),
    ],
    ids=lambda case: type(case).__name__,
)
def test_auto_falls_back_when_the_gpu_engine_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception, calls: int, reason: str
) -> None:
    engine = Engine(monkeypatch, error)
    collected = collect("auto")
    assert collected.engine == "cpu"
    assert collected.reason.startswith(f"the GPU engine failed: {reason}")
    assert str(error) in collected.reason
    assert engine.plans == calls


def test_a_device_that_was_lost_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(monkeypatch, RuntimeError("CUDA error: cudaErrorIllegalAddress"))
    assert collect("auto").reason.startswith("the GPU engine failed: device lost: ")
    assert collect("auto").reason.startswith("earlier in this process, ")
    assert engine.plans == 1


def test_a_forced_gpu_without_a_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 0)
    with pytest.raises(PreprocessingError, match=r"forced, but no GPU driver \(tested\); set engine: auto"):
        collect("gpu")


def test_a_forced_gpu_that_fails_is_an_error_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    Engine(monkeypatch, MemoryError("std::bad_alloc"))
    with pytest.raises(PreprocessingError, match=r"forced, but the GPU engine failed: .*std::bad_alloc") as raised:
        collect("gpu")
    assert raised.value.__cause__ is not None
