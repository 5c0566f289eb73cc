"""Columns that say the same: of each cluster one is kept."""

from dataclasses import dataclass

import numpy as np

from feature_platform.features.columns import SEPARATOR
from feature_platform.features.cost import cost_class
from feature_platform.selection.engines import Correlator
from feature_platform.selection.profile import Profile

BLOCK, KEPT_BLOCK = 1024, 8192
"""Columns that are looked at together, and kept ones that they are compared with at a time."""


@dataclass(frozen=True)
class Follower:
    """A column that is dropped for a kept one, and their correlation."""

    column: str
    kept_column: str
    correlation: float


def find_followers(correlator: Correlator, profile: Profile, *, maximum: float) -> list[Follower]:
    """Go through the columns from the most wanted on; drop each that correlates with a kept one by more than `maximum`.

    So no two kept columns do, each dropped one does with the one that it is dropped for, and that one is the first of
    those in the order of preference. A block of columns is compared with a block of the kept ones at a time: only that
    part of the correlation matrix is ever in memory.
    """
    wanted = profile.take(order_of_preference(profile))
    width = len(wanted.columns)
    kept = np.empty(0, dtype=np.int64)
    leader, strength = np.full(width, -1), np.zeros(width)
    for first in range(0, width, BLOCK):
        free = np.arange(first, min(first + BLOCK, width))
        for start in range(0, len(kept), KEPT_BLOCK):
            if not len(free):
                break
            against = kept[start : start + KEPT_BLOCK]
            found = correlator.correlate(wanted.take(free), wanted.take(against))
            same = (found > maximum) | (found < -maximum)
            leads = same.argmax(axis=1)
            follows = same.any(axis=1)
            leader[free[follows]] = against[leads[follows]]
            strength[free[follows]] = found[follows, leads[follows]]
            free = free[~follows]
        if not len(free):
            continue
        own = wanted.take(free)
        found = correlator.correlate(own, own)
        same = (found > maximum) | (found < -maximum)
        for row, place in enumerate(free):
            if leader[place] < 0:
                follows = same[:, row] & (leader[free] < 0)
                follows[: row + 1] = False
                leader[free[follows]] = place
                strength[free[follows]] = found[follows, row]
        kept = np.concatenate([kept, free[leader[free] < 0]])
    return [
        Follower(wanted.columns[place], wanted.columns[leader[place]], float(strength[place]))
        for place in np.flatnonzero(leader >= 0)
    ]


def order_of_preference(profile: Profile) -> list[int]:
    """Places of the columns from the most to the least wanted.

    Cheapest first, then best covered, then by the number of parameters (a mean says more to a person than the real part
    of the first Fourier coefficient), then by name.
    """
    return sorted(
        range(len(profile.columns)),
        key=lambda place: (
            cost_class(name := profile.columns[place]),
            -profile.count[place],
            name.count(SEPARATOR),
            name,
        ),
    )
