"""A feature's name, explained: sensor, calculator, parameters, meaning, formula, unit and cost."""

import ast
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.catalogue.entries import ENTRIES
from feature_platform.features.catalogue.entry import KINDS, Entry
from feature_platform.features.columns import SEPARATOR
from feature_platform.features.cost import MICROSECONDS
from feature_platform.features.feature_sets import FEATURE_SETS

UNKNOWN = "u"
"""Stands for a sensor's unit that is not known."""
POWERS = {-3: "⁻³", -2: "⁻²", -1: "⁻¹", 2: "²", 3: "³"}
NO_UNIT = KINDS["number"]
SOURCE = "https://tsfresh.readthedocs.io/en/v0.21.0/api/tsfresh.feature_extraction.html"
SOURCE_PLACE = "tsfresh.feature_extraction.feature_calculators"


@dataclass(frozen=True)
class FeatureDescription:
    """What one feature says.

    `sensor` is what stands before the calculator in the name, None if nothing does. `unit` is derived from the
    sensor's. `microseconds` is what tsfresh takes for it (see `cost.MICROSECONDS`), None if it was not measured.
    `feature_sets` are those of tsfresh's sets that have it.
    """

    name: str
    sensor: str | None
    calculator: str
    parameters: Mapping[str, Any]
    meaning: str
    formula: str
    unit: str
    microseconds: int | None
    feature_sets: tuple[str, ...]
    source: str


def describe_feature(name: str, unit: str | None = None) -> FeatureDescription:
    """Explain `{calculator}__{param}_{value}`, with or without `{sensor}__` before it; `unit` is the sensor's.

    A unit of None is not known, an empty one is none.

    Raises
    ------
    FeatureError
        If the name has no calculator of the catalogue, or not its parameters.
    """
    sensor, calculator, label = _parts(name)
    entry, known = ENTRIES[calculator], CALCULATORS[calculator]
    parameters = _parameters(name, entry, label)
    try:
        column = known.column(parameters)
        meaning = entry.sentence(parameters)
        power = known.power(parameters)
    except (KeyError, TypeError) as error:
        raise FeatureError(f"feature {name!r}: {calculator} takes {', '.join(known.keys)}; give them all") from error
    return FeatureDescription(
        name=name,
        sensor=sensor,
        calculator=calculator,
        parameters=parameters,
        meaning=meaning,
        formula=entry.formula,
        unit=unit_text(unit, power, entry.per_of(parameters), KINDS[entry.kind_of(parameters)]),
        microseconds=MICROSECONDS.get(calculator),
        feature_sets=tuple(name for name, columns in _columns_of_sets().items() if column in columns),
        source=source_of(entry),
    )


def entry_of(calculator: str) -> Entry:
    """A calculator's entry.

    Raises
    ------
    FeatureError
        With the names that are near.
    """
    if calculator not in ENTRIES:
        raise _unknown(calculator)
    return ENTRIES[calculator]


def unit_text(unit: str | None, power: int, per: str, otherwise: str) -> str:
    """A power of a unit, such as `°C² per step`; `otherwise` where nothing of the sensor's unit is left."""
    base = otherwise if power == 0 else NO_UNIT if unit == "" else _raised(UNKNOWN if unit is None else unit, power)
    return per if per and base == NO_UNIT else f"{base} {per}".strip()


def _raised(unit: str, power: int) -> str:
    if power == 1:
        return unit
    compound = any(sign in unit for sign in "/ ·*^²³")
    return f"({unit}){POWERS.get(power, f'^{power}')}" if compound else f"{unit}{POWERS.get(power, f'^{power}')}"


def source_of(entry: Entry) -> str:
    """The page of tsfresh that the formula is from."""
    return f"{SOURCE}#{SOURCE_PLACE}.{entry.name}"


@cache
def _columns_of_sets() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(
            CALCULATORS[calculator].column(parameters)
            for calculator, asked in calculators.items()
            for parameters in asked or ({},)
        )
        for name, calculators in FEATURE_SETS.items()
    }


def _parts(name: str) -> tuple[str | None, str, str]:
    """Sensor, calculator, and the parameters' part of a name."""
    parts = name.split(SEPARATOR)
    # A sensor may be named as a calculator is.
    for place in (1, 0):
        if place < len(parts) and parts[place] in ENTRIES:
            return SEPARATOR.join(parts[:place]) or None, parts[place], SEPARATOR.join(parts[place + 1 :])
    raise _unknown(parts[min(1, len(parts) - 1)])


def _unknown(calculator: str) -> FeatureError:
    near = difflib.get_close_matches(calculator, ENTRIES, n=3)
    hint = f"near ones are {', '.join(near)}" if near else "docs/feature-catalogue.md lists all"
    return FeatureError(f"there is no calculator {calculator!r} in the catalogue; {hint}")


def _parameters(name: str, entry: Entry, label: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in label.split(SEPARATOR) if label else ():
        key = next((key for key in entry.parameters if part.startswith(f"{key}_")), None)
        if key is None:
            takes = ", ".join(entry.parameters) or "no parameters"
            raise FeatureError(f"feature {name!r}: {part!r} is no parameter of {entry.name}; it takes {takes}")
        try:
            found[key] = ast.literal_eval(part.removeprefix(f"{key}_"))
        except (ValueError, SyntaxError) as error:
            raise FeatureError(f"feature {name!r}: {part!r} has no value that Python can read") from error
    return found
