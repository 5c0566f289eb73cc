"""An append-only log of small JSON documents: the commit point of everything that is stored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feature_platform.errors import StorageError
from feature_platform.storage.root import StorageRoot


class LostRaceError(StorageError):
    """Another writer appended first; read the log again and decide anew."""


@dataclass(frozen=True)
class CommitLog:
    """Entries numbered from 1 in one folder. An entry, once written, never changes."""

    root: StorageRoot
    folder: str

    def numbers(self) -> list[int]:
        """The numbers of all entries, ascending."""
        return [
            int(name.removesuffix(".json"))
            for name in self.root.names(self.folder)
            if name.endswith(".json") and name.removesuffix(".json").isdigit()
        ]

    def read(self, number: int) -> dict[str, Any]:
        """One entry.

        Raises
        ------
        StorageError
            If it is missing or no JSON object.
        """
        name = f"{self.folder}/{number:08d}.json"
        try:
            entry = json.loads(self.root.read(name))
        except ValueError as error:
            raise StorageError(f"{self.root.path(name)}: is no JSON ({error}); restore it from a backup") from error
        if not isinstance(entry, dict):
            raise StorageError(f"{self.root.path(name)}: holds no JSON object; restore it from a backup")
        return entry

    def append(self, entry: Mapping[str, Any], *, number: int) -> None:
        """Write the entry with the next number, atomically.

        Raises
        ------
        LostRaceError
            If another writer took that number.
        """
        name = f"{self.folder}/{number:08d}.json"
        content = json.dumps(entry, indent=1, sort_keys=True).encode()
        if not self.root.create(name, content):
            raise LostRaceError(f"{self.root.path(name)}: another writer committed first")
