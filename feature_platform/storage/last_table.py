"""The table that this process stored last: the next stage takes it from here and not back out of its file."""

import os
from collections.abc import Iterable, Iterator
from threading import Lock

import polars as pl

LIMIT_VARIABLE = "FEATURE_PLATFORM_LAST_TABLE_MIB"
DEFAULT_LIMIT_MIB = 1024
MIB = 2**20


class LastTable:
    """One table at most, up to so many bytes; a file's name holds its content's hash, so that it is the right one.

    Stages of an era follow each other, and each reads what the one before it stored: more than the last is dead weight.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: tuple[str, pl.DataFrame] | None = None

    def hold(self, path: str, table: pl.DataFrame | None) -> None:
        """Let go of what was held, and hold this instead, unless it is too large."""
        fits = table is not None and table.estimated_size() <= limit_bytes()
        with self._lock:
            self._held = (path, table) if table is not None and fits else None

    def find(self, path: str) -> pl.DataFrame | None:
        """What was stored at this path, if it is still held."""
        with self._lock:
            return self._held[1] if self._held is not None and self._held[0] == path else None


LAST = LastTable()


class Collected:
    """Tables on their way into a file, kept one below the other as long as they stay within the limit."""

    def __init__(self, tables: Iterable[pl.DataFrame]) -> None:
        self._tables = tables
        self._parts: list[pl.DataFrame] | None = []
        self._bytes = 0

    def __iter__(self) -> Iterator[pl.DataFrame]:
        limit = limit_bytes()
        for table in self._tables:
            if self._parts is not None:
                self._bytes += int(table.estimated_size())
                self._parts = [*self._parts, table] if self._bytes <= limit else None
            yield table

    @property
    def table(self) -> pl.DataFrame | None:
        """All of them; None if there was none, or they were too much."""
        return pl.concat(self._parts, rechunk=False) if self._parts else None


def limit_bytes() -> int:
    """FEATURE_PLATFORM_LAST_TABLE_MIB, by default 1 GiB; 0 holds nothing."""
    given = os.environ.get(LIMIT_VARIABLE, "")
    return (int(given) if given.isdecimal() else DEFAULT_LIMIT_MIB) * MIB
