"""The 24 sensors of the simulated export: what each shows, how finely, how noisily, and what it can show at all."""

from dataclasses import dataclass

from feature_platform.sources.description import SensorDescription, SensorKind

SITE = "SIMULATED"
"""Stands where real exports name the site, so that no header passes for a measured one."""


@dataclass(frozen=True)
class Instrument:
    """One column of the export.

    `quantity` and `place` are the export's own words, Danish as its models'; `resolution` is the last digit shown
    and `noise` the standard deviation of a reading, both in `unit`.
    """

    id: str
    quantity: str
    place: str
    unit: str
    name: str
    kind: SensorKind
    range: tuple[float, float]
    resolution: float
    noise: float

    @property
    def header(self) -> tuple[str, str, str]:
        """The column's three header texts: quantity, location, unit."""
        return (self.quantity, f"{SITE}:{self.place}", self.unit)

    def describe(self, column: int) -> SensorDescription:
        """The sensor's entry in the source description, at a zero-based column of the export."""
        return SensorDescription(
            id=self.id,
            column=column,
            header=self.header,
            name=f"{self.name} (simulated)",
            location=f"{SITE}:{self.place}",
            unit=self.unit,
            kind=self.kind,
            range=self.range,
        )


def _weather() -> tuple[Instrument, ...]:
    place = "VEJRSTATION"
    return (
        Instrument("weather.outdoor_temp", "udetemp", place, "°C", "Outdoor temperature", "continuous",
                   (-30, 45), 0.1, 0.06),
        Instrument("weather.outdoor_rh", "ude RF", place, "%", "Outdoor relative humidity", "continuous",
                   (0, 100), 1, 0.6),
        Instrument("weather.radiation", "stråling", place, "W/m²", "Global radiation", "continuous",
                   (0, 1400), 1, 1.5),
        Instrument("weather.wind", "vindhastighed", place, "m/s", "Wind speed", "continuous", (0, 50), 0.1, 0.15),
        Instrument("weather.rain", "regn", place, "", "Rain status", "binary", (0, 1), 1, 0),
    )  # fmt: skip


def _both_departments(number: int) -> tuple[Instrument, ...]:
    place = f"Afd {number}"
    prefix = f"afd{number}"
    return (
        Instrument(f"{prefix}.air_temp", "mål temp", place, "°C", "Air temperature", "continuous",
                   (-10, 60), 0.1, 0.06),
        Instrument(f"{prefix}.rh", "mål RF", place, "%", "Relative humidity", "continuous", (0, 100), 0.1, 0.4),
        Instrument(f"{prefix}.co2", "CO2 målt", place, "ppm", "Carbon dioxide", "continuous", (200, 5000), 1, 6),
        Instrument(f"{prefix}.vent", "mål vind", f"AFD {number} VENT REG", "%", "Vent opening", "continuous",
                   (0, 100), 1, 0.3),
        Instrument(f"{prefix}.screen", "mål gard 1", f"AFD {number} GARDIN REG. 1", "%", "Screen closed",
                   "continuous", (0, 100), 1, 0),
        Instrument(f"{prefix}.pipe_temp", "mål rør 1", f"AFD {number} RØR 1", "°C", "Heating pipe temperature",
                   "continuous", (-5, 110), 0.1, 0.15),
        Instrument(f"{prefix}.heating_setpoint", "beregnet varme", place, "°C", "Heating set point", "setpoint",
                   (0, 40), 0.1, 0),
        Instrument(f"{prefix}.lamps", "mål status", f"BEL.SYSTEM {number} LAMPGRP 1", "", "Lamp status", "binary",
                   (0, 1), 1, 0),
    )  # fmt: skip


INSTRUMENTS: tuple[Instrument, ...] = (
    *_weather(),
    *_both_departments(1),
    Instrument("afd1.co2_dosing", "CO2 dosering", "Afd 1", "", "Carbon dioxide dosing", "binary", (0, 1), 1, 0),
    Instrument("afd1.water_today", "vand i dag", "AFD 1 VANDING", "l/m²", "Water since midnight", "counter",
               (0, 50), 0.1, 0),
    *_both_departments(2),
    Instrument("afd2.heat_meter", "varmemåler", "AFD 2 RØR 1", "kWh/m²", "Heat meter", "counter", (0, 2000), 0.01, 0),
)  # fmt: skip
"""In the order of the export's columns."""
