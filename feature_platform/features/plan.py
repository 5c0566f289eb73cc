"""From calculators and their parameters to the kernels that compute them, and the columns that these fill."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    IntArray,
    Kernel,
    Need,
    Parameters,
    Request,
)
from feature_platform.features.calculators.registry import CALCULATORS
from feature_platform.features.feature_sets import ParameterList

TIMEWISE = "linear_trend_timewise"


@dataclass(frozen=True)
class Work:
    """One kernel's part of a plan: its encoded requests and the columns that they fill."""

    kernel: Kernel
    encoded: Encoded
    columns: IntArray


@dataclass(frozen=True)
class Plan:
    """All columns' names in tsfresh's order, the kernels' work, and what is left to tsfresh with the reason."""

    names: tuple[str, ...]
    works: tuple[Work, ...]
    delegated: dict[str, ParameterList]
    reasons: dict[str, str]

    @property
    def needs(self) -> frozenset[Need]:
        """What the batch must share between its kernels."""
        return frozenset().union(*(work.kernel.needs for work in self.works))


def make_plan(
    calculators: Mapping[str, ParameterList],
    *,
    timewise: bool,
    foreign_columns: Callable[[str, ParameterList], Sequence[str]],
) -> Plan:
    """Plan the columns of calculators with their parameters (None for a calculator without).

    Without `timewise` (series that have no times) `linear_trend_timewise` has no columns, as in tsfresh.
    `foreign_columns` names the columns of a calculator that is not in the registry.

    Raises
    ------
    FeatureError
        If a calculator of the registry cannot take its parameters.
    """
    names: dict[str, int] = {}
    native: dict[int, tuple[Kernel, list[int], list[Request]]] = {}
    delegated: dict[str, ParameterList] = {}
    reasons: dict[str, str] = {}
    for name, parameter_list in calculators.items():
        if name == TIMEWISE and not timewise:
            continue
        calculator = CALCULATORS.get(name)
        if calculator is None:
            delegated[name], reasons[name] = parameter_list, "no kernel of its own"
            for column in foreign_columns(name, parameter_list):
                names.setdefault(column, len(names))
            continue
        beyond = []
        for parameters in parameter_list or ({},):
            refuse_parameters(calculator, parameters)
            column = calculator.column(parameters)
            if column in names:
                continue
            position = names[column] = len(names)
            reason = calculator.beyond(parameters)
            if reason is not None:
                beyond.append(parameters)
                reasons[name] = reason
                continue
            _, positions, requests = native.setdefault(id(calculator.kernel), (calculator.kernel, [], []))
            positions.append(position)
            requests.append(Request(name, parameters))
        if beyond:
            delegated[name] = beyond
    works = tuple(
        Work(kernel, kernel.encode(requests), np.array(positions, dtype=np.int64))
        for kernel, positions, requests in native.values()
    )
    return Plan(tuple(names), works, delegated, reasons)


def refuse_parameters(calculator: Calculator, parameters: Parameters) -> None:
    """Check that a calculator is given exactly the parameters that it takes.

    Raises
    ------
    FeatureError
        Naming the calculator, and the parameters that are missing or unknown.
    """
    missing = sorted(set(calculator.keys) - set(parameters))
    unknown = sorted(set(parameters) - set(calculator.keys) - set(calculator.optional))
    if missing or unknown:
        takes = ", ".join((*calculator.keys, *calculator.optional)) or "no parameters"
        wrong = [f"{', '.join(missing)} missing"] * bool(missing) + [f"{', '.join(unknown)} unknown"] * bool(unknown)
        raise FeatureError(
            f"calculator {calculator.name} with parameters {dict(parameters)}: {'; '.join(wrong)}; it takes {takes}"
        )
