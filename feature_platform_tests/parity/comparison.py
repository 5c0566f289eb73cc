"""Native values against tsfresh's: what differs, beyond the tolerance of docs/parity.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.cpu.run import run
from feature_platform.features.plan import make_plan
from feature_platform_tests.parity.reference import STEP_MINUTES, tsfresh_values

RELATIVE = 1e-6
ABSOLUTE = 1e-8


@dataclass(frozen=True)
class Difference:
    """One value that is not tsfresh's."""

    series: str
    length: int
    column: str
    own: float
    tsfresh: float | str

    @property
    def calculator(self) -> str:
        return self.column.partition("__")[0]


def native_values(x: FloatArray, calculators: Mapping[str, Any]) -> tuple[FloatArray, tuple[str, ...]]:
    """Values (n_series, n_columns) of series of one length at five minutes, and their columns."""
    plan = make_plan(calculators, timewise=True, foreign_columns=lambda *_: ())
    assert not plan.delegated
    hours = np.arange(x.shape[1])[None] * STEP_MINUTES * 60 / 3600.0
    return run(plan, x, hours), plan.names


def differences(
    series: Sequence[tuple[str, FloatArray]], calculators: Mapping[str, Any]
) -> tuple[list[Difference], int]:
    """What differs over series of any lengths, and how many values were compared."""
    expected = tsfresh_values([x for _, x in series], calculators)
    found: list[Difference] = []
    compared = 0
    for (name, x), table in zip(series, expected, strict=True):
        own, columns = native_values(x[None], calculators)
        powers = {
            calculator.column(parameters): (calculator.power(parameters), calculator.exact)
            for calculator, parameters in _requests(calculators)
        }
        for column, value in zip(columns, own[0].tolist(), strict=True):
            wanted = table.get(column, table.get(column.partition("__")[0], "no such column"))
            compared += 1
            power, exact = powers[column]
            if isinstance(wanted, str) or not close(value, wanted, natural_scale(x, power), exact=exact):
                found.append(Difference(name, len(x), column, value, wanted))
    return found, compared


def scale(x: FloatArray) -> float:
    """What a series' values amount to: its spread, or a rounding error of its size where it has none."""
    return float(max(x.std(), 1e-12 * np.abs(x).max()))


def natural_scale(x: FloatArray, power: int) -> float:
    """A power of the series' scale; also a negative one of a series that has none."""
    unit = scale(x)
    return float(unit**power) if unit > 0 else float(power == 0)


def close(own: float, wanted: float, natural: float, *, exact: bool) -> bool:
    """Whether a value is tsfresh's: both NaN, equal, or within the tolerance at the feature's natural scale."""
    if np.isnan(own) or np.isnan(wanted):
        return bool(np.isnan(own) and np.isnan(wanted))
    if own == wanted or exact:
        return own == wanted
    return bool(abs(own - wanted) <= RELATIVE * abs(wanted) + ABSOLUTE * natural)


def _requests(calculators: Mapping[str, Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    return [
        (CALCULATORS[name], parameters)
        for name, parameter_list in calculators.items()
        for parameters in parameter_list or ({},)
    ]
