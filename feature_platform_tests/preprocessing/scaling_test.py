from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing import quantiles
from feature_platform.preprocessing.api import preprocess
from feature_platform.preprocessing.quantiles import ValueCounts
from feature_platform.preprocessing.scaling import ScalingMethod, ScalingStatistics, fit_scaling
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import READINGS_SCHEMA

START = datetime(2024, 1, 1, tzinfo=UTC)
UNTIL = datetime(2024, 2, 1, tzinfo=UTC)
SENSORS = [SensorDescription(id=name) for name in ("pressure", "temp", "constant", "silent")]


def frame(rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "time": [START + n * timedelta(minutes=5) for n in range(rows)],
            # A large offset: naive sums of squares lose every digit of its variance.
            "pressure": 1e9 + rng.normal(0, 1, rows),
            "temp": [None if rng.random() < 0.3 else float(rng.integers(-5, 30)) for _ in range(rows)],
            "constant": [0.1] * rows,
            "silent": [None] * rows,
        },
        schema={"time": pl.Datetime("us", "UTC")} | {sensor.id: pl.Float64() for sensor in SENSORS},
    )


FRAMES = [frame(400, 1), frame(1, 2), frame(0, 3), frame(1500, 4)]


def fit(method: ScalingMethod, frames: list[pl.DataFrame] = FRAMES) -> ScalingStatistics:
    return fit_scaling(iter(frames), SENSORS, method, fitted_until=UNTIL)


@pytest.mark.parametrize("sensor", ["pressure", "temp"])
def test_z_is_mean_and_standard_deviation_of_all_eras_together(sensor: str) -> None:
    values = pl.concat(FRAMES)[sensor].drop_nulls().to_numpy()
    fitted = fit("z").sensors[sensor]
    assert fitted.count == len(values)
    assert fitted.centre == pytest.approx(values.mean(), rel=1e-14)
    assert fitted.spread == pytest.approx(values.std(), rel=1e-9)


@pytest.mark.parametrize("sensor", ["pressure", "temp"])
def test_robust_is_median_and_interquartile_range_of_all_eras_together(sensor: str) -> None:
    values = pl.concat(FRAMES)[sensor].drop_nulls().to_numpy()
    first, median, third = np.quantile(values, [0.25, 0.5, 0.75])
    fitted = fit("robust").sensors[sensor]
    assert (fitted.centre, fitted.spread) == pytest.approx((median, third - first), rel=1e-12)
    assert fitted.count == len(values)


def test_robust_stays_close_when_the_values_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MAXIMUM_VALUES", 500)
    rng = np.random.default_rng(0)
    values = rng.normal(-20, 5, 20_000)
    counts = ValueCounts()
    for part in np.split(values, 20):
        counts.add(part)
    assert counts.count == 20_000
    assert len(counts._values) <= 500  # noqa: SLF001 (the bound is the point)
    first, median, third = np.quantile(values, [0.25, 0.5, 0.75])
    # 500 values over a spread of some 40 units.
    assert counts.centre_and_spread() == pytest.approx((median, third - first), abs=0.2)


@pytest.mark.parametrize("method", ["z", "robust"])
def test_a_constant_sensor_is_shifted_only(method: ScalingMethod) -> None:
    fitted = fit(method).sensors["constant"]
    assert fitted.centre == pytest.approx(0.1, rel=1e-12)
    assert fitted.spread == 1


@pytest.mark.parametrize("method", ["z", "robust"])
def test_a_sensor_without_values_has_no_statistics(method: ScalingMethod) -> None:
    fitted = fit(method).sensors["silent"]
    assert (fitted.centre, fitted.spread, fitted.count) == (None, None, 0)


@pytest.mark.parametrize("method", ["z", "robust"])
def test_statistics_survive_json_with_their_version(method: ScalingMethod) -> None:
    fitted = fit(method)
    read = ScalingStatistics.model_validate_json(fitted.model_dump_json())
    assert read == fitted
    assert read.version_hash == fitted.version_hash


def test_the_version_follows_the_values_the_method_and_the_time() -> None:
    versions = [
        fit("z").version_hash,
        fit("robust").version_hash,
        fit("z", FRAMES[:1]).version_hash,
        fit_scaling(FRAMES, SENSORS, "z", fitted_until=UNTIL + timedelta(days=1)).version_hash,
    ]
    assert len(set(versions)) == 4


def settings(method: ScalingMethod) -> PreprocessingSettings:
    return PreprocessingSettings(scaling=method, scaling_eras=("demo.calendar.20240101t0000-abcdef",), engine="cpu")


def scaled(
    start: datetime, statistics: ScalingStatistics | None, *, method: ScalingMethod = "z", sensors: int = 4
) -> pl.DataFrame:
    readings = pl.DataFrame(
        [("temp", start, 25.0), ("silent", start, 3.0)], schema=READINGS_SCHEMA, orient="row"
    ).lazy()
    end = start + timedelta(minutes=10)
    chosen = SENSORS[:sensors]
    return preprocess(readings, chosen, start=start, end=end, settings=settings(method), scaling=statistics).frame


def test_scaled_columns_follow_the_sensors() -> None:
    fitted = fit("z")
    frame = scaled(UNTIL, fitted)
    temp = fitted.sensors["temp"]
    assert temp.centre is not None
    assert temp.spread is not None
    assert frame.columns[-4:] == ["pressure__scaled", "temp__scaled", "constant__scaled", "silent__scaled"]
    assert frame["temp__scaled"].to_list() == pytest.approx([(25 - temp.centre) / temp.spread, None])
    assert frame["temp"].to_list() == [25.0, None]
    assert frame["silent__scaled"].to_list() == [None, None]


def test_an_era_that_begins_before_the_statistics_end_is_refused() -> None:
    with pytest.raises(PreprocessingError, match=r"until 2024-02-01 00:00 cannot scale .* 2024-01-31 23:59"):
        scaled(UNTIL - timedelta(minutes=1), fit("z"))


def test_statistics_of_another_method_are_refused() -> None:
    with pytest.raises(PreprocessingError, match="ask for scaling 'robust' and statistics are given for 'z'"):
        scaled(UNTIL, fit("z"), method="robust")


def test_missing_statistics_are_refused() -> None:
    with pytest.raises(PreprocessingError, match="ask for scaling 'z' and statistics are given for 'none'"):
        scaled(UNTIL, None)


def test_a_sensor_that_the_statistics_do_not_know_is_named() -> None:
    fitted = fit_scaling(FRAMES, SENSORS[:2], "z", fitted_until=UNTIL)
    with pytest.raises(PreprocessingError, match="know nothing of constant, silent; fit them again"):
        scaled(UNTIL, fitted)


def test_unusable_frames_are_refused() -> None:
    with pytest.raises(PreprocessingError, match="at least one earlier era"):
        fit("z", [])
    with pytest.raises(PreprocessingError, match="no column temp"):
        fit("z", [FRAMES[0].drop("temp")])
    with pytest.raises(PreprocessingError, match="past fitted_until 2024-01-02"):
        fit_scaling(FRAMES, SENSORS, "z", fitted_until=START + timedelta(days=1))
    with pytest.raises(PreprocessingError, match="not in UTC"):
        fit_scaling(FRAMES, SENSORS, "z", fitted_until=UNTIL.replace(tzinfo=None))
