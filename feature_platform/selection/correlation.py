"""Pearson's correlation over all eras at once, streamed, from the rows that both columns of a pair have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from feature_platform.selection.arrays import Arrays
from feature_platform.selection.era_tables import BoolArray, EraTables, FloatArray, IntArray
from feature_platform.selection.exact_correlation import Rectangle, correlate_exactly
from feature_platform.selection.profile import Profile

MINIMUM_PAIRS = 3
"""Two rows always lie on a line."""

CANCELLED = 1e-6
"""Below this share of variance in the mean square too few digits are left of a difference of sums."""


def correlate(tables: EraTables, left: Profile, right: Profile, on: Arrays) -> FloatArray:
    """Correlations (n_left, n_right), equal to numpy.corrcoef over the rows that a pair shares.

    NaN where fewer than 3 rows are shared or a column is constant over them. A pass over the tables holds a part of
    their rows at a time, with sums of the result's size. The few pairs that a difference of sums cannot tell are
    corrected on the host.
    """
    xp = on.xp
    lefts, rights = _groups(left), _groups(right)
    sums = _sum_up(on, left, right, lefts, rights)
    unsure = [
        rectangle
        for number in range(len(lefts.members))
        for rectangle in _finish(on, sums, left, right, lefts, rights, number)
    ]
    found = sums.products
    xp.clip(found, -1.0, 1.0, out=found)
    found[xp.asarray(np.flatnonzero(left.constant)), :] = np.nan
    found[:, xp.asarray(np.flatnonzero(right.constant))] = np.nan
    correlations: FloatArray = on.to_host(found)
    correlate_exactly(tables, left, right, unsure, correlations)
    return correlations


@dataclass(frozen=True)
class _Groups:
    """Columns that miss the same rows: sums over the rows that a pair shares need the other's group alone.

    `of` is each column's group, `members` are the columns of each.
    """

    of: IntArray
    members: tuple[IntArray, ...]


def _groups(profile: Profile) -> _Groups:
    of = np.unique(profile.pattern, return_inverse=True)[1].reshape(-1)
    return _Groups(of, tuple(np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])))


@dataclass(frozen=True)
class _Sums:
    """Of values scaled into [-1, 1]: products (n_left, n_right) and the rows that two groups share.

    `left` are sums and sums of squares (2, n_left, n_group) over the rows of each group of the right, `right` likewise.
    All are arrays of the module that computes.
    """

    products: Any
    shared: Any
    left: Any
    right: Any


def _sum_up(on: Arrays, left: Profile, right: Profile, lefts: _Groups, rights: _Groups) -> _Sums:
    xp, width = on.xp, len(left.columns)
    samples = [
        xp.asarray(np.array([members[0] for members in lefts.members])),
        xp.asarray(np.array([width + members[0] for members in rights.members])),
    ]
    sums = _Sums(
        products=xp.zeros((width, len(right.columns))),
        shared=xp.zeros((len(lefts.members), len(rights.members))),
        left=xp.zeros((2, width, len(rights.members))),
        right=xp.zeros((2, len(right.columns), len(lefts.members))),
    )
    products, shared = sums.products, sums.shared
    centre = xp.asarray(np.concatenate([left.centre, right.centre]))
    half = xp.asarray(np.concatenate([left.half, right.half]))
    for values in on.matrices(np.concatenate([left.places, right.places])):
        in_left, in_right = ((~xp.isnan(values[:, sample])).astype(xp.float64) for sample in samples)
        x, y = (_unit(xp, values[:, part], centre[part], half[part]) for part in (slice(width), slice(width, None)))
        products += x.T @ y
        shared += in_left.T @ in_right
        for total, scaled, known in ((sums.left, x, in_right), (sums.right, y, in_left)):
            total[0] += scaled.T @ known
            total[1] += xp.square(scaled, out=scaled).T @ known
    return sums


def _unit(xp: Any, values: Any, centre: Any, half: Any) -> Any:  # noqa: ANN401 - numpy's or cupy's
    """As `Profile.unit` does."""
    scaled = (values - centre) / half
    scaled[xp.isnan(scaled)] = 0.0
    return scaled


def _finish(
    on: Arrays, sums: _Sums, left: Profile, right: Profile, lefts: _Groups, rights: _Groups, number: int
) -> Iterator[Rectangle]:
    """Turn the products of one group of the left into correlations; yields those that have too few digits."""
    xp = on.xp
    members = lefts.members[number]
    rows, of = xp.asarray(members), xp.asarray(rights.of)
    shared = sums.shared[number]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, square = sums.left[:, rows] / shared
        other_mean, other_square = sums.right[:, :, number] / shared[of]
        spread, other_spread = square - mean**2, other_square - other_mean**2
        # Over all of its own rows a column's spread is sound by its scaling, over a part of them it may be tiny.
        doubtful = (spread <= CANCELLED * square) & (shared < int(left.count[members[0]]))
        other_doubtful = (other_spread <= CANCELLED * other_square) & (shared[of] < xp.asarray(right.count))
        scale = 1 / xp.sqrt(xp.where(spread > 0, spread, np.nan))
        other_scale = 1 / xp.sqrt(xp.where((other_spread > 0) & (shared[of] >= MINIMUM_PAIRS), other_spread, np.nan))
        factor, other_offset = other_scale / shared[of], other_mean * other_scale
    # np.take keeps the order of the cells in memory, which indexing by a list of columns does not.
    step = max(on.cells // len(right.columns), 1)
    for first in range(0, len(members), step):
        part = slice(first, first + step)
        found = sums.products[rows[part]]
        found *= factor
        found -= xp.take(mean[part], of, axis=1) * other_offset
        found *= xp.take(scale[part], of, axis=1)
        sums.products[rows[part]] = found
    yield from _unsure(on.to_host(shared), on.to_host(doubtful), on.to_host(other_doubtful), members, rights)


def _unsure(
    shared: FloatArray, doubtful: BoolArray, other_doubtful: BoolArray, rows: IntArray, rights: _Groups
) -> Iterator[Rectangle]:
    for group in np.flatnonzero(shared >= MINIMUM_PAIRS):
        columns = rights.members[group]
        unsure, others = doubtful[:, group], columns[other_doubtful[columns]]
        if unsure.any():
            yield Rectangle(rows[unsure], columns, doubtful="left")
        if len(others) and not unsure.all():
            yield Rectangle(rows[~unsure], others, doubtful="right")
