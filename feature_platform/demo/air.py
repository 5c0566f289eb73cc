"""Moist air: how much water it can hold."""

from math import exp

import numpy as np

from feature_platform.demo.sun import Floats

KELVIN = 273.15


def saturation_density(celsius: float) -> float:
    """Water vapour in saturated air, in g/m3, by Magnus' formula with Sonntag's (1990) constants over water."""
    return 216.7 * 6.112 * exp(17.62 * celsius / (243.12 + celsius)) / (celsius + KELVIN)


def saturation_pressure(celsius: Floats) -> Floats:
    """Vapour pressure of saturated air in hPa, by the same formula."""
    pressure: Floats = 6.112 * np.exp(17.62 * celsius / (243.12 + celsius))
    return pressure


def vapour_density(celsius: Floats, relative_humidity: Floats) -> Floats:
    """Water vapour in g/m3 at a temperature in degrees Celsius and a relative humidity in percent."""
    density: Floats = 216.7 * saturation_pressure(celsius) * relative_humidity / 100 / (celsius + KELVIN)
    return density


def relative_humidity(celsius: Floats, density: Floats) -> Floats:
    """Relative humidity in percent at a temperature in degrees Celsius and a vapour density in g/m3."""
    share: Floats = 100 * density * (celsius + KELVIN) / (216.7 * saturation_pressure(celsius))
    return np.clip(share, 0, 100)
