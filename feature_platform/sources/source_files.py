"""Which files a description means, and what identifies their content."""

import glob
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from feature_platform.errors import SourceError
from feature_platform.sources.description import SourceDescription

HASH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class SourceFile:
    """One file of a source; `unit` is its name relative to the description's folder."""

    unit: str
    path: Path

    @property
    def bytes(self) -> int:
        """Its size."""
        return self.stamp()[0]

    def stamp(self) -> tuple[int, int]:
        """Size and time of the last change, by which a file that changes under an import is noticed."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise self.unreadable(error) from error
        return found.st_size, found.st_mtime_ns

    def content_hash(self) -> str:
        """SHA-256 of the content.

        Raises
        ------
        SourceError
            If the file cannot be read.
        """
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as handle:
                while block := handle.read(HASH_BYTES):
                    digest.update(block)
        except OSError as error:
            raise self.unreadable(error) from error
        return digest.hexdigest()

    def unreadable(self, error: OSError) -> SourceError:
        """What to tell a user whose file the system will not read."""
        return SourceError(f"{self.path}: cannot be read ({error.strerror or error}); give read access to the file")


def find_files(description: SourceDescription) -> list[SourceFile]:
    """The description's files in its own order, each pattern's matches sorted by name, each file once.

    Raises
    ------
    SourceError
        If a pattern matches no file.
    """
    found: dict[str, SourceFile] = {}
    for pattern in description.files:
        matches = _matches(description.folder, pattern)
        if not matches:
            raise SourceError(
                f"source {description.source}: no file matches {pattern!r} in {description.folder}; correct files: in "
                "the description, or put the export there"
            )
        for path in matches:
            name = Path(os.path.relpath(path, description.folder)).as_posix()
            unit = name.encode("utf-8", "replace").decode()  # a file's name may be bytes that are no text
            found.setdefault(str(path.resolve()), SourceFile(unit, path))
    return list(found.values())


def _matches(folder: Path, pattern: str) -> list[Path]:
    literal = folder / pattern
    if literal.is_file():  # a name may itself hold characters that mean something in a pattern
        return [literal]
    # Path.glob refuses absolute patterns and those with `..`.
    names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207
    return [folder / name for name in names if (folder / name).is_file()]
