"""Where the sun stands, and what it would shine through a cloudless sky."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DAY = 86_400.0


def solar_elevation(seconds: Floats, *, day_of_year: Floats, latitude: float, longitude: float) -> Floats:
    """Elevation of the sun's centre above the horizon, in degrees, without refraction.

    Declination and equation of time are the Fourier series of J. W. Spencer, "Fourier series representation of the
    position of the sun", Search 2 (1971) 172, as NOAA's "General Solar Position Calculations" uses them; good to
    about 0.3 degrees.

    Parameters
    ----------
    seconds
        (n_time,) UTC, since the epoch.
    day_of_year
        (n_time,) UTC, 1 on the first of January.
    latitude, longitude
        Degrees, north and east positive.
    """
    minutes = seconds % DAY / 60
    year = 2 * np.pi / 365 * (day_of_year - 1 + (minutes / 60 - 12) / 24)
    equation_of_time = 229.18 * (
        0.000075
        + 0.001868 * np.cos(year)
        - 0.032077 * np.sin(year)
        - 0.014615 * np.cos(2 * year)
        - 0.040849 * np.sin(2 * year)
    )
    declination = (
        0.006918
        - 0.399912 * np.cos(year)
        + 0.070257 * np.sin(year)
        - 0.006758 * np.cos(2 * year)
        + 0.000907 * np.sin(2 * year)
        - 0.002697 * np.cos(3 * year)
        + 0.00148 * np.sin(3 * year)
    )
    hour_angle = np.radians((minutes + equation_of_time + 4 * longitude) / 4 - 180)
    north = np.radians(latitude)
    sine = np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(hour_angle)
    elevation: Floats = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    return elevation


def clear_sky_irradiance(elevation: Floats) -> Floats:
    """Global horizontal irradiance in W/m2 under a cloudless sky; 0 while the sun is down.

    The one-parameter model of B. Haurwitz, "Insolation in relation to cloudiness and cloud density", Journal of
    Meteorology 2 (1945) 154-166.
    """
    sine = np.sin(np.radians(elevation))
    up = np.maximum(sine, 1e-3)
    irradiance: Floats = np.where(sine > 0, 1098.0 * up * np.exp(-0.059 / up), 0.0)
    return irradiance
