import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from feature_platform.device import obstacle
from feature_platform.device.probe import DeviceProbe
from feature_platform.errors import FeatureError
from feature_platform.features import engines, extract_batch
from feature_platform.features.engines import (
    BREAK_EVEN_VALUES,
    FEWEST_SERIES,
    LONGEST_SERIES,
    KernelEngineName,
    kernels_name,
    make_engine,
)

LARGE = {"series": 100_000, "length": 288}


def have_devices(monkeypatch: pytest.MonkeyPatch, count: int, *, missing: str = "") -> None:
    monkeypatch.setattr(obstacle, "_lost", [])
    monkeypatch.setattr(obstacle, "probe_device", lambda: DeviceProbe(count, "no GPU driver (tested)"))
    monkeypatch.setattr(
        obstacle.importlib.util,
        "find_spec",
        lambda name: None if name == missing else importlib.util.spec_from_loader(name, None),
    )


@pytest.mark.parametrize(
    ("asked", "devices", "name", "reason"),
    [
        ("native", 1, "native", "the settings ask for the CPU"),
        ("auto", 0, "native", "no GPU driver (tested)"),
        ("auto", 1, "gpu", "a GPU is there"),
        ("gpu", 1, "gpu", "a GPU is there"),
    ],
)
def test_the_engine_says_why_it_was_this_one(
    monkeypatch: pytest.MonkeyPatch, asked: KernelEngineName, devices: int, name: str, reason: str
) -> None:
    have_devices(monkeypatch, devices)
    engine = make_engine(asked, **LARGE)
    assert (engine.name, engine.reason) == (name, reason)


@pytest.mark.parametrize("missing", ["cupy", "numba_cuda", "rmm"])
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    have_devices(monkeypatch, 1, missing=missing)
    assert make_engine("auto", **LARGE).reason == f"there is a GPU, but {missing} is not installed (the gpu extra)"
    with pytest.raises(FeatureError, match=rf"engine gpu is forced, but there is a GPU, but {missing} is .*; set "):
        make_engine("gpu", **LARGE)


def test_a_forced_gpu_without_a_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 0)
    with pytest.raises(FeatureError, match=r"forced, but no GPU driver \(tested\); set engine: auto"):
        extract_batch(np.zeros((2, 4)), {"mean": None}, engine="gpu")


def test_auto_leaves_what_is_not_worth_a_gpu_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    length = BREAK_EVEN_VALUES // FEWEST_SERIES
    assert make_engine("auto", series=FEWEST_SERIES, length=length).name == "gpu"
    for series, shorter in ((FEWEST_SERIES - 1, length + 2**6), (FEWEST_SERIES, length - 1)):
        assert "are not worth a GPU's start" in make_engine("auto", series=series, length=shorter).reason
    assert "too long" in make_engine("auto", series=FEWEST_SERIES, length=LONGEST_SERIES + 1).reason
    assert make_engine("gpu", series=1, length=1).name == "gpu"


def test_a_gpu_that_its_libraries_do_not_fit_leaves_all_to_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    have_devices(monkeypatch, 1)
    monkeypatch.setitem(sys.modules, "numba.cuda", None)
    monkeypatch.delitem(sys.modules, "feature_platform.features.gpu.card", raising=False)
    monkeypatch.setattr(engines, "_not_worth_it", lambda *_: None)
    engine = make_engine("auto", **LARGE)
    assert engine.name == "gpu"
    values, _ = extract_batch(np.arange(8.0).reshape(2, 4), {"mean": None}, engine="auto")
    assert values.tolist() == [[1.5], [5.5]]


def test_the_values_of_a_gpu_are_those_of_the_kernels() -> None:
    assert {name: kernels_name(name) for name in ("auto", "native", "gpu", "tsfresh")} == {
        "auto": "native",
        "native": "native",
        "gpu": "native",
        "tsfresh": "tsfresh",
    }


def test_computing_on_the_cpu_imports_nothing_of_cuda() -> None:
    program = (
        "import sys, numpy as np\n"
        "from feature_platform.features import extract_batch\n"
        "extract_batch(np.ones((2, 9)), {'mean': None}, engine='auto')\n"
        "print([name for name in sys.modules if name.startswith(('numba.cuda', 'numba_cuda', 'cupy', 'cuda'))])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
