"""Whether tsfresh's own value of a series is noise: it moves with the last bit of the values, or with their unit.

Ties stay ties: what counts peaks or ranks rightly changes where they are broken."""

from collections.abc import Sequence
from typing import Any

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform.features.tolerance import close, natural_scale, nudged
from feature_platform_tests.parity.reference import Table, tsfresh_values

UNITS = (2.0**40, 3.0, 0.7)
"""A power of two changes no digit, other factors half a unit in the last place at most."""
BOUND_TO_A_UNIT = {"benford_correlation", "count_above", "count_below", "range_count", "value_count"}
"""Calculators that must change with the unit: they look at digits, or compare with a value that is given."""
WAYS = 12


def unstable_columns(series: Sequence[FloatArray], calculator: str) -> list[set[str]]:
    """Of each series the calculator's columns whose value by tsfresh is noise, or that tsfresh fails to compute."""
    units = () if calculator in BOUND_TO_A_UNIT else UNITS
    groups = [[x, *(x * unit for unit in units), *nudged(x, WAYS)] for x in series]
    tables = iter(tsfresh_values([x for group in groups for x in group], {calculator: COMPREHENSIVE[calculator]}))
    return [_unstable(group[0], [next(tables) for _ in group], units, calculator) for group in groups]


def _unstable(x: FloatArray, tables: Sequence[Table], units: tuple[float, ...], calculator: str) -> set[str]:
    own, found = CALCULATORS[calculator], set()
    for parameters in COMPREHENSIVE[calculator] or ({},):
        column, power = own.column(parameters), own.power(parameters)
        first, *others = (_number(table.get(column)) for table in tables)
        back = [value / unit**power for value, unit in zip(others, units, strict=False)]
        natural = natural_scale(x, power)
        same = [close(other, first, natural, exact=own.exact) for other in (*back, *others[len(units) :])]
        if isinstance(tables[0].get(calculator), str) or not all(same):
            found.add(column)
    return found


def _number(value: Any) -> float:
    return float(value) if isinstance(value, float) else float("nan")
