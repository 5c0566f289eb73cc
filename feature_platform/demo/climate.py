"""Heat, moisture and carbon dioxide in one greenhouse department, stepped through time with its climate computer.

Every balance is per m2 of floor and linear in its own state while the others stand still, so that each explicit
step takes the exact exponential towards its equilibrium: stable at five minutes, where plain Euler steps are not
(open vents empty the house of its warmth in under five minutes).
"""

from dataclasses import dataclass
from math import exp

import numpy as np

from feature_platform.demo.air import saturation_density
from feature_platform.demo.clock import STEP
from feature_platform.demo.crops import Demand, Department
from feature_platform.demo.sun import Floats
from feature_platform.demo.weather import Weather

SECONDS = STEP.total_seconds()
HEIGHT = 4.5
"""m3 of air per m2 of floor."""
AIR_HEAT = 38_000.0
"""J/(m2 K): the air, and the leaves and benches that follow it at once."""
SOIL_HEAT = 160_000.0
AIR_VOLUME_HEAT = 1200.0
"""J/(m3 K) of moving air."""
EVAPORATION = 2450.0
"""J/g of water."""
PPM = 1.83e-3
"""g/m3 of carbon dioxide per ppm."""
OUTDOOR_CO2 = 423.0
LAMPS_ON_BELOW, LAMPS_OFF_ABOVE = 90.0, 170.0
NIGHT, DAYLIGHT, GLARING = 4.0, 30.0, 780.0
"""Outdoor radiation in W/m2, smoothed over a quarter of an hour; the screen keeps warm below `NIGHT`, when it is
`COOL`, and shades above `GLARING`."""
COOL = 14.0
"""Degrees Celsius outdoors."""
OPEN = 25.0
"""Percent of vent opening above which dosed carbon dioxide would only blow away."""
HOTTEST_PIPE = 80.0
HUMID = 80.0
"""Relative humidity in percent above which vents open to dry the house."""


@dataclass(slots=True)
class House:
    """The state of one department: what is measured, what the computer has switched, what it remembers."""

    air: float = 8.0
    soil: float = 10.0
    pipe: float = 12.0
    vapour: float = 6.0
    saturated: float = 8.27
    """What the vapour could be, g/m3."""
    co2: float = OUTDOOR_CO2
    vent: float = 0.0
    screen: float = 100.0
    lamp: float = 0.0
    dosing: float = 0.0
    heat: float = 0.0
    """kWh/m2 that the pipes have given since the start."""
    sky: float = 0.0
    """Smoothed outdoor radiation, W/m2."""
    heat_integral: float = 0.0
    vent_integral: float = 0.0


def switch(house: House, outside: float, radiation: float, wanted: tuple[float, ...]) -> None:
    """Let the climate computer move lamps, screen, vents and dosing by one step."""
    _, ventilation, co2_wanted, lamps_allowed, leaf_area, _ = wanted
    house.sky += (radiation - house.sky) * 0.3
    if not lamps_allowed or house.sky > LAMPS_OFF_ABOVE:
        house.lamp = 0.0
    elif house.sky < LAMPS_ON_BELOW:
        house.lamp = 1.0

    closed = 100.0 if leaf_area and house.sky < NIGHT and outside < COOL else 0.0
    if house.sky > GLARING:
        closed = 55.0
    house.screen += max(-25.0, min(25.0, closed - house.screen))

    excess = house.air - ventilation
    house.vent_integral = min(60.0, max(0.0, house.vent_integral + 0.8 * excess))
    target = 9.0 * excess + house.vent_integral + 2.2 * max(0.0, 100 * house.vapour / house.saturated - HUMID)
    house.vent += max(-12.0, min(12.0, min(100.0, max(0.0, target)) - house.vent))

    light = house.sky > DAYLIGHT or house.lamp > 0
    if not co2_wanted or not light or house.vent > OPEN or house.co2 > co2_wanted + 40:
        house.dosing = 0.0
    elif house.co2 < co2_wanted - 40:
        house.dosing = 1.0


def air_exchange(house: House, wind: float) -> float:
    """Air changes per second through cracks and vents; a closed screen stands in the way of both."""
    hourly = 0.25 + 0.05 * wind + house.vent * (0.09 + 0.038 * wind)
    return hourly * (1 - 0.45 * house.screen / 100) / 3600


def warm(house: House, exchange: float, outside: float, wind: float, *, gain: float, heating: float) -> None:
    """Step the temperatures of pipes, air and soil; `gain` is W/m2 of sensible heat from sun and lamps."""
    short = heating - house.air
    house.heat_integral = min(60.0, max(0.0, house.heat_integral + 0.12 * short))
    asked = house.air + 7.0 * short + house.heat_integral + 2.0
    asked = min(HOTTEST_PIPE, max(house.air, asked))
    speed = 900.0 if asked > house.pipe else 2700.0
    house.pipe = asked + (house.pipe - asked) * exp(-SECONDS / speed)

    pipes = 3.1
    soil = 5.5
    cover = (4.6 + 0.35 * wind) * (1 - 0.42 * house.screen / 100)
    leak = AIR_VOLUME_HEAT * HEIGHT * exchange
    given = pipes * (house.pipe - house.air)
    house.heat += max(0.0, given) * SECONDS / 3.6e6
    total = cover + leak + soil + pipes
    rest = ((cover + leak) * outside + soil * house.soil + pipes * house.pipe + 0.8 * gain) / total
    air = rest + (house.air - rest) * exp(-total * SECONDS / AIR_HEAT)
    flow = soil * (0.5 * (air + house.air) - house.soil) + 0.2 * gain + 0.6 * (10.0 - house.soil)
    house.soil += flow * SECONDS / SOIL_HEAT
    house.air = air


def moisten(house: House, exchange: float, outside: float, vapour: float, *, water: float, conductance: float) -> None:
    """Step the vapour; `water` is g/(m2 s) that leaves transpire by radiation alone, `conductance` is in m/s."""
    saturated = house.saturated = saturation_density(house.air)
    cover = outside + (0.35 + 0.3 * house.screen / 100) * (house.air - outside)
    dew = saturation_density(cover)
    condensing = 3.6e-3 if house.vapour > dew else 0.0
    leak = HEIGHT * exchange
    total = leak + conductance + condensing
    rest = (leak * vapour + conductance * saturated + condensing * dew + water) / total
    house.vapour = rest + (house.vapour - rest) * exp(-total * SECONDS / HEIGHT)
    house.vapour = min(house.vapour, saturated)


def breathe(house: House, exchange: float, light: float, leaf_area: float) -> None:
    """Step the carbon dioxide; `light` is W/m2 of radiation that the leaves catch."""
    capacity = PPM * HEIGHT
    uptake = 1.5e-3 * (1 - exp(-light / 130)) / (house.co2 + 280) / capacity * 1.4
    respired = 5.5e-5 * leaf_area * 2 ** ((house.air - 20) / 10) + 1.2e-5
    source = (1.5e-3 * house.dosing + respired) / capacity
    total = exchange + uptake
    rest = (source + exchange * OUTDOOR_CO2) / total
    house.co2 = rest + (house.co2 - rest) * exp(-total * SECONDS)


def simulate_department(weather: Weather, wanted: Demand, department: Department) -> dict[str, Floats]:
    """Run one department through the weather.

    Returns
    -------
    dict
        (n_time,) each: `air` degrees Celsius, `vapour` g/m3, `co2` ppm, `vent` %, `screen` %, `pipe` degrees
        Celsius, `lamp` and `dosing` 0 or 1, `heat` kWh/m2 since the start, `light` W/m2 on the crop.
    """
    house = House()
    columns = ("air", "vapour", "co2", "vent", "screen", "pipe", "lamp", "dosing", "heat")
    rows: list[tuple[float, ...]] = []
    lights: list[float] = []
    # lists of plain floats: indexing NumPy scalars would make the loop several times slower
    drivers = zip(
        weather.temperature.tolist(), weather.vapour.tolist(), weather.radiation.tolist(), weather.wind.tolist(),
        zip(*(getattr(wanted, name).tolist() for name in Demand.__dataclass_fields__), strict=True), strict=True,
    )  # fmt: skip
    for outside, vapour, radiation, wind, asked in drivers:
        switch(house, outside, radiation, asked)
        exchange = air_exchange(house, wind)
        sun = department.transmission * radiation * (1 - 0.35 * house.screen / 100)
        lamps = department.lamp_power * house.lamp
        leaf_area = asked[4]
        caught = 1 - exp(-0.7 * leaf_area)
        light = sun + 0.75 * lamps
        water = 0.55 * caught * light / EVAPORATION
        conductance = 1.3e-4 + 4.5e-4 * leaf_area * (0.35 + 0.65 * light / (light + 60))
        transpired = water + conductance * (house.saturated - house.vapour)
        gain = 0.85 * (sun + lamps) - EVAPORATION * transpired
        warm(house, exchange, outside, wind, gain=gain, heating=asked[0])
        moisten(house, exchange, outside, vapour, water=water, conductance=conductance)
        breathe(house, exchange, light * caught, leaf_area)
        rows.append((house.air, house.vapour, house.co2, house.vent, house.screen, house.pipe, house.lamp,
                     house.dosing, house.heat))  # fmt: skip
        lights.append(light)
    signals = dict(zip(columns, np.asarray(rows, dtype=np.float64).T, strict=True))
    return {**signals, "light": np.asarray(lights, dtype=np.float64)}
