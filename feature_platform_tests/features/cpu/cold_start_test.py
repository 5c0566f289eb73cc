"""A second process finds what the first compiled; a cache that cannot be written is one warning."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.cpu.cache import cache_folder, source_digest

KERNELS = {id(calculator.kernel) for calculator in CALCULATORS.values()}

PROGRAM = """
import json, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy as np
    from feature_platform.features import extract_batch
    heavy = sorted(name for name in ("dagster", "pandas", "tsfresh") if name in sys.modules)
    values, names = extract_batch(np.arange(60.0).reshape(2, 30), {"mean": None, "skewness": None, "length": None})
from feature_platform.features.cpu.compile import _helpers, batch_loop, compiled
from feature_platform.features.calculators.statistics import KERNEL
stats = [dispatcher.stats for dispatcher in (batch_loop(), compiled(KERNEL.function))]
print(json.dumps({
    "values": values.tolist(), "heavy": heavy,
    "hits": sum(sum(s.cache_hits.values()) for s in stats),
    "misses": sum(sum(s.cache_misses.values()) for s in stats),
    "warnings": [str(w.message) for w in caught],
}))
"""


def run_cold(cache: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_second_process_compiles_nothing_and_computes_the_same(tmp_path: Path) -> None:
    first, second = run_cold(tmp_path), run_cold(tmp_path)
    assert (first["hits"], first["misses"]) == (0, 2)
    assert (second["hits"], second["misses"]) == (2, 0)
    assert first["values"] == second["values"]
    assert first["warnings"] == second["warnings"] == []


def test_importing_and_computing_needs_neither_dagster_nor_pandas_nor_tsfresh(tmp_path: Path) -> None:
    assert run_cold(tmp_path)["heavy"] == []


def test_a_cache_that_cannot_be_written_is_one_warning_and_computes_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = run_cold(tmp_path / "file")
    (said,) = found["warnings"]
    assert str(tmp_path / "file") in said
    assert "set NUMBA_CACHE_DIR" in said
    assert found["values"] == run_cold(tmp_path / "other")["values"]


def test_warm_fills_the_cache_and_a_second_time_finds_it_full() -> None:
    command = [sys.executable, "-m", "feature_platform", "warm"]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stderr for _ in range(2)]
    assert f"{len(KERNELS)} kernels are in {cache_folder()}" in said[0].replace("\n", "")
    assert " 0 of them compiled now" in said[1]


def test_a_changed_kernel_has_a_cache_of_its_own(tmp_path: Path) -> None:
    before = source_digest([tmp_path])
    (tmp_path / "kernel.py").write_text("x = 1", encoding="utf-8")
    assert source_digest([tmp_path]) != before
