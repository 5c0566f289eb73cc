"""Where compiled kernels are kept between processes."""

import hashlib
import os
import shutil
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import RLock

import numba

from feature_platform.features import calculators

_lock = RLock()
_copies: list[TemporaryDirectory[str]] = []
"""They are removed with the process."""


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """The folder of this version's compiled kernels, made if need be; None, with one warning, if it cannot be written.

    numba reads only from a folder that it may write: kernels in one that it may not, as in an image, are copied to a
    temporary one of this process. The folder lies in NUMBA_CACHE_DIR, else in the user's cache folder. Its name is a
    digest of the kernels' source: numba looks at the file of a function alone, so a changed function that others call
    would go unnoticed.
    """
    base = os.environ.get("NUMBA_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    packages = (Path(calculators.__path__[0]), Path(__file__).parent)
    folder = Path(base) / "feature_platform" / "kernels" / source_digest(packages)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        with suppress(OSError):
            if any(folder.rglob("*.nbi")):
                return _copied(folder)
        warnings.warn(
            f"{folder}: cannot be written ({error.strerror or error}), so the feature kernels are compiled anew in "
            "every process, which takes a minute; set NUMBA_CACHE_DIR to a folder that can be written",
            stacklevel=2,
        )
        return None


def _copied(folder: Path) -> Path:
    copy = TemporaryDirectory(prefix="feature_platform-")
    _copies.append(copy)
    for file in folder.rglob("*.nb?"):
        target = Path(copy.name) / file.relative_to(folder)
        # Without the original's rights: numba must be able to write beside it.
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return Path(copy.name)


@contextmanager
def kernel_cache() -> Iterator[bool]:
    """Functions decorated inside keep their compiled code in `cache_folder`; whether there is one."""
    folder = cache_folder()
    with _lock:
        # numba chooses the folder when a function is decorated, from its global configuration.
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder or "")
        try:
            yield folder is not None
        finally:
            numba.config.CACHE_DIR = before


def source_digest(packages: Iterable[Path]) -> str:
    """16 hex digits of the source in some folders, and of numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(file for package in packages for file in package.glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]
