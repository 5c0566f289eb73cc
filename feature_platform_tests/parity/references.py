"""tsfresh's values of many series, by several processes at once."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from queue import SimpleQueue

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform_tests.parity.reference import Calculators, Reference, Table

AT_ONCE = 4
"""Series of one request: few, so that the processes end at about the same time."""


def many_values(
    series: Sequence[FloatArray],
    calculators: Calculators,
    *,
    processes: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[Table]:
    """A table of each series; `progress` is told how many are done."""
    idle: SimpleQueue[Reference] = SimpleQueue()

    def ask(some: Sequence[FloatArray]) -> list[Table]:
        reference = idle.get()
        try:
            return reference.values(some, calculators)
        finally:
            idle.put(reference)

    found: list[Table] = []
    with ExitStack() as stack, ThreadPoolExecutor(processes) as pool:
        for _ in range(processes):
            idle.put(stack.enter_context(closing(Reference())))
        for tables in pool.map(ask, _parts(series)):
            found += tables
            progress(len(found))
    return found


def _parts(series: Sequence[FloatArray]) -> Iterable[Sequence[FloatArray]]:
    return [series[first : first + AT_ONCE] for first in range(0, len(series), AT_ONCE)]
