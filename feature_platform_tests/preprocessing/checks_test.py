from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from feature_platform.preprocessing.checks import check_frame
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription

START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + timedelta(minutes=20)
SENSORS = [SensorDescription(id="air_temp", range=(-10, 50)), SensorDescription(id="co2")]
SETTINGS = PreprocessingSettings(rolling_windows=(timedelta(hours=6),), rolling_statistics=("mean",))
FRAME = pl.DataFrame(
    {
        "time": [START + n * timedelta(minutes=5) for n in range(4)],
        "air_temp": [-10.0, None, 20.0, 50.0],
        "co2": [None, 400.0, 500.0, None],
        "air_temp__mean_6h": [-10.0, -10.0, 5.0, 20.0],
        "co2__mean_6h": [None, 400.0, 450.0, 450.0],
    },
    schema_overrides={"time": pl.Datetime("us", "UTC")},
)


def check(frame: pl.DataFrame) -> list[str]:
    return check_frame(frame, SENSORS, START, END, SETTINGS)


def test_a_sound_frame_has_no_problem() -> None:
    assert check(FRAME) == []


TIME = pl.col("time")


@pytest.mark.parametrize(
    ("frame", "problems"),
    [
        (FRAME.drop("co2"), ["column co2 is missing"]),
        (FRAME.with_columns(extra=1.0), ["column extra is not expected"]),
        (FRAME.cast({"co2": pl.Float32()}), ["column co2 is Float32, not Float64"]),
        (FRAME.select("time", "co2", pl.exclude("time", "co2")), ["columns are not in the description's order"]),
        (FRAME.head(3), ["there are 3 times, the grid has 4"]),
        (FRAME[[0, 2, 3]], ["times are not 0:05:00 apart everywhere", "there are 3 times, the grid has 4"]),
        (FRAME[[0, 1, 1, 2]], ["1 times stand twice"]),
        (FRAME[[0, 2, 1, 3]], ["times do not ascend"]),
        (FRAME.with_columns(TIME.shift(1)), ["1 times are null"]),
        (
            FRAME.with_columns(TIME + timedelta(minutes=1)),
            ["times begin at 2024-01-01 00:01:00+00:00, the era at 2024-01-01 00:00:00+00:00"],
        ),
        (FRAME.with_columns(co2=float("nan")), ["column co2 has 4 values that are not finite"]),
        (
            FRAME.with_columns(pl.col("air_temp") + 1),
            ["column air_temp has 1 values outside its physical range -10.0 to 50.0"],
        ),
    ],
)
def test_each_fault_is_named(frame: pl.DataFrame, problems: list[str]) -> None:
    assert check(frame) == problems
