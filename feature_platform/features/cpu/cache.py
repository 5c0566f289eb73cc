"""Where compiled kernels are kept between processes."""

import hashlib
import os
import warnings
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numba
from llvmlite import binding
from numba.core.caching import CompileResultCacheImpl, FunctionCache

from feature_platform.features import calculators


class KernelCacheWarning(UserWarning):
    """Compiled kernels cannot be kept."""


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """The folder of this version's compiled kernels, in NUMBA_CACHE_DIR, else in the user's cache folder.

    Its name is a digest of the kernels' source: numba looks at the file of a function alone, so a changed function that
    others call would go unnoticed. Checkouts of one version share it, wherever they lie.
    """
    base = os.environ.get("NUMBA_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    packages = (Path(calculators.__path__[0]), Path(__file__).parent)
    return Path(base) / "feature_platform" / "kernels" / source_digest(packages)


def source_digest(packages: Iterable[Path]) -> str:
    """16 hex digits of the source in some folders, and of numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(file for package in packages for file in package.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


class CacheFolder:
    """`cache_folder`, as numba asks for a function's place: it may be read-only, as in an image."""

    folder = staticmethod(cache_folder)

    def __init__(self, file: str) -> None:
        self._py_file = file

    @classmethod
    def from_function(cls, _function: object, file: str) -> Self:
        """See numba."""
        return cls(file)

    def get_cache_path(self) -> str:
        """See numba."""
        return str(self.folder())

    def ensure_cache_path(self) -> None:
        """See numba."""
        self.folder().mkdir(parents=True, exist_ok=True)

    def get_source_stamp(self) -> str:
        """See numba."""
        return self.folder().name

    def get_disambiguator(self) -> str:
        """See numba."""
        return "kernel"


class _MachineCode(CompileResultCacheImpl):  # type: ignore[misc]  # numba ships no types
    """Keeps a function's machine code; of its bitcode, whose reading took half of a load, the names of what is called.

    So nothing can be linked with it: kernels are called by their addresses.
    """

    _locator_classes = (CacheFolder,)

    def reduce(self, result: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as above
        (name, kind, (machine_code, _)), *others = super().reduce(result)
        wrappers = (result.fndesc.llvm_cpython_wrapper_name, result.fndesc.llvm_cfunc_wrapper_name)
        there = [wrapper for wrapper in wrappers if result.library.get_pointer_to_function(wrapper)]
        names = binding.parse_assembly("\n".join(f'define void @"{wrapper}"() {{ ret void }}' for wrapper in there))
        return (name, kind, (machine_code, names.as_bitcode())), *others


class OptionalCache:
    """Before a cache of numba's, of whichever target: one that does without its folder.

    If it cannot be written it says so, once in a process, and the function is compiled again in the next.
    """

    def load_overload(self, signature: Any, target: Any) -> Any:  # noqa: ANN401 - as above
        """See numba."""
        with suppress(OSError):
            return super().load_overload(signature, target)  # type: ignore[misc]  # the cache's that follows
        return None

    def save_overload(self, signature: Any, result: Any) -> None:  # noqa: ANN401 - as above
        """See numba."""
        try:
            super().save_overload(signature, result)  # type: ignore[misc]  # as above
        except OSError as error:
            _warn(error.strerror or str(error))


class KernelCache(OptionalCache, FunctionCache):  # type: ignore[misc]  # as above
    """numba's cache of one function, in `cache_folder`, for a function that no compiled one calls by its name."""

    _impl_class = _MachineCode


@lru_cache(maxsize=1)
def _warn(problem: str) -> None:
    warnings.warn(
        f"{cache_folder()}: cannot be written ({problem}), so the feature kernels are compiled anew in every process, "
        "which takes a minute; set NUMBA_CACHE_DIR to a folder that can be written",
        KernelCacheWarning,
        stacklevel=2,
    )
