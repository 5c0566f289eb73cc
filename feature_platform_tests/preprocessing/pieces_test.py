"""An era that does not fit at once comes out the same to the bit, whatever the pieces."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_platform.preprocessing import pieces
from feature_platform.preprocessing.api import FrameResult, preprocess
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.storage.readings import READINGS_SCHEMA
from feature_platform_tests.preprocessing.cases import SENSORS, START, Case, cases, fitted
from feature_platform_tests.preprocessing.gpu_stand_in import install_engine


def run(case: Case, engine: str) -> FrameResult:
    return preprocess(
        case.readings.lazy(),
        SENSORS,
        start=START,
        end=case.end,
        settings=case.settings.model_copy(update={"engine": engine}),
        scaling=case.scaling,
    )


def bits(frame: pl.DataFrame) -> list[object]:
    """Every column's bits, nulls told from numbers."""
    floats = pl.selectors.float()
    return frame.select(
        ~floats, floats.is_null().name.suffix(":null"), floats.fill_null(0).reinterpret(signed=True)
    ).rows()


class SmallMemory:
    """Holds no era as a whole; of what is tried then it refuses what it is told to."""

    def __init__(self, refusals: list[bool]) -> None:
        self._refusals, self.asked = [True, *refusals], 0

    def __call__(self) -> Exception | None:
        self.asked += 1
        refused = self.asked <= len(self._refusals) and self._refusals[self.asked - 1]
        return MemoryError("std::bad_alloc: out_of_memory") if refused else None


@given(cases(), st.lists(st.booleans(), max_size=12))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
def test_pieces_give_the_whole_to_the_bit(case: Case, refusals: list[bool]) -> None:
    whole = run(case, "cpu")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(pieces, "LEAST_CELLS", 2)
        memory = SmallMemory(refusals)
        install_engine(monkeypatch, memory)
        found = run(case, "auto")
    assert memory.asked > 1
    assert bits(found.frame) == bits(whole.frame)
    assert found.frame.schema == whole.frame.schema
    assert bits(found.coverage) == bits(whole.coverage)


def busy_case() -> Case:
    """Ten days of readings every minute or so, half of all ten minutes missing, ending within a cell."""
    rng = np.random.default_rng(5)
    rows = []
    for sensor in SENSORS[:4]:
        here = np.flatnonzero(np.repeat(rng.random(1441) < 0.5, 10) & (rng.random(14_410) < 0.7))
        values = rng.normal(20, 9, len(here)).tolist()
        rows += [
            (sensor.id, START + timedelta(minutes=minute - 240), value)
            for minute, value in zip(here.tolist(), values, strict=True)
        ]
    everything = PreprocessingSettings(
        max_gap=timedelta(minutes=30),
        rolling_windows=(timedelta(hours=3),),
        scaling="z",
        scaling_eras=("demo.whole.20230101t0000-abcdef",),
    )
    end = START + timedelta(minutes=14_163)
    return Case(everything, fitted("z"), end, rows, cut=end, rows_after_cut=[])


def test_a_real_era_comes_in_as_many_pieces_as_memory_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    case = busy_case()
    whole = run(case, "cpu")
    assert case.readings.schema == READINGS_SCHEMA
    memory = SmallMemory([False, True, False, False, True])
    install_engine(monkeypatch, memory)
    found = run(case, "gpu")
    # Warm-up; the first half does not fit, so two quarters; the second half does not, so two; columns all at once.
    assert memory.asked == 9
    assert found.engine == "gpu"
    assert "in 5 pieces" in found.engine_reason
    assert bits(found.frame) == bits(whole.frame)
    assert bits(found.coverage) == bits(whole.coverage)


def test_what_rolls_goes_sensor_by_sensor_where_it_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    case = busy_case()
    whole = run(case, "cpu")
    memory = SmallMemory([False, False, False, True, True])
    install_engine(monkeypatch, memory)
    found = run(case, "gpu")
    # Warm-up, two halves; then six sensors, three, one and two, and the other three.
    assert memory.asked == 9
    assert bits(found.frame) == bits(whole.frame)


def test_below_the_least_size_the_cpu_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    case = replace(busy_case(), scaling=None)
    case = replace(case, settings=PreprocessingSettings(max_gap=timedelta(minutes=30)))
    memory = SmallMemory([True] * 1000)
    install_engine(monkeypatch, memory)
    found = run(case, "auto")
    assert found.engine == "cpu"
    assert found.engine_reason == "the GPU engine failed: out of memory: MemoryError: std::bad_alloc: out_of_memory"
    # 2,833 cells in all; halves of halves down to fewer than 128, of which the first already is too large.
    assert memory.asked == 1 + 5
    assert bits(found.frame) == bits(run(case, "cpu").frame)
