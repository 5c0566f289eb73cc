"""The commands for a machine with a GPU, tried without one: the same programs and arguments, and the same result."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import feature_platform

TOP = Path(feature_platform.__file__).parent.parent
SCRIPT = TOP / "benchmarks" / "gpu.sh"

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="the package is installed: there are no benchmarks")


def test_all_of_it_runs_dry_and_prints_one_json_object() -> None:
    environment = os.environ | {"PYTHON": sys.executable, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([SCRIPT, "--dry"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["dry"] is True
    assert {"cores", "gpus", "gpu"} <= found["machine"].keys()
    results = found["results"]
    assert results.keys() == {"features", "preprocessing", "correlation", "era"}
    for name in ("features", "preprocessing", "correlation"):
        assert {"cpu_seconds", "gpu_seconds", "times_faster"} <= results[name].keys()
        assert results[name]["largest_difference"] < 1e-9
    (size,) = results["era"]["sizes"]
    assert size["gpu"]["tsfresh_features_engine"] == "native"


def test_without_a_gpu_nothing_is_measured_unless_dry() -> None:
    done = subprocess.run(
        [sys.executable, TOP / "benchmarks" / "gpu_table.py"],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert (
        done.stderr == "error: CUDA_VISIBLE_DEVICES='-1' hides every GPU; add --dry to try the programs without a GPU\n"
    )


@pytest.mark.parametrize(
    ("cpu", "gpu", "even"), [((1e-6, 1), (1e-7, 10), 1e7), ((1e-6, 5), (1e-7, 4), 0), ((1e-7, 1), (1e-6, 10), None)]
)
def test_the_break_even_is_where_the_lines_cross(
    monkeypatch: pytest.MonkeyPatch, cpu: tuple[float, float], gpu: tuple[float, float], even: float | None
) -> None:
    monkeypatch.syspath_prepend(TOP / "benchmarks")
    spec = importlib.util.spec_from_file_location("gpu_era", TOP / "benchmarks" / "gpu_era.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sizes = [
        {"readings": readings}
        | {side: {"seconds": slope * readings + fixed} for side, (slope, fixed) in (("cpu", cpu), ("gpu", gpu))}
        for readings in (10_000, 1_000_000, 30_000_000)
    ]
    assert module.break_even(sizes) == (None if even is None else pytest.approx(even))
