from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_platform.demo.clock import Clock
from feature_platform.demo.sun import clear_sky_irradiance, solar_elevation

COPENHAGEN = {"latitude": 55.676, "longitude": 12.568}
RISING = -0.833
"""Degrees at which the upper limb shows, refraction included: what almanacs call sunrise and sunset."""


def elevation(clock: Clock, *, latitude: float, longitude: float) -> np.ndarray:
    return solar_elevation(clock.seconds, day_of_year=clock.day_of_year, latitude=latitude, longitude=longitude)


def day(year: int, month: int, day_of_month: int) -> Clock:
    start = datetime(year, month, day_of_month, tzinfo=UTC)
    return Clock(start, start + timedelta(days=1))


@pytest.mark.parametrize(
    ("date", "rise", "set_"),
    [
        ((2024, 6, 21), "02:25", "19:57"),  # the almanac's 04:25 and 21:57 of Copenhagen's summer time
        ((2024, 12, 21), "07:37", "14:38"),
        ((2024, 3, 20), "05:12", "17:23"),
    ],
)
def test_sun_rises_and_sets_when_the_almanac_says(date: tuple[int, int, int], rise: str, set_: str) -> None:
    clock = day(*date)
    up = np.flatnonzero(elevation(clock, **COPENHAGEN) > RISING)
    for index, expected in ((up[0], rise), (up[-1], set_)):
        hour, minute = map(int, expected.split(":"))
        moment = clock.start.replace(hour=hour, minute=minute)
        assert abs(clock.utc[int(index)] - moment) <= timedelta(minutes=7)


@pytest.mark.parametrize(
    ("date", "declination"), [((2024, 6, 20), 23.44), ((2024, 12, 21), -23.44), ((2024, 3, 20), 0)]
)
@pytest.mark.parametrize("latitude", [55.3, 0.0, -33.9])
def test_noon_elevation_follows_latitude_and_declination(
    date: tuple[int, int, int], declination: float, latitude: float
) -> None:
    highest = elevation(day(*date), latitude=latitude, longitude=0).max()
    assert highest == pytest.approx(90 - abs(latitude - declination), abs=0.7)


def test_clear_sky_is_dark_below_the_horizon_and_brightens_with_the_sun() -> None:
    irradiance = clear_sky_irradiance(np.array([-20.0, 0.0, 5.0, 30.0, 58.0, 90.0]))
    assert irradiance[0] == irradiance[1] == 0
    assert np.all(np.diff(irradiance[1:]) > 0)
    assert irradiance[4] == pytest.approx(870, abs=30)  # a clear Danish midsummer noon
    assert irradiance[5] < 1361  # outside the atmosphere


def test_clock_shows_local_days_of_23_and_25_hours() -> None:
    clock = Clock(datetime(2023, 12, 31, 23, tzinfo=UTC), datetime(2024, 12, 31, 23, tzinfo=UTC))
    counted = pl.Series(clock.wall.dt.date()).value_counts().filter(pl.col("count") != 288).sort("time")
    assert [(str(date), steps) for date, steps in counted.iter_rows()] == [("2024-03-31", 276), ("2024-10-27", 300)]
    assert set(np.diff(clock.wall_day).tolist()) == {0, 1}
