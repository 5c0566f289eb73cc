"""Native values against tsfresh's: what differs, beyond the tolerance of docs/parity.md."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform.features.cpu.run import run
from feature_platform.features.plan import make_plan
from feature_platform.features.tolerance import close, natural_scale, powers_of
from feature_platform_tests.parity.reference import STEP_MINUTES, Table, tsfresh_values


@dataclass(frozen=True)
class Difference:
    """One value that is not tsfresh's, and where its series stands among those compared."""

    position: int
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
    return differences_from(expected, series, calculators)


def differences_from(
    expected: Sequence[Table], series: Sequence[tuple[str, FloatArray]], calculators: Mapping[str, Any]
) -> tuple[list[Difference], int]:
    """As `differences`, from a table of tsfresh's values for each series."""
    own: dict[int, list[float]] = {}
    columns: tuple[str, ...] = ()
    by_length: dict[int, list[int]] = defaultdict(list)
    for position, (_, x) in enumerate(series):
        by_length[len(x)].append(position)
    for positions in by_length.values():
        values, columns = native_values(np.stack([series[position][1] for position in positions]), calculators)
        own |= dict(zip(positions, values.tolist(), strict=True))
    powers = powers_of(calculators)
    found: list[Difference] = []
    for position, ((name, x), table) in enumerate(zip(series, expected, strict=True)):
        naturals = {power: natural_scale(x, power) for power in {power for power, _ in powers.values()}}
        for column, value in zip(columns, own[position], strict=True):
            wanted = table.get(column, table.get(column.partition("__")[0], "no such column"))
            power, exact = powers[column]
            if isinstance(wanted, str) or not close(value, wanted, naturals[power], exact=exact):
                found.append(Difference(position, name, len(x), column, value, wanted))
    return found, len(series) * len(columns)
