"""Weather, climate and sensors put together: the simulated year."""

from dataclasses import dataclass

import numpy as np

from feature_platform.demo.air import relative_humidity
from feature_platform.demo.climate import SECONDS, simulate_department
from feature_platform.demo.clock import SPIN_UP, STEP, Clock, simulated_year
from feature_platform.demo.crops import DEPARTMENTS, Demand, demand
from feature_platform.demo.faults import Recording, record
from feature_platform.demo.sun import Floats
from feature_platform.demo.weather import simulate_weather

LIGHT_PER_WATERING = 0.75e6
"""J/m2 on the crop between two waterings."""
WATERING = 0.3
"""l/m2 each."""


@dataclass(frozen=True)
class Simulation:
    """One simulated year."""

    clock: Clock
    """Every instant of the local year."""
    truth: dict[str, Floats]
    """(n_time,) by sensor id: the climate itself, free of noise and faults."""
    recording: Recording
    """What the sensors made of it."""


def simulate(*, seed: int) -> Simulation:
    """Simulate the year; the same seed gives the same values."""
    weather_rng, sensor_rng = np.random.default_rng(seed).spawn(2)
    clock = simulated_year()
    weather = simulate_weather(clock, weather_rng)
    truth = {
        "weather.outdoor_temp": weather.temperature,
        "weather.outdoor_rh": weather.humidity,
        "weather.radiation": weather.radiation,
        "weather.wind": weather.wind,
        "weather.rain": weather.rain,
    }
    for department in DEPARTMENTS:
        wanted = demand(clock, department, weather.elevation)
        climate = simulate_department(weather, wanted, department)
        prefix = f"afd{department.number}"
        truth |= {
            f"{prefix}.air_temp": climate["air"],
            f"{prefix}.rh": relative_humidity(climate["air"], climate["vapour"]),
            f"{prefix}.co2": climate["co2"],
            f"{prefix}.vent": climate["vent"],
            f"{prefix}.screen": climate["screen"],
            f"{prefix}.pipe_temp": climate["pipe"],
            f"{prefix}.heating_setpoint": wanted.heating,
            f"{prefix}.lamps": climate["lamp"],
            f"{prefix}.co2_dosing": climate["dosing"],
            f"{prefix}.heat_meter": climate["heat"],
            f"{prefix}.water_today": water_today(clock, climate["light"], wanted),
        }
    settled = SPIN_UP // STEP
    year = Clock(clock.start + SPIN_UP, clock.end)
    truth = {sensor_id: signal[settled:] for sensor_id, signal in truth.items()}
    return Simulation(clock=year, truth=truth, recording=record(year, truth, sensor_rng))


def water_today(clock: Clock, light: Floats, wanted: Demand) -> Floats:
    """Litres per m2 since local midnight: one watering for each `LIGHT_PER_WATERING` that fell on the crop."""
    energy = np.cumsum(light * wanted.irrigated * SECONDS)
    _, first, day = np.unique(clock.wall_day, return_index=True, return_inverse=True)
    before = np.concatenate(([0.0], energy))[first]
    water: Floats = np.floor((energy - before[day]) / LIGHT_PER_WATERING) * WATERING
    return water
