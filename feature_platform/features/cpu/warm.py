"""Everything compiled before the first call."""

from collections.abc import Iterable

from feature_platform.features.calculators.kernel import KernelFunction
from feature_platform.features.calculators.moments import write_moments
from feature_platform.features.cpu import welch
from feature_platform.features.cpu.compile import batch_loop, compiled


def warm_kernels(functions: Iterable[KernelFunction]) -> int:
    """Compile kernels and what all of them share; how many functions were not in the cache."""
    dispatchers = [batch_loop(), *welch.parts(), *(compiled(function) for function in (write_moments, *functions))]
    return sum(sum(dispatcher.stats.cache_misses.values()) for dispatcher in dispatchers)
