import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import polars as pl
import pytest
from tsfresh import extract_features
from tsfresh.feature_extraction.settings import EfficientFCParameters

from feature_platform.errors import FeatureError
from feature_platform.features.api import EraFeatures, Progress, plan_era_features
from feature_platform.features.audit import FeatureAudit
from feature_platform.features.settings import FeatureSettings, WindowSettings

START = datetime(2024, 3, 30, tzinfo=UTC)
STEP = timedelta(minutes=30)
DAY = timedelta(days=1)
CELLS = 48
MINIMAL = FeatureSettings(feature_set="minimal")


def frame_of(days: float = 3.5, **extra: np.ndarray) -> pl.DataFrame:
    count = int(days * CELLS)
    random = np.random.default_rng(11)
    gappy = random.normal(size=count)
    gappy[CELLS + 7] = np.nan
    return pl.DataFrame(
        {
            "time": [START + number * STEP for number in range(count)],
            "air.temp": 20 + random.normal(size=count).cumsum(),
            "co2": gappy,
            "dead": np.full(count, np.nan),
            **extra,
        },
        schema_overrides={"time": pl.Datetime("us", "UTC")},
    ).with_columns(pl.col("co2", "dead").fill_nan(None))


@dataclass(frozen=True)
class Extracted:
    features: EraFeatures
    table: pl.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        return self.features.names


def extract(
    frame: pl.DataFrame,
    sensors: list[str],
    *,
    settings: FeatureSettings = MINIMAL,
    progress: Progress | None = None,
) -> Extracted:
    end = START + frame.height * STEP
    features = plan_era_features(frame, sensors, start=START, end=end, step=STEP, settings=settings)
    tables = list(features.tables(progress))
    assert all(table.schema == features.schema for table in tables)
    return Extracted(features, pl.concat(tables))


def check_features(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    audit = FeatureAudit(names)
    for first in range(0, table.height, 2):
        audit.add(table[first : first + 2])
    return audit.problems()


@pytest.mark.parametrize(("engine", "tolerance"), [("native", 1e-9), ("tsfresh", 0)])
def test_an_eras_table_is_what_tsfresh_extracts_of_its_windows(
    engine: Literal["native", "tsfresh"], tolerance: float
) -> None:
    frame = frame_of()
    result = extract(frame, ["air.temp", "co2"], settings=FeatureSettings(engine=engine))
    wide = frame.select("time", "air.temp").to_pandas().set_index("time").tz_localize(None).iloc[: 3 * CELLS]
    wide["id"] = np.repeat([0, 1, 2], CELLS)
    expected = extract_features(wide, EfficientFCParameters(), column_id="id", n_jobs=0, disable_progressbar=True)
    own = [name for name in result.names if name.startswith("air.temp__")]
    assert own == list(expected.columns)
    np.testing.assert_allclose(result.table.select(own).to_numpy(), expected.to_numpy(), rtol=tolerance, atol=tolerance)
    assert result.names[len(own) :] == tuple(name.replace("air.temp", "co2") for name in own)


def test_the_table_has_bounds_then_coverages_then_features() -> None:
    result = extract(frame_of(), ["air.temp", "co2", "dead"])
    assert result.table.columns[:5] == [
        "window_start",
        "window_end",
        "air.temp__coverage",
        "co2__coverage",
        "dead__coverage",
    ]
    assert tuple(result.table.columns[5:]) == result.names
    assert set(result.table.select(pl.exclude("window_start", "window_end")).dtypes) == {pl.Float64()}
    assert result.table.schema["window_start"] == result.table.schema["window_end"] == pl.Datetime("us", "UTC")
    assert result.table["window_start"].to_list() == [START, START + DAY, START + 2 * DAY]
    assert result.table["window_end"].to_list() == [START + DAY, START + 2 * DAY, START + 3 * DAY]
    features = result.features
    assert (features.count, features.series, features.null_series) == (3, 9, 4)
    assert features.windows.dropped_tail == DAY / 2
    assert (features.engine.name, features.plan.delegated) == ("native", {})


def test_a_window_with_a_gap_has_nulls_and_its_coverage_says_why() -> None:
    result = extract(frame_of(), ["air.temp", "co2", "dead"])
    assert result.table["co2__coverage"].to_list() == [1, 1 - 1 / CELLS, 1]
    assert result.table["co2__mean"].is_null().to_list() == [False, True, False]
    assert result.table["dead__coverage"].to_list() == [0, 0, 0]
    assert result.table["dead__mean"].null_count() == 3
    assert check_features(result.table, result.names) == []


def test_what_tsfresh_leaves_undefined_is_null() -> None:
    custom = FeatureSettings(
        feature_set="custom", custom={"fft_coefficient": [{"coeff": 90, "attr": "abs"}], "mean": None}
    )
    result = extract(frame_of(), ["air.temp"], settings=custom)
    column = result.table['air.temp__fft_coefficient__attr_"abs"__coeff_90']
    assert column.null_count() == 3
    assert check_features(result.table, result.names) == []


def test_an_era_with_no_complete_window_still_has_every_column() -> None:
    result = extract(frame_of(), ["dead"])
    assert len(result.names) == 10
    assert result.table.select(result.names).null_count().sum_horizontal().item() == 30


def test_progress_counts_complete_series() -> None:
    seen = []
    windows = WindowSettings(length=2 * STEP, step=2 * STEP)
    settings = FeatureSettings(feature_set="minimal", windows=windows, engine="tsfresh")
    extract(frame_of(), ["air.temp", "dead"], settings=settings, progress=lambda *step: seen.append(step))
    assert seen[0] == (16, 84)
    assert seen[-1] == (84, 84)


def test_extra_columns_feed_features_under_a_name_that_tsfresh_can_read_back() -> None:
    settings = FeatureSettings(feature_set="minimal", columns=("air.temp__mean_6h",))
    frame = frame_of(**{"air.temp__mean_6h": np.arange(168.0)})
    result = extract(frame, ["air.temp"], settings=settings)
    assert "air.temp.mean_6h__coverage" in result.table.columns
    assert result.table["air.temp.mean_6h__maximum"].to_list() == [47, 95, 143]
    assert len(result.names) == 20
    assert check_features(result.table, result.names) == []


def test_unusable_columns_are_named() -> None:
    with pytest.raises(FeatureError, match=r"no column 'wind'; its columns are air\.temp, co2, dead"):
        extract(frame_of(), ["air.temp"], settings=FeatureSettings(columns=("wind",)))
    clash = frame_of(**{"dead__mean": np.zeros(168), "dead.mean": np.zeros(168)})
    with pytest.raises(
        FeatureError, match=r"'dead\.mean' and 'dead__mean' would both give features named 'dead\.mean'"
    ):
        extract(clash, ["dead.mean"], settings=FeatureSettings(columns=("dead__mean",)))
    with pytest.raises(FeatureError, match="no sensor to compute features of"):
        extract(frame_of(), [])


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (pl.lit(0.0).alias("dead__mean"), "dead: 3 values in windows with gaps, first in 2024-03-30 00:00: dead__mean"),
        (
            pl.col("co2__mean").fill_null(0.0),
            "co2: 1 values in windows with gaps, first in 2024-03-31 00:00: co2__mean",
        ),
        (pl.lit(None, pl.Float64).alias("one__mean"), "one: no feature at all in 3 complete windows"),
        (pl.lit(float("nan")).alias("one__mean"), "one: NaN where null says undefined: one__mean"),
        (pl.lit(1.5).alias("one__coverage"), "one: coverage is not between 0 and 1"),
        (pl.lit(None, pl.Float64).alias("one__coverage"), "one: coverage is not between 0 and 1"),
        (
            pl.lit(0.5).alias("one__coverage"),
            "one: 3 values in windows with gaps, first in 2024-03-30 00:00: one__mean",
        ),
        (pl.lit(1.0).alias("ghost__coverage"), "ghost: has a coverage but no features"),
    ],
)
def test_the_check_finds_each_kind_of_invented_value(damage: pl.Expr, problem: str) -> None:
    custom = FeatureSettings(feature_set="custom", custom={"mean": None})
    result = extract(frame_of(one=np.ones(168)), ["one", "co2", "dead"], settings=custom)
    assert check_features(result.table, result.names) == []
    problems = check_features(result.table.with_columns(damage), result.names)
    assert any(found.startswith(problem) for found in problems), problems


def test_the_check_finds_features_that_are_absent_or_belong_to_nothing() -> None:
    result = extract(frame_of(), ["air.temp"])
    assert check_features(result.table.drop("air.temp__mean"), result.names) == [
        "air.temp__mean: named as features, not in the table"
    ]
    assert check_features(result.table.drop("air.temp__coverage"), result.names[:2]) == [
        "air.temp__median, air.temp__sum_values: features without a coverage column"
    ]


def test_the_room_loads_without_tsfresh_pandas_or_dagster() -> None:
    code = (
        "import sys, pkgutil, importlib, feature_platform.features as room\n"
        "for module in pkgutil.iter_modules(room.__path__):\n"
        "    if module.name != 'sklearn': importlib.import_module(f'{room.__name__}.{module.name}')\n"
        "print(sorted({'tsfresh', 'pandas', 'dagster'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
