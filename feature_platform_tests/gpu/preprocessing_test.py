from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from feature_platform.device.memory import shared_pool
from feature_platform.preprocessing import engines
from feature_platform.preprocessing.api import FrameResult, preprocess
from feature_platform_tests.preprocessing.cases import SENSORS, START, Case
from feature_platform_tests.preprocessing.pieces_test import busy_case

pytestmark = pytest.mark.gpu


def run(readings: pl.LazyFrame, case: Case, engine: str) -> FrameResult:
    settings = case.settings.model_copy(update={"engine": engine})
    return preprocess(readings, SENSORS, start=START, end=case.end, settings=settings, scaling=case.scaling)


def assert_alike(found: FrameResult, expected: FrameResult) -> None:
    assert found.engine == "gpu"
    assert found.frame.schema == expected.frame.schema
    assert found.frame["time"].equals(expected.frame["time"])
    assert found.coverage.equals(expected.coverage)
    tables = [result.frame.drop("time").fill_null(float("nan")).to_numpy() for result in (found, expected)]
    np.testing.assert_allclose(*tables, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("stored", [True, False], ids=["parquet", "memory"])
def test_the_frame_is_the_cpus(tmp_path: Path, *, stored: bool) -> None:
    case = busy_case()
    readings = case.readings.lazy()
    if stored:
        case.readings.write_parquet(tmp_path / "readings.parquet")
        readings = pl.scan_parquet(tmp_path / "readings.parquet")
    assert_alike(run(readings, case, "gpu"), run(case.readings.lazy(), case, "cpu"))


def test_memory_that_really_runs_out_makes_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    import rmm.mr  # noqa: PLC0415 - only here, where there is a GPU

    case = replace(busy_case())
    limited = rmm.mr.LimitingResourceAdaptor(shared_pool(), 3 * 2**20)
    monkeypatch.setattr(engines, "shared_pool", lambda: limited)
    found = run(case.readings.lazy(), case, "gpu")
    assert "pieces" in found.engine_reason
    assert_alike(found, run(case.readings.lazy(), case, "cpu"))
