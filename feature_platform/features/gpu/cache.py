"""Where compiled CUDA kernels are kept between processes: compiling all of them takes a minute of a run."""

from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from feature_platform.features import calculators
from feature_platform.features.cpu import cache as cpu_cache


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """The folder of this version's compiled CUDA kernels, beside those for the CPU; see `cpu.cache.cache_folder`.

    What they were compiled for, the card and CUDA's version, numba tells apart by itself.
    """
    packages = (Path(calculators.__path__[0]), Path(cpu_cache.__file__).parent, Path(__file__).parent)
    name = f"cuda-{version('numba-cuda')}-{cpu_cache.source_digest(packages)}"
    return cpu_cache.cache_folder().parent / name


class CacheFolder(cpu_cache.CacheFolder):
    """The same, as numba asks for a function's place."""

    folder = staticmethod(cache_folder)


def keep_compiled(kernel: Any, function: Any) -> None:  # noqa: ANN401 - numba ships no types
    """Let a CUDA kernel be read from the cache, and written there once it is compiled."""
    from numba.cuda.dispatcher import CUDACache, CUDACacheImpl  # noqa: PLC0415 - the simulator has none

    class Implementation(CUDACacheImpl):  # type: ignore[misc]  # numba ships no types
        _locator_classes = (CacheFolder,)

    class KernelCache(cpu_cache.OptionalCache, CUDACache):  # type: ignore[misc]  # as above
        _impl_class = Implementation

    kernel._cache = KernelCache(function)  # noqa: SLF001 - what `cache=True` does, with numba's own class
