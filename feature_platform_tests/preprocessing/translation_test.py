"""The shipped plan translates to cudf-polars under every setting: no GPU is needed to tell."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.plan import build_finish, build_plan
from feature_platform.preprocessing.settings import PreprocessingSettings, Scaling
from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import READINGS_SCHEMA
from feature_platform_tests.preprocessing.cases import SENSORS, START, fitted

translate = pytest.importorskip("cudf_polars.dsl.translate", reason="the gpu extra (cudf-polars) is not installed")

EVERY_STATISTIC = ("mean", "std", "min", "max")
MINUTE = timedelta(minutes=1)


def errors_of(plan: pl.LazyFrame) -> list[Exception]:
    translator = translate.Translator(plan._ldf.visit(), pl.GPUEngine(executor="in-memory", raise_on_fail=True))  # noqa: SLF001 (cudf-polars' own way in)
    translator.translate_ir()
    return list(translator.errors)


def test_an_operation_without_a_translation_is_told() -> None:
    plan = READINGS_SCHEMA.to_frame().lazy().select(pl.col("value").interpolate())
    assert errors_of(plan)


@pytest.mark.parametrize("stored", [True, False], ids=["parquet", "memory"])
@pytest.mark.parametrize("sensors", [SENSORS, SENSORS[:1], SENSORS[1:2]], ids=["kinds", "binary", "continuous"])
@pytest.mark.parametrize("windows", [(), (5 * MINUTE,), (360 * MINUTE, 1440 * MINUTE)], ids=["none", "one", "two"])
@pytest.mark.parametrize("max_gap", [MINUTE, 30 * MINUTE], ids=["no_gap", "gap"])
@pytest.mark.parametrize("scaling", ["none", "z", "robust"])
def test_the_shipped_plan_translates(
    tmp_path: Path,
    *,
    stored: bool,
    sensors: tuple[SensorDescription, ...],
    windows: tuple[timedelta, ...],
    max_gap: timedelta,
    scaling: Scaling,
) -> None:
    settings = PreprocessingSettings(
        max_gap=max_gap,
        rolling_windows=windows,
        rolling_statistics=EVERY_STATISTIC,
        scaling=scaling,
        scaling_eras=() if scaling == "none" else ("demo.whole.20230101t0000-abcdef",),
    )
    readings = READINGS_SCHEMA.to_frame()
    readings.write_parquet(tmp_path / "readings.parquet")
    plan = build_plan(
        pl.scan_parquet(tmp_path / "readings.parquet") if stored else readings.lazy(),
        Layout(sensors, START, START + timedelta(days=2), settings),
        None if scaling == "none" else fitted(scaling),
    )
    assert errors_of(plan) == []


@pytest.mark.parametrize("scaling", ["none", "z"])
@pytest.mark.parametrize("windows", [(), (360 * MINUTE,)], ids=["none", "one"])
def test_an_era_in_pieces_translates_too(windows: tuple[timedelta, ...], scaling: Scaling) -> None:
    settings = PreprocessingSettings(
        rolling_windows=windows,
        scaling=scaling,
        scaling_eras=() if scaling == "none" else ("demo.whole.20230101t0000-abcdef",),
    )
    end = START + timedelta(days=2)
    piece = Layout(SENSORS, START, end, PreprocessingSettings(), end + timedelta(hours=1))
    assert errors_of(build_plan(READINGS_SCHEMA.to_frame().lazy(), piece, None)) == []
    whole = Layout(SENSORS, START, end, settings)
    gridded = whole.times().to_frame().with_columns(pl.lit(1.0).alias(sensor.id) for sensor in SENSORS)
    finish = build_finish(gridded.lazy(), whole, None if scaling == "none" else fitted(scaling))
    assert errors_of(finish) == []
