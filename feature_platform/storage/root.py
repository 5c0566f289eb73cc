"""The storage root: a local folder, or an object store's URL that fsspec can open."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from feature_platform.errors import StorageError
from feature_platform.home import STORAGE_VARIABLE


@dataclass(frozen=True)
class StoredFile:
    """A file under the root, its size, and when its content was last written (UTC)."""

    name: str
    bytes: int
    modified: datetime


@dataclass(frozen=True)
class StorageRoot:
    """Bytes in and out under one root. Names are relative, with forward slashes.

    Raises
    ------
    StorageError
        From every method, if the root cannot be reached, read or written.
    """

    url: str

    @cached_property
    def _opened(self) -> tuple[fsspec.AbstractFileSystem, str]:
        try:
            filesystem, path = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError, OSError) as error:
            raise StorageError(
                f"storage root {self.url!r} cannot be opened ({error}); correct {STORAGE_VARIABLE}, or install what "
                "such a URL needs (the k8s extra for gs://)"
            ) from error
        return filesystem, path.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether names are plain files."""
        return isinstance(self._opened[0], LocalFileSystem)

    def path(self, name: str) -> str:
        """The name's full path: a file's for a local root, else a URL that Polars can scan."""
        filesystem, base = self._opened
        full = f"{base}/{name}"
        return full if self.is_local else filesystem.unstrip_protocol(full)

    def read(self, name: str) -> bytes:
        """The whole content of a name."""
        filesystem, base = self._opened
        try:
            content: bytes = filesystem.cat_file(f"{base}/{name}")
        except OSError as error:
            raise StorageError(
                f"{self.path(name)}: cannot be read ({error}); give read access, or materialize anew what it belongs to"
            ) from error
        return content

    def exists(self, name: str) -> bool:
        """Whether the name holds anything."""
        filesystem, base = self._opened
        return bool(filesystem.exists(f"{base}/{name}"))

    def size(self, name: str) -> int | None:
        """How many bytes the name holds; None where it holds nothing."""
        filesystem, base = self._opened
        try:
            return int(filesystem.size(f"{base}/{name}"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self.path(name)}: cannot be read ({error}); give read access") from error

    def names(self, folder: str) -> list[str]:
        """The names of what lies directly in a folder, sorted; empty where the folder is not there."""
        filesystem, base = self._opened
        filesystem.invalidate_cache()
        try:
            found = filesystem.ls(f"{base}/{folder}", detail=False)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unlistable(folder, error) from error
        return sorted(str(path).rsplit("/", 1)[-1] for path in found)

    def files(self, folder: str) -> list[StoredFile]:
        """All files below a folder, by name; what vanishes meanwhile is left out."""
        filesystem, base = self._opened
        filesystem.invalidate_cache()
        found = []
        try:
            for path, about in sorted(filesystem.find(f"{base}/{folder}", detail=True).items()):
                with suppress(FileNotFoundError):
                    name = str(path).removeprefix(base).lstrip("/")
                    found.append(StoredFile(name, about["size"], filesystem.modified(path)))
        except OSError as error:
            raise self._unlistable(folder, error) from error
        return found

    def write(self, name: str, content: bytes) -> None:
        """Write a name whole: a reader sees all of it or nothing."""
        filesystem, base = self._opened
        target = f"{base}/{name}"
        try:
            if self.is_local:
                scratch = _write_scratch(target, content)
                Path(scratch).replace(target)
            else:
                filesystem.pipe_file(target, content)
        except OSError as error:
            raise write_error(self.path(name), error) from error

    @contextmanager
    def scratch(self, folder: str) -> Iterator[Path]:
        """A file's path to write to, beside what a local folder holds; gone afterwards unless `keep` moved it."""
        _, base = self._opened
        local = f"{base}/{folder}" if self.is_local else tempfile.gettempdir()
        path = Path(local) / f".{secrets.token_hex(6)}.tmp"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(str(path), error) from error
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, scratch: Path, name: str) -> None:
        """Make a scratch file the content of a name: a reader sees all of it or nothing."""
        filesystem, base = self._opened
        try:
            if self.is_local:
                with scratch.open("rb") as handle:
                    os.fsync(handle.fileno())
                scratch.replace(f"{base}/{name}")
            else:
                filesystem.put_file(str(scratch), f"{base}/{name}")
        except OSError as error:
            raise write_error(self.path(name), error) from error

    def create(self, name: str, content: bytes) -> bool:
        """Write a name whole unless it exists; of several writers exactly one is told True."""
        filesystem, base = self._opened
        target = f"{base}/{name}"
        try:
            if not self.is_local:
                filesystem.pipe_file(target, content, mode="create")
                return True
            scratch = _write_scratch(target, content)
            try:
                os.link(scratch, target)
            finally:
                Path(scratch).unlink()
        except FileExistsError:
            return False
        except OSError as error:
            raise write_error(self.path(name), error) from error
        return True

    def _unlistable(self, folder: str, error: OSError) -> StorageError:
        return StorageError(
            f"{self.path(folder)}: cannot be listed ({error}); give read access, or check {STORAGE_VARIABLE}"
        )

    def delete(self, name: str) -> None:
        """Remove a name or a folder with all in it; nothing happens where there is none."""
        filesystem, base = self._opened
        try:
            if filesystem.exists(f"{base}/{name}"):
                filesystem.rm(f"{base}/{name}", recursive=True)
        except OSError as error:
            raise write_error(self.path(name), error) from error


def _write_scratch(target: str, content: bytes) -> str:
    folder, _, file = target.rpartition("/")
    Path(folder).mkdir(parents=True, exist_ok=True)
    scratch = f"{folder}/.{file}.{secrets.token_hex(6)}.tmp"
    try:
        with Path(scratch).open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise
    return scratch


def write_error(path: str, error: OSError) -> StorageError:
    """What a user is told when a path cannot be written."""
    return StorageError(
        f"{path}: cannot be written ({error.strerror or error}); free space or give write access, then run again: "
        "what was stored before is untouched"
    )
