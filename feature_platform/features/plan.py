"""From calculators and their parameters to the kernels that compute them, and the columns that these fill."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.arguments import RefusedError
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
NO_PARAMETERS: Sequence[Parameters] = ({},)


@dataclass(frozen=True)
class Work:
    """One kernel's part of a plan: its encoded requests and the columns that they fill."""

    kernel: Kernel
    encoded: Encoded
    columns: IntArray


@dataclass(frozen=True)
class Plan:
    """All columns' names in tsfresh's order, the kernels' work, and what is left to tsfresh with the reason.

    `doubtful` are the kernels' calculators that some series are left to tsfresh for, with their requests' columns.
    """

    names: tuple[str, ...]
    works: tuple[Work, ...]
    delegated: dict[str, ParameterList]
    reasons: dict[str, str]
    doubtful: tuple[tuple[Calculator, tuple[Parameters, ...], IntArray], ...] = ()

    @property
    def needs(self) -> frozenset[Need]:
        """What the batch must share between its kernels."""
        return frozenset().union(*(work.kernel.needs for work in self.works))


def make_plan(
    calculators: Mapping[str, ParameterList],
    *,
    timewise: bool,
    foreign_columns: Callable[[str, ParameterList], Sequence[str]],
    refused: Sequence[RefusedError] = (),
) -> Plan:
    """Plan the columns of calculators with their parameters (None for a calculator without).

    Without `timewise` (series that have no times) `linear_trend_timewise` has no columns, as in tsfresh.
    `foreign_columns` names the columns of what is left to tsfresh: a calculator that is not in the registry, or one
    with parameters that its kernel has `refused` before.

    Raises
    ------
    RefusedError
        If a kernel does not take parameters.
    FeatureError
        If a calculator's parameters are no list of mappings.
    """
    draft = _Draft()
    for name, parameter_list in calculators.items():
        if name == TIMEWISE and not timewise:
            continue
        calculator = CALCULATORS.get(name)
        if calculator is None:
            draft.leave(name, parameter_list, "no kernel of its own", foreign_columns(name, parameter_list))
            continue
        _refuse_other_than_a_list(name, parameter_list)
        beyond = []
        for parameters in parameter_list or NO_PARAMETERS:
            # By identity: parameters may hold arrays, which have no one truth value.
            refusal = next((one for one in refused if one.request.parameters is parameters), None)
            reason = str(refusal) if refusal else draft.add(calculator, parameters)
            if reason is not None:
                beyond.append(parameters)
                columns = foreign_columns(name, [parameters]) if refusal else [calculator.column(parameters)]
                draft.leave(name, beyond, reason, columns)
    return draft.plan()


class _Draft:
    """A plan in the making."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._native: dict[int, tuple[Kernel, list[int], list[Request]]] = {}
        self._doubtful: dict[str, tuple[list[Parameters], list[int]]] = {}
        self._delegated: dict[str, ParameterList] = {}
        self._reasons: dict[str, str] = {}

    def add(self, calculator: Calculator, parameters: Parameters) -> str | None:
        """Give a request to its kernel; else the reason why it is left to tsfresh."""
        refuse_parameters(calculator, parameters)
        column = calculator.column(parameters)
        if column in self._names:
            return None
        reason = calculator.beyond(parameters)
        if reason is not None:
            return reason
        position = self._names[column] = len(self._names)
        _, positions, requests = self._native.setdefault(id(calculator.kernel), (calculator.kernel, [], []))
        positions.append(position)
        requests.append(Request(calculator.name, parameters))
        if calculator.extremes or calculator.refuses:
            asked, columns = self._doubtful.setdefault(calculator.name, ([], []))
            asked.append(parameters)
            columns.append(position)
        return None

    def leave(self, name: str, parameter_list: ParameterList, reason: str, columns: Sequence[str]) -> None:
        """Leave a calculator with these parameters, which have these columns, to tsfresh."""
        for column in columns:
            self._names.setdefault(column, len(self._names))
        self._delegated[name], self._reasons[name] = parameter_list, reason

    def plan(self) -> Plan:
        """The plan of all that was added."""
        works = tuple(
            Work(kernel, kernel.encode(requests), np.array(positions, dtype=np.int64))
            for kernel, positions, requests in self._native.values()
        )
        doubtful = tuple(
            (CALCULATORS[name], tuple(asked), np.array(columns)) for name, (asked, columns) in self._doubtful.items()
        )
        return Plan(tuple(self._names), works, self._delegated, self._reasons, doubtful)


def _refuse_other_than_a_list(name: str, parameter_list: object) -> None:
    if parameter_list is None:
        return
    if not isinstance(parameter_list, Sequence) or not all(isinstance(entry, Mapping) for entry in parameter_list):
        raise FeatureError(f"calculator {name}: its parameters are {parameter_list!r}; give a list of dicts, or None")


def refuse_parameters(calculator: Calculator, parameters: Parameters) -> None:
    """Check that a calculator is given exactly the parameters that it takes.

    Raises
    ------
    RefusedError
        Naming the calculator, and the parameters that are missing or unknown.
    """
    missing = sorted(set(calculator.keys) - set(parameters))
    unknown = sorted(set(parameters) - set(calculator.keys) - set(calculator.optional))
    if missing or unknown:
        takes = ", ".join((*calculator.keys, *calculator.optional)) or "no parameters"
        wrong = [f"{', '.join(missing)} missing"] * bool(missing) + [f"{', '.join(unknown)} unknown"] * bool(unknown)
        raise RefusedError(
            Request(calculator.name, parameters),
            f"calculator {calculator.name} with parameters {dict(parameters)}: {'; '.join(wrong)}; it takes {takes}",
        )
