"""Writes known readings as other climate computers might export them."""

import csv
import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

Headers = Literal["none", "names", "names in brackets", "names, units", "quantities, places, units", "preamble"]
Reading = tuple[int, datetime, float]
"""A sensor's place among the sensors, its time in UTC, its value."""

# Quantity, place, unit and how many decimals are written.
CHANNELS = (
    ("måling temp", "Afd 3", "°C", 2),
    ("CO2 målt", "Afd 3", "ppm", 0),
    ("stråling", "vejrstation", "W/m²", 1),
    ("lamp status", "Afd 3", "", 0),
    ("lufttryk", "vejrstation", "hPa", 2),
    ("mål RF", "Afd 4", "%", 1),
)


@dataclass(frozen=True)
class Style:
    """How one export is written. `clock` is a strftime format, or two of them for two columns."""

    delimiter: str = ";"
    decimal: str = ","
    thousands: str = ""
    clock: tuple[str, ...] = ("%d-%m-%Y %H:%M:%S",)
    clock_at: int = 0
    headers: Headers = "quantities, places, units"
    encoding: str = "utf-8"
    quoting: Literal["none", "texts", "all"] = "texts"
    newline: str = "\r\n"
    padded: bool = True
    start: datetime = datetime(2015, 9, 28, 21, 0, tzinfo=UTC)
    step: timedelta = timedelta(minutes=5)
    rows: int = 700
    zone: str = "Etc/GMT-1"
    seed: int = 1
    missing: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether a reader could tell the fields apart at all."""
        signs = {self.delimiter, self.decimal, self.thousands} - {""}
        return self.decimal != self.thousands and (len(signs) == 2 + bool(self.thousands) or self.quoting == "all")


def write_export(path: Path, style: Style) -> list[Reading]:
    """Write an export and return what it says."""
    random_numbers = random.Random(style.seed)
    readings: list[Reading] = []
    rows: list[list[str]] = []
    for number in range(style.rows):
        time = style.start + number * style.step
        cells = []
        for place, value in enumerate(_values(number, random_numbers)):
            decimals = CHANNELS[place][3]
            if random_numbers.random() < 0.03:
                cells.append(style.missing)
                continue
            text = f"{value:.{decimals}f}"
            readings.append((place, time, float(text)))
            cells.append(_number(text, style))
        rows.append(_with_clock(cells, _clock(time, style), style))
    path.write_bytes(_text([*_titles(style), *rows], style).encode(style.encoding))
    return readings


def _values(number: int, random_numbers: random.Random) -> Sequence[float]:
    day = math.sin(number / 288 * 2 * math.pi)
    noise = random_numbers.gauss(0, 1)
    return (
        8 + 11 * day + noise,
        round(1000 + 300 * day + 20 * noise),
        max(0.0, 1150 * day + 10 * noise),
        float(day > 0.2),
        1005 + 9 * day + noise / 10,
        min(100.0, 75 - 20 * day + noise),
    )


def _number(text: str, style: Style) -> str:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    if style.thousands:
        whole = f"{int(whole):,}".replace(",", style.thousands)
    return f"{sign}{whole}{style.decimal if point else ''}{rest}"


def _clock(time: datetime, style: Style) -> list[str]:
    local = time.astimezone(ZoneInfo(style.zone))
    texts = [str(int(time.timestamp())) if name == "%s" else local.strftime(name) for name in style.clock]
    return texts if style.padded else [_unpadded(text) for text in texts]


def _unpadded(text: str) -> str:
    """`07-09-2015 05:00` as `7-9-2015 5:00`."""
    date, space, clock = text.partition(" ")
    short = date.replace("-0", "-").replace("/0", "/").replace(".0", ".").removeprefix("0")
    return f"{short}{space}{clock.removeprefix('0')}"


def _with_clock(cells: list[str], clock: list[str], style: Style) -> list[str]:
    at = min(style.clock_at, len(cells))
    return [*cells[:at], *clock, *cells[at:]]


def _titles(style: Style) -> list[list[str]]:
    blank = [""] * len(style.clock)
    names = ["Dato", "Tid"][: len(style.clock)] if len(style.clock) > 1 else ["Tidspunkt"]
    quantities = [name for name, _, _, _ in CHANNELS]
    units = [unit for _, _, unit, _ in CHANNELS]

    def row(cells: list[str], clock: list[str]) -> list[str]:
        return _with_clock(cells, clock, style)

    match style.headers:
        case "none":
            return []
        case "names":
            return [row(quantities, names)]
        case "names in brackets":
            named = [f"{name} [{unit}]" if unit else name for name, unit in zip(quantities, units, strict=True)]
            return [row(named, names)]
        case "names, units":
            return [row(quantities, names), row(units, blank)]
        case "quantities, places, units":
            places = [place for _, place, _, _ in CHANNELS]
            return [row(quantities, blank), row([f"NORRING:{place}" for place in places], blank), row(units, blank)]
        case "preamble":
            return [["Export", "1.2.3"], ["Site", "NORRING"], row(quantities, names), row(units, blank)]


def _text(rows: list[list[str]], style: Style) -> str:
    buffer = io.StringIO(newline="")
    quoting = {"none": csv.QUOTE_MINIMAL, "texts": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}[style.quoting]
    writer = csv.writer(buffer, delimiter=style.delimiter, quoting=quoting, lineterminator=style.newline)
    writer.writerows(rows)
    return buffer.getvalue()
