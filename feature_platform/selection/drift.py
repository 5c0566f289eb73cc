"""How far a pinned selection is from what would be chosen now."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Drift:
    """Columns that only today's choice has, those that only the pinned one has, and their share of all."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    share: float


def drift(pinned: Sequence[str], now: Sequence[str]) -> Drift:
    """Compare two selections as sets; `share` is 0 for the same columns and 1 where none is in both."""
    added = tuple(sorted(set(now) - set(pinned)))
    removed = tuple(sorted(set(pinned) - set(now)))
    every = set(pinned) | set(now)
    return Drift(added=added, removed=removed, share=(len(added) + len(removed)) / max(len(every), 1))
