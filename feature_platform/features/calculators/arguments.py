"""Values of a calculator's parameters, checked: what tsfresh refuses is named before anything is computed."""

from collections.abc import Sequence
from numbers import Integral, Real

from feature_platform.errors import FeatureError
from feature_platform.features.calculators.kernel import Request

LARGEST = 2**53
"""Kernels read whole numbers as floats, which are exact up to here; no series is nearly as long."""


class RefusedError(FeatureError):
    """A kernel does not take the parameters of a `request`; tsfresh may."""

    def __init__(self, request: Request, text: str) -> None:
        super().__init__(text)
        self.request = request


def refused(request: Request, key: str, expected: str) -> RefusedError:
    """The error for a parameter's value that a kernel does not take."""
    return RefusedError(
        request, f"calculator {request.calculator}: {key} is {request.parameters[key]!r}; it must be {expected}"
    )


def integer(request: Request, key: str, *, least: int | None = None, most: int | None = None) -> int:
    """A whole number from `least` to `most`; one beyond `LARGEST` becomes that, since it means the same.

    Raises
    ------
    RefusedError
        If the value is none.
    """
    value = request.parameters[key]
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or (least is not None and value < least) or (most is not None and value > most):
        limits = f" from {least} on" * (least is not None) + f", at most {most}" * (most is not None)
        raise refused(request, key, f"a whole number{limits}")
    return max(-LARGEST, min(int(value), LARGEST))


def real(request: Request, key: str) -> float:
    """A number.

    Raises
    ------
    RefusedError
        If the value is none, or beyond the range of floats.
    """
    value = request.parameters[key]
    if not isinstance(value, Real):
        raise refused(request, key, "a number")
    try:
        return float(value)
    except OverflowError as error:
        raise refused(request, key, "a number within the range of floats") from error


def place(request: Request, key: str, allowed: Sequence[str]) -> int:
    """Where a value stands among the names that are allowed.

    Raises
    ------
    RefusedError
        If it is not among them.
    """
    value = request.parameters[key]
    if value not in allowed:
        raise refused(request, key, f"one of {', '.join(allowed)}")
    return allowed.index(value)
