"""Run by simulator_test.py, in a process of its own: the CUDA target where NUMBA_ENABLE_CUDASIM is 1."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest

from feature_platform.device import obstacle
from feature_platform.device.probe import DeviceProbe
from feature_platform.errors import FeatureError
from feature_platform.features import engines, extract_batch
from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.cpu.run import run as run_on_cpu
from feature_platform.features.gpu import near_sets
from feature_platform.features.gpu.card import SimulatedLane
from feature_platform.features.gpu.engine import GpuEngine
from feature_platform.features.gpu.memory import bytes_per_series
from feature_platform.features.gpu.pace import Pace
from feature_platform.features.gpu.run import run
from feature_platform.features.plan import Plan, make_plan
from feature_platform_tests.features.calculators.requests import REQUESTS
from feature_platform_tests.parity.series import named_series

# numpy warns of what a kernel may do with numbers, and a card does silently.
pytestmark = [pytest.mark.cudasim, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

KINDS = {"walk", "counts", "constant", "offset"}
FEW = make_plan({"mean": None, "fft_coefficient": [{"coeff": 1, "attr": "abs"}]}, timewise=False, foreign_columns=tuple)
WALKS = np.random.default_rng(5).normal(size=(70, 6)).cumsum(axis=1)
NO_HOURS = np.empty((1, 0))


def ample() -> int:
    return 2**30


def series_of(length: int) -> FloatArray:
    return np.stack([x for name, x in named_series(length).items() if name in KINDS])


@pytest.mark.parametrize("length", [1, 7, 32])
def test_a_whole_plan_has_the_cpus_values_here_and_on_the_card(length: int) -> None:
    plan = make_plan(REQUESTS, timewise=True, foreign_columns=lambda *_: ())
    x, hours = series_of(length), np.arange(length)[None] / 12
    kept: list[FloatArray] = []
    values = run(plan, x, hours, free_bytes=ample, keep=kept.append)
    np.testing.assert_allclose(values, run_on_cpu(plan, x, hours), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(np.concatenate(kept), values)
    assert not plan.delegated


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "global"])
def test_entropies_by_blocks_count_what_the_cpu_counts(monkeypatch: pytest.MonkeyPatch, *, shared: bool) -> None:
    if not shared:
        monkeypatch.setattr(near_sets, "SHARED_BYTES", 0)
    # Fewer blocks than series, and more times than a column and a block have.
    monkeypatch.setattr(near_sets, "BLOCKS", 1)
    monkeypatch.setattr(near_sets, "THREADS", 32)
    requests = {"sample_entropy": None, "approximate_entropy": [{"m": 1, "r": 0.2}, {"m": 4, "r": 0.9}]}
    plan = make_plan(requests, timewise=False, foreign_columns=tuple)
    x = np.stack([named_series(70)[name] for name in ("rounded", "noise")])
    np.testing.assert_array_equal(run(plan, x, NO_HOURS, free_bytes=ample), run_on_cpu(plan, x, NO_HOURS))


def test_long_stretches_go_through_the_kernel_of_one_thread() -> None:
    plan = make_plan({"approximate_entropy": [{"m": 31, "r": 0.9}]}, timewise=False, foreign_columns=tuple)
    x = series_of(40)
    np.testing.assert_array_equal(run(plan, x, NO_HOURS, free_bytes=ample), run_on_cpu(plan, x, NO_HOURS))


def test_batches_fit_into_the_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    upload = SimulatedLane.upload

    def watched(lane: SimulatedLane, values: FloatArray) -> FloatArray:
        if values.ndim == 2 and values.shape[1] == WALKS.shape[1]:
            sizes.append(len(values))
        return upload(lane, values)

    monkeypatch.setattr(SimulatedLane, "upload", watched)
    told: list[tuple[int, int]] = []
    room = 50 * bytes_per_series(FEW, WALKS.shape[1])
    values = run(FEW, WALKS, NO_HOURS, free_bytes=lambda: room, progress=lambda *done: told.append(done))
    assert sizes == [20, 20, 20, 10]
    assert told == [(20, 70), (40, 70), (60, 70), (70, 70)]
    np.testing.assert_allclose(values, run_on_cpu(FEW, WALKS, NO_HOURS), rtol=1e-12)


def test_batches_grow_as_long_as_they_take_no_time() -> None:
    pace = Pace(2**14)
    assert [pace.series(10**6), pace.series(50)] == [64, 50]
    pace.took(64, 0.1)
    assert pace.series(10**6) == 256
    pace.took(3, 0.001)
    assert pace.series(10**6) == 256
    pace.took(256, 8.0)
    assert pace.series(10**6) == 64
    pace.took(64, 1e9)
    assert pace.series(10**6) == 1


def test_nothing_is_started_after_an_interruption() -> None:
    room = 50 * bytes_per_series(FEW, WALKS.shape[1])
    done: list[int] = []

    def interrupt(series: int, _of: int) -> None:
        done.append(series)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(FEW, WALKS, NO_HOURS, free_bytes=lambda: room, progress=interrupt)
    assert done == [20]


def fail_above(monkeypatch: pytest.MonkeyPatch, series: int, error: Exception, *, after: int = 0) -> Iterator[int]:
    """Let the card fail with arrays of more series than it holds, after so many that it grants."""
    empty, asked = SimulatedLane.empty, count(1)

    def limited(lane: SimulatedLane, shape: tuple[int, ...], *arguments: object, **named: object) -> FloatArray:
        if shape[0] > series and next(asked) > after:
            raise error
        return empty(lane, shape, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(SimulatedLane, "empty", limited)
    return asked


def test_a_batch_that_finds_no_room_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_above(monkeypatch, 40, MemoryError("std::bad_alloc"))
    values = run(FEW, WALKS, NO_HOURS, free_bytes=ample)
    np.testing.assert_allclose(values, run_on_cpu(FEW, WALKS, NO_HOURS), rtol=1e-12)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError("std::bad_alloc"), "the GPU failed: out of memory: MemoryError: std::bad_alloc"),
        (
            RuntimeError("cudaErrorDevicesUnavailable"),
            "the GPU failed: device lost: RuntimeError: cudaErrorDevicesUnavailable",
        ),
        (
            ImportError("no\n libcufft"),
            "the GPU failed: library missing: ImportError: no libcufft",
        ),
        (OSError("unknown error"), "the GPU failed: OSError: unknown error"),
    ],
    ids=["no room", "device lost", "library missing", "driver"],
)
def test_what_fails_on_the_card_is_computed_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    expected = run_on_cpu(FEW, WALKS, NO_HOURS)
    engine = GpuEngine()
    assert (engine.name, engine.reason) == ("gpu", "a GPU is there")
    np.testing.assert_allclose(engine.run(FEW, WALKS, NO_HOURS, 1, None), expected, rtol=1e-12)
    asked = fail_above(monkeypatch, 1, error, after=3)
    np.testing.assert_array_equal(engine.run(FEW, WALKS, NO_HOURS, 1, None), expected)
    assert engine.name == "gpu and native"
    assert engine.reason.startswith(said)
    before = next(asked)
    np.testing.assert_array_equal(engine.run(FEW, WALKS, NO_HOURS, 1, None), expected)
    # A card that failed is not asked again.
    assert next(asked) == before + 1


def test_a_forced_gpu_that_fails_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_above(monkeypatch, 1, RuntimeError("no luck"))
    with pytest.raises(FeatureError, match="engine gpu is forced, but the GPU failed: RuntimeError: no luck") as it:
        GpuEngine(forced=True).run(FEW, WALKS, NO_HOURS, 1, None)
    assert isinstance(it.value.__cause__, RuntimeError)


@pytest.mark.parametrize("engine", ["auto", "gpu"])
def test_a_batch_call_takes_the_gpu(monkeypatch: pytest.MonkeyPatch, engine: engines.KernelEngineName) -> None:
    monkeypatch.setattr(obstacle, "_lost", [])
    monkeypatch.setattr(obstacle, "probe_device", lambda: DeviceProbe(1, "1 GPU(s)"))
    monkeypatch.setattr(obstacle.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(engines, "FEWEST_SERIES", 70)
    monkeypatch.setattr(engines, "BREAK_EVEN_VALUES", WALKS.size)
    ran: list[Plan] = []
    on_gpu = GpuEngine._run_on_gpu  # noqa: SLF001 - what is watched

    def watched(own: GpuEngine, plan: Plan, *arguments: object) -> FloatArray:
        ran.append(plan)
        return on_gpu(own, plan, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(GpuEngine, "_run_on_gpu", watched)
    values, names = extract_batch(WALKS, {"mean": None}, engine=engine)
    assert names == ("mean",)
    np.testing.assert_allclose(values[:, 0], WALKS.mean(axis=1), rtol=1e-12)
    assert len(ran) == 1
