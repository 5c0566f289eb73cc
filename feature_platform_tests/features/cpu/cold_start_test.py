"""A second process finds what the first compiled; a cache that cannot be written is one warning."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.errors import NumbaWarning

from feature_platform.features.calculators.kernel import FloatArray, Scratch, Series
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.cpu.cache import KernelCacheWarning, _warn, cache_folder, source_digest
from feature_platform.features.cpu.compile import compiled
from feature_platform_tests.read_only import OpenFolder

KERNELS = {id(calculator.kernel) for calculator in CALCULATORS.values()}
HEAVY = ("dagster", "matplotlib", "pandas", "polars", "pyarrow", "pydantic", "rich", "sqlalchemy", "tsfresh")

PROGRAM = """
import json, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy as np
    from feature_platform.features import extract_batch
    values, names = extract_batch(np.arange(60.0).reshape(2, 30), {"mean": None, "skewness": None, "length": None})
from feature_platform.features.cpu.compile import _helpers, batch_loop, compiled
from feature_platform.features.calculators.statistics import KERNEL
stats = [dispatcher.stats for dispatcher in (batch_loop(), compiled(KERNEL.function))]
print(json.dumps({
    "values": values.tolist(), "modules": sorted(name for name in sys.modules if "." not in name),
    "hits": sum(sum(s.cache_hits.values()) for s in stats),
    "misses": sum(sum(s.cache_misses.values()) for s in stats),
    "warnings": [str(w.message) for w in caught],
}))
"""

FRAME_PROGRAM = """
import json, sys
import pandas as pd
from feature_platform.features import extract_features
frame = pd.DataFrame({"id": [1, 1, 1, 2, 2, 2], "value": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]})
table = extract_features(frame, {"mean": None, "length": None}, column_id="id", disable_progressbar=True)
print(json.dumps({"shape": table.shape, "modules": sorted(name for name in sys.modules if "." not in name)}))
"""
BIG = np.zeros(2**18)
"""More than numba writes into compiled code: it is found by its address, so nothing that reads it can be kept."""


def small_kernel(series: Series, _rows: FloatArray, _table: FloatArray, out: FloatArray, _: Scratch) -> None:
    out[0] = series.x[0]


def uncacheable_kernel(_series: Series, _rows: FloatArray, _table: FloatArray, out: FloatArray, _: Scratch) -> None:
    out[0] = BIG[0]


def misses(dispatcher: Any) -> int:
    return sum(dispatcher.stats.cache_misses.values())


def said_by(*command: str, **variables: str) -> Any:
    done = subprocess.run(
        [sys.executable, *command], env=os.environ | variables, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def run_cold(cache: Path) -> dict[str, Any]:
    found: dict[str, Any] = said_by("-c", PROGRAM, NUMBA_CACHE_DIR=str(cache))
    return found


@pytest.fixture
def folder_not_looked_for() -> Iterator[None]:
    """`cache_folder` looks once in a process, and a warning is said once."""
    for remembered in (cache_folder, _warn):
        remembered.cache_clear()
    yield
    for remembered in (cache_folder, _warn):
        remembered.cache_clear()


def test_a_second_process_compiles_nothing_and_computes_the_same(tmp_path: Path) -> None:
    first, second = run_cold(tmp_path), run_cold(tmp_path)
    assert (first["hits"], first["misses"]) == (0, 2)
    assert (second["hits"], second["misses"]) == (2, 0)
    assert first["values"] == second["values"]
    assert first["warnings"] == second["warnings"] == []


def test_a_copy_of_the_cache_is_as_good(tmp_path: Path) -> None:
    run_cold(tmp_path / "first")
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    found = run_cold(tmp_path / "second")
    assert (found["hits"], found["misses"]) == (2, 0)


@pytest.mark.usefixtures("folder_not_looked_for")
def test_kernels_are_read_from_a_folder_that_may_only_be_read(
    unwritable: OpenFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(unwritable.path))
    assert misses(compiled.__wrapped__(small_kernel)) == 1
    with unwritable.read_only():
        assert misses(compiled.__wrapped__(small_kernel)) == 0


def test_importing_and_computing_needs_neither_dagster_nor_pandas_nor_tsfresh(tmp_path: Path) -> None:
    modules = run_cold(tmp_path)["modules"]
    assert "numba" in modules
    assert set(HEAVY) & set(modules) == set()


def test_all_functions_are_imported_without_what_others_need() -> None:
    imports = "import json, sys; from feature_platform.features import extract_batch, extract_features, extract_ragged"
    modules = said_by("-c", f"{imports}; print(json.dumps(list(sys.modules)))")
    assert "feature_platform.features.extraction" in modules
    assert set(HEAVY) & set(modules) == set()


def test_the_package_itself_is_imported_without_numba() -> None:
    modules = said_by("-c", "import json, sys, feature_platform.features; print(json.dumps(list(sys.modules)))")
    assert {"numba", "numpy", "scipy", *HEAVY} & set(modules) == set()


def test_a_frame_needs_pandas_and_no_more() -> None:
    found = said_by("-c", FRAME_PROGRAM)
    assert found["shape"] == [2, 2]
    assert "pandas" in found["modules"]
    assert {"dagster", "polars", "pydantic", "rich", "sqlalchemy", "tsfresh"} & set(found["modules"]) == set()


def test_a_cache_that_cannot_be_written_is_one_warning_and_computes_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = run_cold(tmp_path / "file")
    (said,) = found["warnings"]
    assert str(tmp_path / "file") in said
    assert "set NUMBA_CACHE_DIR" in said
    assert found["values"] == run_cold(tmp_path / "other")["values"]


@pytest.mark.usefixtures("folder_not_looked_for")
def test_a_read_only_folder_without_them_is_the_same_warning(
    unwritable: OpenFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(unwritable.path))
    with unwritable.read_only():
        with pytest.warns(KernelCacheWarning, match="cannot be written .Permission denied"):
            assert misses(compiled.__wrapped__(small_kernel)) == 1
        # Warnings are errors here: this says nothing more.
        assert misses(compiled.__wrapped__(small_kernel)) == 1


def test_warm_without_a_folder_that_can_be_written_says_so_and_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "feature_platform", "warm"]
    variables = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "file")}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "cannot be written (Not a directory)" in said
    assert "set NUMBA_CACHE_DIR" in said
    assert "Traceback" not in said


def test_warm_fills_the_cache_and_a_second_time_finds_it_full() -> None:
    # numba says of a kernel that it cannot keep no more than this warning.
    refusing = ["-W", "error:Cannot cache compiled function"]
    command = [sys.executable, *refusing, "-m", "feature_platform", "warm"]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stderr for _ in range(2)]
    assert f"{len(KERNELS)} kernels are in {cache_folder()}" in said[0].replace("\n", "")
    assert " 0 of them compiled now" in said[1]


def test_a_kernel_that_cannot_be_kept_is_warned_of_and_compiled_again_every_time() -> None:
    for _ in range(2):
        with pytest.warns(NumbaWarning, match="^Cannot cache compiled function"):
            dispatcher = compiled.__wrapped__(uncacheable_kernel)
        assert misses(dispatcher) == 1


def test_a_changed_kernel_has_a_cache_of_its_own(tmp_path: Path) -> None:
    before = source_digest([tmp_path])
    (tmp_path / "kernel.py").write_text("x = 1", encoding="utf-8")
    assert source_digest([tmp_path]) != before
