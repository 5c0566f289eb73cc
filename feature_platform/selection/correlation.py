"""Pearson's correlation over all eras at once, streamed, from the rows that both columns of a pair have."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feature_platform.selection.era_tables import EraTables, FloatArray, IntArray
from feature_platform.selection.exact_correlation import Rectangle, correlate_exactly
from feature_platform.selection.profile import Profile

MINIMUM_PAIRS = 3
"""Two rows always lie on a line."""

CANCELLED = 1e-6
"""Below this share of variance in the mean square too few digits are left of a difference of sums."""

CACHED_CELLS = 2**15
"""Cells that are worked on at a time: the intermediate results then stay in the processor's cache."""


def correlate(tables: EraTables, left: Profile, right: Profile) -> FloatArray:
    """Correlations (n_left, n_right), equal to numpy.corrcoef over the rows that a pair shares.

    NaN where fewer than 3 rows are shared or a column is constant over them. A pass over the tables holds a part of
    their rows at a time, with sums of the result's size.
    """
    lefts, rights = _groups(left), _groups(right)
    sums = _sum_up(tables, left, right, lefts, rights)
    unsure = [
        rectangle
        for number in range(len(lefts.members))
        for rectangle in _finish(sums, left, right, lefts, rights, number)
    ]
    found = sums.products
    np.clip(found, -1.0, 1.0, out=found)
    found[left.constant, :] = np.nan
    found[:, right.constant] = np.nan
    correlate_exactly(tables, left, right, unsure, found)
    return found


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
    """

    products: FloatArray
    shared: FloatArray
    left: FloatArray
    right: FloatArray


def _sum_up(tables: EraTables, left: Profile, right: Profile, lefts: _Groups, rights: _Groups) -> _Sums:
    width = len(left.columns)
    samples = [members[0] for members in lefts.members], [width + members[0] for members in rights.members]
    sums = _Sums(
        products=np.zeros((width, len(right.columns))),
        shared=np.zeros((len(samples[0]), len(samples[1]))),
        left=np.zeros((2, width, len(samples[1]))),
        right=np.zeros((2, len(right.columns), len(samples[0]))),
    )
    for values in tables.matrices(np.concatenate([left.places, right.places])):
        in_left, in_right = ((~np.isnan(values[:, sample])).astype(np.float64) for sample in samples)
        x, y = left.unit(values[:, :width]), right.unit(values[:, width:])
        sums.products[...] += x.T @ y
        sums.shared[...] += in_left.T @ in_right
        for total, scaled, known in ((sums.left, x, in_right), (sums.right, y, in_left)):
            total[0] += scaled.T @ known
            total[1] += np.square(scaled, out=scaled).T @ known
    return sums


def _finish(
    sums: _Sums, left: Profile, right: Profile, lefts: _Groups, rights: _Groups, number: int
) -> Iterator[Rectangle]:
    """Turn the products of one group of the left into correlations; yields those that have too few digits."""
    rows = lefts.members[number]
    shared = sums.shared[number]
    of = rights.of
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, square = sums.left[:, rows] / shared
        other_mean, other_square = sums.right[:, :, number] / shared[of]
        spread, other_spread = square - mean**2, other_square - other_mean**2
        # Over all of its own rows a column's spread is sound by its scaling, over a part of them it may be tiny.
        doubtful = (spread <= CANCELLED * square) & (shared < left.count[rows[0]])
        other_doubtful = (other_spread <= CANCELLED * other_square) & (shared[of] < right.count)
        scale = 1 / np.sqrt(np.where(spread > 0, spread, np.nan))
        other_scale = 1 / np.sqrt(np.where((other_spread > 0) & (shared[of] >= MINIMUM_PAIRS), other_spread, np.nan))
        factor, other_offset = other_scale / shared[of], other_mean * other_scale
    # np.take keeps the order of the cells in memory, which indexing by a list of columns does not.
    step = max(CACHED_CELLS // len(of), 1)
    for first in range(0, len(rows), step):
        part = slice(first, first + step)
        found = sums.products[rows[part]]
        found *= factor
        found -= np.take(mean[part], of, axis=1) * other_offset
        found *= np.take(scale[part], of, axis=1)
        sums.products[rows[part]] = found
    for group in np.flatnonzero(shared >= MINIMUM_PAIRS):
        columns = rights.members[group]
        unsure, others = doubtful[:, group], columns[other_doubtful[columns]]
        if unsure.any():
            yield Rectangle(rows[unsure], columns, doubtful="left")
        if len(others) and not unsure.all():
            yield Rectangle(rows[~unsure], others, doubtful="right")
