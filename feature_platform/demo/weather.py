"""Outdoor weather of a Danish island: season, day, and autocorrelated noise."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from feature_platform.demo.air import saturation_pressure, vapour_density
from feature_platform.demo.clock import STEP, Clock
from feature_platform.demo.sun import Floats, clear_sky_irradiance, solar_elevation

LATITUDE, LONGITUDE = 55.31, 10.45
HOUR = 3600.0
COLDEST_DAY = 32
"""Day of the year; the sea keeps winter's cold until about the first of February."""


@dataclass(frozen=True)
class Weather:
    """(n_time,) each."""

    temperature: Floats
    """Degrees Celsius."""
    humidity: Floats
    """Relative, percent."""
    vapour: Floats
    """g/m3."""
    radiation: Floats
    """Global horizontal, W/m2."""
    wind: Floats
    """m/s."""
    rain: Floats
    """1 while it rains, else 0."""
    elevation: Floats
    """Of the sun, degrees."""


def autoregressive(rng: np.random.Generator, n_time: int, *, memory: float) -> Floats:
    """First-order autoregressive noise of unit variance that forgets with the time constant `memory` in seconds."""
    keep = float(np.exp(-STEP.total_seconds() / memory))
    shocks = rng.standard_normal(n_time) * np.sqrt(1 - keep**2)
    shocks[0] = rng.standard_normal()
    noise: Floats = lfilter([1.0], [1.0, -keep], shocks)
    return noise


def lagged(signal: Floats, *, lag: float) -> Floats:
    """A first-order lag with the time constant `lag` in seconds, from rest at the first value."""
    keep = float(np.exp(-STEP.total_seconds() / lag))
    filtered, _ = lfilter([1 - keep], [1.0, -keep], signal, zi=[keep * signal[0]])
    smooth: Floats = filtered
    return smooth


def simulate_weather(clock: Clock, rng: np.random.Generator) -> Weather:
    """Weather at every step of the clock.

    Clouds thin the clear-sky irradiance by 1 - 0.75 N^3.4 (F. Kasten and G. Czeplak, Solar Energy 24 (1980)
    177-189); the ground's answer to the sun lags it by three hours.
    """
    n_time = len(clock.seconds)
    elevation = solar_elevation(clock.seconds, day_of_year=clock.day_of_year, latitude=LATITUDE, longitude=LONGITUDE)
    season = np.cos(2 * np.pi * (clock.day_of_year - COLDEST_DAY) / 366)
    overcast = 0.9 * autoregressive(rng, n_time, memory=40 * HOUR) + 0.45 * autoregressive(rng, n_time, memory=HOUR)
    cloud = 1 / (1 + np.exp(-1.8 * overcast - 0.5 - 0.5 * season))
    radiation = clear_sky_irradiance(elevation) * (1 - 0.75 * cloud**3.4)

    air_mass = 3.1 * autoregressive(rng, n_time, memory=72 * HOUR)
    slow = 9.0 - 8.3 * season + air_mass
    sky_loss = 2.4 * (1 - cloud)
    temperature = (
        slow
        + 0.017 * lagged(radiation, lag=3 * HOUR)
        - 1.8
        - lagged(sky_loss, lag=4 * HOUR)
        + 0.25 * autoregressive(rng, n_time, memory=0.5 * HOUR)
    )
    spread = np.maximum(0.6, 2.2 - 0.8 * season + 1.4 * autoregressive(rng, n_time, memory=24 * HOUR))
    dew_point = np.minimum(lagged(temperature, lag=10 * HOUR) - spread, temperature - 0.2)
    humidity = np.clip(100 * saturation_pressure(dew_point) / saturation_pressure(temperature), 15, 100)

    east = autoregressive(rng, n_time, memory=14 * HOUR)
    north = autoregressive(rng, n_time, memory=14 * HOUR)
    gusts = np.exp(0.18 * autoregressive(rng, n_time, memory=0.2 * HOUR))
    wind = np.hypot(east, north) * (3.4 + 0.6 * season) * gusts
    showers = autoregressive(rng, n_time, memory=1.5 * HOUR)
    rain = ((cloud > 0.72) & (showers > 0.75)).astype(np.float64)  # noqa: PLR2004 - the sky must be grey, not just dim
    return Weather(
        temperature=temperature,
        humidity=humidity,
        vapour=vapour_density(temperature, humidity),
        radiation=radiation,
        wind=wind,
        rain=rain,
        elevation=elevation,
    )
