"""Units in headers, and the physical ranges that they allow."""

import re
import unicodedata
from dataclasses import dataclass

Range = tuple[float, float]

UNITS = frozenset(
    """
    °c c degc deg celsius °f degf fahrenheit k kelvin % %rh rh% rh pct percent ppm vpm ppb w/m2 w/m^2 wm-2
    g/m3 g/m^3 gr/m3 g/kg kg/m3 mg/m3 kpa pa hpa mbar bar mmhg lux lx klux klx umol umol/m2/s umol/m2s umol/s/m2
    mol/m2 mol/m2/d j/cm2 j/cm^2 kj/m2 mj/m2 m/s km/h kmh knots bft mm cm m ml l l/m2 l/min l/h l/s m3 m3/h kwh wh
    mwh kw w mw v mv a ma hz ph ms/cm us/cm ds/m ec ms s sec min h hours ° degrees grader db kg g g/h kg/h kg/ha
    on/off 0/1 rpm pulses stk
    """.split()  # noqa: SIM905 - ninety quoted units would be harder to read
) | {"deg c", "% rh", "w m-2", "umol m-2 s-1"}
BRACKETED = re.compile(r"^(?P<name>.*?)\s*(?:\[(?P<square>[^\[\]]{1,20})\]|\((?P<round>[^()]{1,20})\))\s*$")

TEMPERATURE = re.compile(r"temp|tmp|°c|lämpötila", re.IGNORECASE)
HOT = re.compile(
    r"rør|pipe|buis|flow|boiler|kedel|ketel|kessel|heiz|heat|varme|frem|retur|vorlauf|rücklauf|tank|vand|water|lamp|"
    r"duct|supply|return|canna|tuyau|chauff",
    re.IGNORECASE,
)
HUMIDITY = re.compile(
    r"\brh|rh\b|\brf\b|\brv\b|\brlf\b|fugt|fukt|humid|humed|umidit|feucht|vocht|wilgot|kosteus|hygro", re.IGNORECASE
)


@dataclass(frozen=True)
class Quantity:
    """What a column measures, as far as its header tells."""

    name: str
    unit: str


def is_unit(text: str) -> bool:
    """Whether a text is a unit that greenhouse exports use."""
    return _fold(text) in UNITS


def split_unit(text: str) -> Quantity:
    """Part a header's text from the unit at its end: `Temp [°C]`, `Temp (°C)`, `Temp °C`, `RH%`."""
    text = text.strip()
    bracketed = BRACKETED.match(text)
    if bracketed:
        square = bracketed["square"]
        unit = (square or bracketed["round"]).strip()
        if is_unit(unit) or (square is not None and not re.search(r"\d{2}|^\d+$", unit)):
            return Quantity(bracketed["name"], unit)
        return Quantity(text, "")
    head, _, last = text.rpartition(" ")
    if head and ((is_unit(last) and not last.isalpha()) or _fold(last) in {"ppm", "lux", "kpa", "hpa"}):
        return Quantity(head.strip(" ,;:-"), last)
    if re.search(r"\w%$", text):
        return Quantity(text[:-1], "%")
    return Quantity(text, "")


def physical_range(name: str, location: str, unit: str) -> Range | None:
    """Bounds that no working sensor of the kind leaves; None where the header does not tell enough."""
    folded, words = _fold(unit), f"{name} {location}"
    if folded in {"%rh", "rh%", "% rh"} or (folded in {"%", "pct", "percent", ""} and _is_humidity(name)):
        return (0.0, 105.0)
    if folded in {"°c", "c", "degc", "deg c", "celsius"}:
        return (-50.0, 150.0) if HOT.search(words) else (-50.0, 80.0)
    if not folded and TEMPERATURE.search(name):
        return (-50.0, 150.0)  # it may be degrees Fahrenheit
    if folded in {"°f", "degf", "fahrenheit"}:
        return (-60.0, 300.0) if HOT.search(words) else (-60.0, 180.0)
    return RANGES.get(folded)


RANGES: dict[str, Range] = {
    "ppm": (0.0, 10_000.0),
    "vpm": (0.0, 10_000.0),
    "w/m2": (-50.0, 2_000.0),
    "w/m^2": (-50.0, 2_000.0),
    "wm-2": (-50.0, 2_000.0),
    "w m-2": (-50.0, 2_000.0),
    "lux": (-100.0, 250_000.0),
    "lx": (-100.0, 250_000.0),
    "klux": (-1.0, 250.0),
    "klx": (-1.0, 250.0),
    "umol/m2/s": (-50.0, 5_000.0),
    "umol/m2s": (-50.0, 5_000.0),
    "umol m-2 s-1": (-50.0, 5_000.0),
    "g/m3": (-20.0, 150.0),
    "m/s": (0.0, 100.0),
    "ph": (0.0, 14.0),
}


def _is_humidity(name: str) -> bool:
    deficit = re.search(r"vpd|deficit|defizit|tekort|underskud", name, re.IGNORECASE)
    return bool(HUMIDITY.search(name)) and not deficit


def _fold(text: str) -> str:
    folded = (
        unicodedata.normalize("NFKC", text.strip().replace("º", "°")).casefold().replace("μ", "u").replace("µ", "u")
    )
    return re.sub(r"\s+", " ", folded).replace("·", " ").replace("\u2212", "-")
