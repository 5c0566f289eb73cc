"""Which of tsfresh's calculators a feature set asks for, with which parameters."""

import difflib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from feature_platform.errors import FeatureError
from feature_platform.features.settings import FeatureSettings

Parameters = list[dict[str, Any]] | None
Calculators = Mapping[str, Parameters]


def calculators_of(settings: FeatureSettings) -> Calculators:
    """Calculators by name with their parameters, in tsfresh's order (for a custom set, in the user's).

    Lists in custom parameters become tuples, since YAML has no tuples and tsfresh writes them into column names.

    Raises
    ------
    FeatureError
        If a custom calculator does not exist, or needs a package that is not installed.
    """
    if settings.custom is None:
        return _named(settings.feature_set)
    for name in settings.custom:
        _check(name)
    return {name: _with_tuples(parameters) for name, parameters in settings.custom.items()}


def parameters_hint(name: str) -> str:
    """Tsfresh's own parameters of a calculator, for an error's text."""
    own = _named("comprehensive").get(name)
    return "null" if own is None else json.dumps(own[:2])


@lru_cache(maxsize=3)
def _named(feature_set: str) -> Calculators:
    from tsfresh.feature_extraction import settings as tsfresh  # noqa: PLC0415 - seconds; only the reference needs it

    classes = {
        "minimal": tsfresh.MinimalFCParameters,
        "efficient": tsfresh.EfficientFCParameters,
        "comprehensive": tsfresh.ComprehensiveFCParameters,
    }
    with _without_notices():
        return dict(classes[feature_set]())


@contextmanager
def _without_notices() -> Iterator[None]:
    # It tells of the absent matrix_profile each time a set is made, minimal or not.
    logger = logging.getLogger("tsfresh.feature_extraction.settings")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _check(name: str) -> None:
    from tsfresh.feature_extraction import feature_calculators  # noqa: PLC0415 - seconds; only the reference needs it

    calculator = getattr(feature_calculators, name, None)
    if not hasattr(calculator, "fctype"):
        known = [key for key, value in vars(feature_calculators).items() if hasattr(value, "fctype")]
        near = difflib.get_close_matches(name, known, n=3) or known[:3]
        raise FeatureError(f"features.custom: tsfresh has no calculator {name!r}; near ones are {', '.join(near)}")
    if not getattr(calculator, "dependency_available", True):
        raise FeatureError(f"features.custom: {name} needs a package that tsfresh does not find; remove it")


def _with_tuples(parameters: Parameters) -> Parameters:
    if parameters is None:
        return None
    return [
        {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
        for entry in parameters
    ]
