"""One source, several targets: copies of the kernels whose calls among each other go to compiled copies."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

Function = Callable[..., Any]

PACKAGE = __name__.rpartition(".")[0]


def retarget(function: Function, jit: Callable[[Function], Any], known: dict[Function, Any]) -> Function:
    """A copy of a kernel that calls, for each function of this package, what `jit` makes of that function's copy.

    `jit` must not compile at once: what a function calls is put in place afterwards. `known` collects what it made, so
    that a function that several kernels call is compiled once. No function may call itself: numba's cache breaks on it.
    """
    copy, namespace = _copied(function)
    _bind(function, namespace, jit, known)
    return copy


def _bind(
    function: Function, namespace: dict[str, Any], jit: Callable[[Function], Any], known: dict[Function, Any]
) -> None:
    for name in function.__code__.co_names:
        called = namespace.get(name)
        if isinstance(called, FunctionType) and called.__module__.startswith(PACKAGE):
            if called not in known:
                copy, own = _copied(called)
                known[called] = jit(copy)
                _bind(called, own, jit, known)
            namespace[name] = known[called]


def _copied(function: Function) -> tuple[Function, dict[str, Any]]:
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no plain function")
    namespace = dict(function.__globals__)
    copy = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    return copy, namespace
