"""What the simulated grower does: operating periods of the year and the climate each asks for.

The periods are also the demo's declared eras.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from feature_platform.demo.clock import YEAR, Clock, local
from feature_platform.demo.sun import Floats
from feature_platform.demo.weather import lagged


@dataclass(frozen=True)
class Period:
    """One operating period and its set points; `end` is exclusive, both in local time."""

    label: str
    start: datetime
    end: datetime
    heat_day: float
    heat_night: float
    """Heating set points, degrees Celsius."""
    ventilate_above: float
    """Vents open this many kelvin above the heating set point."""
    co2: float = 0
    """Dosing set point in ppm; 0 for none."""
    lamps: tuple[int, int] | None = None
    """Wall-clock hours between which lamps may burn."""
    leaf_area: tuple[float, float] = (0, 0)
    """m2 of leaf per m2 of floor, at the start and at the end."""
    irrigated: bool = True


def operating_periods() -> Sequence[Period]:
    """Twelve periods, from ten hours to more than five months, that cover the local year without a gap."""
    starts = [
        local(YEAR, 1, 1),
        local(YEAR, 1, 9, 6),
        local(YEAR, 1, 12, 18),
        local(YEAR, 2, 9, 8),
        local(YEAR, 3, 15, 8),
        local(YEAR, 4, 12, 7),
        local(YEAR, 4, 15, 7),
        local(YEAR, 9, 24, 7),
        local(YEAR, 9, 27, 7),
        local(YEAR, 11, 15, 7),
        local(YEAR, 12, 18, 8),
        local(YEAR, 12, 18, 18),
        local(YEAR + 1, 1, 1),
    ]
    span = list(pairwise(starts))
    return (
        Period("Winter standstill, frost guard", *span[0], 6, 6, 8, irrigated=False),
        Period("Drying out and heating up", *span[1], 26, 26, 6, irrigated=False),
        Period("Propagation under lamps", *span[2], 20.5, 19.5, 3, 800, (2, 20), (0.3, 1.2)),
        Period("Spring pot plants, first batch", *span[3], 19.5, 17.5, 3, 750, (4, 20), (0.5, 2.2)),
        Period("Spring pot plants, second batch", *span[4], 18.5, 16, 3, 700, (5, 19), (0.5, 2.2)),
        Period("Changeover, house open", *span[5], 8, 8, 2, irrigated=False),
        Period("Main crop", *span[6], 19, 17, 3.5, 700, (4, 9), (0.6, 3.2)),
        Period("Clearing and cleaning", *span[7], 8, 8, 4, irrigated=False),
        Period("Autumn crop", *span[8], 18.5, 17, 3, 700, (4, 20), (0.6, 2.4)),
        Period("Christmas plants, cool finish", *span[9], 16.5, 15, 3, 600, (4, 20), (2, 2.4)),
        Period("Boiler inspection", *span[10], 12, 12, 4, irrigated=False),
        Period("Year-end standstill, frost guard", *span[11], 6, 6, 8, irrigated=False),
    )


@dataclass(frozen=True)
class Department:
    """One climate zone of the greenhouse; 1 is the warm one."""

    number: int
    warmer_by: float
    """Added to the period's heating set points, kelvin."""
    transmission: float
    """Share of the sun's radiation that the cover lets in."""
    lamp_power: float
    """W/m2 of floor."""


DEPARTMENTS = (Department(1, 0.0, 0.64, 60.0), Department(2, -1.5, 0.58, 45.0))


@dataclass(frozen=True)
class Demand:
    """(n_time,) what a department's climate computer is asked for at each step."""

    heating: Floats
    ventilation: Floats
    co2: Floats
    lamps_allowed: Floats
    leaf_area: Floats
    irrigated: Floats


def demand(clock: Clock, department: Department, elevation: Floats) -> Demand:
    """Set points at every step; the day's begins with the sun, and heating set points ramp over half an hour.

    Steps before the first period, the spin-up, are given that period's.
    """
    periods = operating_periods()
    n_time = len(clock.seconds)
    number = np.zeros(n_time, dtype=np.intp)
    for index, period in enumerate(periods):
        number[clock.index(period.start) :] = index

    def of(values: Sequence[float]) -> Floats:
        return np.asarray(values, dtype=np.float64)[number]

    day = elevation > 0
    heating = np.where(day, of([period.heat_day for period in periods]), of([period.heat_night for period in periods]))
    grown = of([period.heat_day > 15 for period in periods])  # noqa: PLR2004 - an empty house has one climate
    heating = lagged(heating + department.warmer_by * grown, lag=1800)
    on = of([period.lamps[0] if period.lamps else 24 for period in periods])
    off = of([period.lamps[1] if period.lamps else 24 for period in periods])
    start = of([period.start.timestamp() for period in periods])
    end = of([period.end.timestamp() for period in periods])
    young = of([period.leaf_area[0] for period in periods])
    full = of([period.leaf_area[1] for period in periods])
    age = np.clip((clock.seconds - start) / (end - start), 0, 1)
    return Demand(
        heating=heating,
        ventilation=heating + of([period.ventilate_above for period in periods]),
        co2=of([period.co2 for period in periods]),
        lamps_allowed=((clock.wall_hour >= on) & (clock.wall_hour < off)).astype(np.float64),
        leaf_area=young + (full - young) * np.minimum(1, 2 * age),
        irrigated=of([period.irrigated for period in periods]),
    )
