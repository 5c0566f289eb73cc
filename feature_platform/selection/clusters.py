"""Columns that say the same: of each cluster one is kept."""

from dataclasses import dataclass

import numpy as np

from feature_platform.features.cost import cost_class
from feature_platform.selection.correlation import correlate
from feature_platform.selection.era_tables import EraTables
from feature_platform.selection.profile import Profile

BLOCK_CELLS = 2**23
SMALLEST_BLOCK = 256


@dataclass(frozen=True)
class Follower:
    """A column that is dropped for a kept one, and their correlation."""

    column: str
    kept_column: str
    correlation: float


def find_followers(tables: EraTables, profile: Profile, *, maximum: float) -> list[Follower]:
    """Go through the columns from the most wanted on; drop each that correlates with a kept one by more than `maximum`.

    So no two kept columns do, each dropped one does with the one that it is dropped for, and that one is cheaper to
    compute, or as cheap and better covered, or comes first by name. A block of columns is compared with the kept ones
    at a time: only that part of the correlation matrix is ever in memory.
    """
    wanted = profile.take(order_of_preference(profile))
    kept: list[int] = []
    followers = []
    width = len(wanted.columns)
    size = max(BLOCK_CELLS // width, SMALLEST_BLOCK)
    for first in range(0, width, size):
        block = list(range(first, min(first + size, width)))
        against = [*kept, *block]
        strength = correlate(tables, wanted.take(block), wanted.take(against))
        leads = np.arange(len(against)) < len(kept)
        for row, place in enumerate(block):
            with np.errstate(invalid="ignore"):
                same = leads & (np.abs(strength[row]) > maximum)
            if same.any():
                leader = int(same.argmax())
                followers.append(
                    Follower(wanted.columns[place], wanted.columns[against[leader]], float(strength[row, leader]))
                )
            else:
                leads[len(kept) + row] = True
        kept = [place for place, leading in zip(against, leads, strict=True) if leading]
    return followers


def order_of_preference(profile: Profile) -> list[int]:
    """Places of the columns from the most to the least wanted: cheapest, then best covered, then by name."""
    return sorted(
        range(len(profile.columns)),
        key=lambda place: (cost_class(profile.columns[place]), -profile.count[place], profile.columns[place]),
    )
