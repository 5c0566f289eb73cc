"""Which of tsfresh's calculators a feature set asks for, with which parameters."""

import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from feature_platform.errors import FeatureError
from feature_platform.features.feature_sets import COMPREHENSIVE, FEATURE_SETS, ParameterList

if TYPE_CHECKING:
    from feature_platform.features.settings import FeatureSettings

Calculators = Mapping[str, ParameterList]


def calculators_of(settings: "FeatureSettings") -> Calculators:
    """Calculators by name with their parameters, in tsfresh's order (for a custom set, in the user's).

    Lists in custom parameters become tuples, since YAML has no tuples and tsfresh writes them into column names.

    Raises
    ------
    FeatureError
        If a custom calculator does not exist, or needs a package that is not installed.
    """
    if settings.custom is None:
        return FEATURE_SETS[settings.feature_set]
    for name in settings.custom:
        refuse_unknown(name)
    return {name: _with_tuples(parameters) for name, parameters in settings.custom.items()}


def parameters_hint(name: str) -> str:
    """Tsfresh's own parameters of a calculator, for an error's text."""
    own = COMPREHENSIVE.get(name)
    return "null" if own is None else json.dumps(own[:2])


def refuse_unknown(name: str) -> None:
    """Check that there is a calculator of this name, in tsfresh or with a kernel of its own.

    Raises
    ------
    FeatureError
        With the names that are near; or if it needs a package that is not installed.
    """
    if name in COMPREHENSIVE:
        return
    from feature_platform.features.calculators.registry import CALCULATORS  # noqa: PLC0415 - settings do without it

    if name in CALCULATORS:
        return
    from tsfresh.feature_extraction import feature_calculators  # noqa: PLC0415 - seconds; only the reference needs it

    calculator = getattr(feature_calculators, name, None)
    if not hasattr(calculator, "fctype"):
        known = [key for key, value in vars(feature_calculators).items() if hasattr(value, "fctype")]
        near = difflib.get_close_matches(name, known, n=3) or known[:3]
        raise FeatureError(f"tsfresh has no calculator {name!r}; near ones are {', '.join(near)}")
    if not getattr(calculator, "dependency_available", True):
        raise FeatureError(f"calculator {name} needs a package that tsfresh does not find; remove it")


def _with_tuples(parameters: ParameterList) -> ParameterList:
    if parameters is None:
        return None
    return [
        {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
        for entry in parameters
    ]
