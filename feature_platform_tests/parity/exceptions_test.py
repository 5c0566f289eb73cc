"""What docs/parity.md excuses is noise in tsfresh itself: there its own value moves with the last bit of the series."""

from typing import Any

import numpy as np
import pytest

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import COMPREHENSIVE
from feature_platform_tests.parity.comparison import close, natural_scale
from feature_platform_tests.parity.exceptions import exceptions
from feature_platform_tests.parity.reference import tsfresh_values
from feature_platform_tests.parity.series import named_series

LENGTHS = (5, 9, 12, 20, 50, 144, 257, 288)
SCALING = 2.0**40
"""A power of two changes no digit: what tsfresh then gives in the scaled unit, it must give in the other."""


def moved(x: FloatArray) -> list[FloatArray]:
    """The series with each value moved by at most one unit in the last place, in several ways."""
    random = np.random.default_rng(len(x))
    steps = [random.choice([-np.inf, np.inf], len(x)) for _ in range(12)]
    return [np.where(random.random(len(x)) < 0.5, np.nextafter(x, step), x) for step in steps]


@pytest.mark.parametrize(("calculator", "kind"), sorted(exceptions()))
def test_tsfreshs_own_value_moves(calculator: str, kind: str) -> None:
    requests = {calculator: COMPREHENSIVE[calculator]}
    groups = []
    for length in LENGTHS:
        x = named_series(length)[kind]
        groups.append([x, x * SCALING, *moved(x)])
    tables = iter(tsfresh_values([x for group in groups for x in group], requests))
    by_length = [(group, [next(tables) for _ in group]) for group in groups]
    assert any(unstable(group, found, calculator) for group, found in by_length)


def unstable(group: list[FloatArray], tables: list[dict[str, float | str]], calculator: str) -> bool:
    own = CALCULATORS[calculator]
    for parameters in COMPREHENSIVE[calculator] or ({},):
        column, power = own.column(parameters), own.power(parameters)
        first, scaled, *others = (_number(table.get(column)) for table in tables)
        natural = natural_scale(group[0], power)
        back = scaled / SCALING**power
        if not all(close(other, first, natural, exact=own.exact) for other in (back, *others)):
            return True
    return False


def _number(value: Any) -> float:
    return float(value) if isinstance(value, float) else float("nan")
