"""Values of a calculator's parameters, checked: what tsfresh refuses is named before anything is computed."""

from collections.abc import Sequence
from numbers import Integral, Real

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.kernel import Request


def refused(request: Request, key: str, expected: str) -> FeatureError:
    """The error for a parameter's value that tsfresh refuses."""
    return FeatureError(f"calculator {request.calculator}: {key} is {request.parameters[key]!r}; it must be {expected}")


def integer(request: Request, key: str, *, least: int | None = None) -> int:
    """A whole number, no smaller than `least`.

    Raises
    ------
    FeatureError
        If the value is none.
    """
    value = request.parameters[key]
    if not isinstance(value, Integral) or (least is not None and value < least):
        raise refused(request, key, "a whole number" if least is None else f"a whole number from {least} on")
    return int(value)


def real(request: Request, key: str) -> float:
    """A number.

    Raises
    ------
    FeatureError
        If the value is none.
    """
    value = request.parameters[key]
    if not isinstance(value, Real):
        raise refused(request, key, "a number")
    return float(value)


def place(request: Request, key: str, allowed: Sequence[str]) -> int:
    """Where a value stands among the names that are allowed.

    Raises
    ------
    FeatureError
        If it is not among them.
    """
    value = request.parameters[key]
    if value not in allowed:
        raise refused(request, key, f"one of {', '.join(allowed)}")
    return allowed.index(value)
