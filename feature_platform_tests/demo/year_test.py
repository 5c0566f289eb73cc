"""The simulated year as a whole is one that a Danish greenhouse could have had."""

import numpy as np
import polars as pl
import pytest

from feature_platform.demo.clock import simulated_year
from feature_platform.demo.instruments import INSTRUMENTS
from feature_platform.demo.weather import simulate_weather
from feature_platform.demo.year import Simulation


@pytest.fixture(scope="module")
def truth(simulation: Simulation) -> pl.DataFrame:
    return pl.DataFrame(simulation.truth).with_columns(
        simulation.clock.wall.alias("wall"),
        month=simulation.clock.wall.dt.month(),
        hour=simulation.clock.wall.dt.hour(),
    )


def monthly(truth: pl.DataFrame, sensor: str) -> list[float]:
    return truth.group_by("month").agg(pl.col(sensor).mean()).sort("month")[sensor].to_list()


def test_the_year_has_every_sensor_at_every_five_minutes(simulation: Simulation) -> None:
    assert len(INSTRUMENTS) == 24
    assert len(simulation.clock.utc) == 366 * 288
    assert set(simulation.truth) >= {instrument.id for instrument in INSTRUMENTS}
    for signal in simulation.truth.values():
        assert len(signal) == 366 * 288
        assert np.isfinite(signal).all()


def test_the_truth_lies_within_every_sensor_range(simulation: Simulation) -> None:
    for instrument in INSTRUMENTS:
        low, high = instrument.range
        signal = simulation.truth[instrument.id]
        assert low <= signal.min() <= signal.max() <= high, instrument.id


def test_summer_is_warmer_and_brighter_than_winter(truth: pl.DataFrame) -> None:
    temperature, radiation = monthly(truth, "weather.outdoor_temp"), monthly(truth, "weather.radiation")
    assert -5 < temperature[0] < 5
    assert 13 < temperature[6] < 22
    assert radiation[11] < 30
    assert 180 < radiation[5] < 320
    assert truth["weather.outdoor_temp"].min() > -25
    assert truth["weather.outdoor_temp"].max() < 38


def test_the_sky_is_dark_at_midnight_and_days_are_warmer_than_nights(truth: pl.DataFrame) -> None:
    assert truth.filter(pl.col("hour") == 0)["weather.radiation"].max() == 0
    for month in (2, 5, 7, 9):
        of_month = truth.filter(pl.col("month") == month)
        night, day = (of_month.filter(pl.col("hour") == hour) for hour in (4, 15))
        for sensor in ("weather.outdoor_temp", "afd1.air_temp", "afd2.air_temp"):
            assert night[sensor].mean() < day[sensor].mean(), (month, sensor)
        assert night["weather.outdoor_rh"].mean() > day["weather.outdoor_rh"].mean()


def test_heating_answers_the_cold_and_vents_the_sun(truth: pl.DataFrame) -> None:
    grown = truth.filter(pl.col("month").is_in([2, 3, 5, 6, 10, 11]))
    for department in ("afd1", "afd2"):
        outside, pipe, vent = "weather.outdoor_temp", f"{department}.pipe_temp", f"{department}.vent"
        assert grown.select(pl.corr(outside, pipe)).item() < -0.4
        assert grown.select(pl.corr("weather.radiation", vent)).item() > 0.4
        held = grown[f"{department}.air_temp"] - grown[f"{department}.heating_setpoint"]
        assert held.quantile(0.01) > -1.5
    assert np.diff(truth["afd2.heat_meter"]).min() >= 0


def test_carbon_dioxide_falls_with_light_where_none_is_dosed(truth: pl.DataFrame) -> None:
    undosed = truth.filter(pl.col("month").is_in([5, 6]) & (pl.col("afd1.co2_dosing") == 0))
    dark, bright = undosed.filter(pl.col("weather.radiation") == 0), undosed.filter(pl.col("weather.radiation") > 400)
    assert bright["afd1.co2"].mean() + 50 < dark["afd1.co2"].mean()
    assert bright["afd1.co2"].min() > 250


def test_lamps_burn_in_winter_more_than_in_summer_and_never_in_an_empty_house(truth: pl.DataFrame) -> None:
    burning = monthly(truth, "afd1.lamps")
    assert burning[1] > 0.4
    assert burning[6] < 0.2
    assert truth.filter(pl.col("wall").dt.ordinal_day() <= 8)["afd1.lamps"].max() == 0
    assert set(truth["afd1.lamps"].unique()) == {0.0, 1.0}


def test_the_water_counter_grows_through_the_day_and_starts_again_at_local_midnight(truth: pl.DataFrame) -> None:
    by_day = truth.group_by(pl.col("wall").dt.date(), maintain_order=True).agg(
        pl.col("afd1.water_today").first().alias("first"),
        pl.col("afd1.water_today").diff().min().alias("least"),
        pl.col("afd1.water_today").last().alias("last"),
    )
    assert by_day["first"].max() == 0
    assert by_day["least"].min() >= 0
    summer = by_day.filter(pl.col("wall").dt.month() == 6)["last"].mean()
    assert isinstance(summer, float)
    assert 2 < summer < 10


def test_the_seed_decides_the_weather() -> None:
    clock = simulated_year()
    one, same, other = (simulate_weather(clock, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.temperature, same.temperature)
    assert np.array_equal(one.rain, same.rain)
    assert not np.allclose(one.temperature, other.temperature)
    assert set(np.unique(other.rain)) == {0.0, 1.0}
