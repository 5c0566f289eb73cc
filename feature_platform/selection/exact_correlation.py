"""Pearson's correlation in two passes, for the pairs of which a difference of sums leaves too few digits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from feature_platform.selection.era_tables import EraTables, FloatArray, IntArray
from feature_platform.selection.profile import Profile

EXACT_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Rectangle:
    """All pairs of some left with some right columns; those of one side all miss the same rows.

    The columns of the doubtful side hardly vary over the shared rows, if at all.
    """

    left: IntArray
    right: IntArray
    doubtful: Literal["left", "right"]


def correlate_exactly(
    tables: EraTables, left: Profile, right: Profile, rectangles: Sequence[Rectangle], found: FloatArray
) -> None:
    """Overwrite the rectangles' cells of `found` (n_left, n_right); NaN where a column is constant."""
    limit = max(EXACT_BYTES // (8 * tables.rows), 2)
    pieces = [piece for rectangle in rectangles for piece in _pieces(rectangle, limit // 2)]
    for bunch in _bunches(pieces, limit):
        lefts = np.unique(np.concatenate([piece.left for piece in bunch]))
        rights = np.unique(np.concatenate([piece.right for piece in bunch]))
        values = np.concatenate(list(tables.matrices(np.concatenate([left.places[lefts], right.places[rights]]))))
        for piece in bunch:
            x = values[:, np.searchsorted(lefts, piece.left)]
            y = values[:, len(lefts) + np.searchsorted(rights, piece.right)]
            exact = _correlate(x, y) if piece.doubtful == "left" else _correlate(y, x).T
            found[np.ix_(piece.left, piece.right)] = exact


def _pieces(rectangle: Rectangle, longest: int) -> Iterator[Rectangle]:
    """The rectangle in parts of at most so many left and so many right columns."""
    for left in range(0, len(rectangle.left), longest):
        for right in range(0, len(rectangle.right), longest):
            yield Rectangle(
                rectangle.left[left : left + longest], rectangle.right[right : right + longest], rectangle.doubtful
            )


def _bunches(pieces: Sequence[Rectangle], limit: int) -> Iterator[list[Rectangle]]:
    """Stretches of the pieces that touch at most `limit` columns."""
    bunch: list[Rectangle] = []
    lefts: set[int] = set()
    rights: set[int] = set()
    for piece in pieces:
        more_left, more_right = lefts.union(piece.left.tolist()), rights.union(piece.right.tolist())
        if bunch and len(more_left) + len(more_right) > limit:
            yield bunch
            bunch, more_left, more_right = [], set(piece.left.tolist()), set(piece.right.tolist())
        bunch.append(piece)
        lefts, rights = more_left, more_right
    if bunch:
        yield bunch


def _correlate(doubtful: FloatArray, other: FloatArray) -> FloatArray:
    """(n_doubtful, n_other) from (rows, n_doubtful) and (rows, n_other)."""
    shared = ~np.isnan(doubtful[:, 0]) & ~np.isnan(other[:, 0])
    exact = np.full((doubtful.shape[1], other.shape[1]), np.nan)
    standard = _standard(doubtful[shared])
    varies = ~np.isnan(standard[0])
    # Most doubtful columns are constant over the shared rows; then the other side, the larger, need not be looked at.
    if varies.any():
        exact[varies] = np.clip(standard[:, varies].T @ _standard(other[shared]), -1.0, 1.0)
    return exact


def _standard(values: FloatArray) -> FloatArray:
    """Columns of mean 0 and length 1; NaN for one that is constant."""
    spread = values.max(axis=0) / 2 - values.min(axis=0) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = (values - values.mean(axis=0)) / np.where(spread > 0, spread, np.nan)
        unit -= unit.mean(axis=0)
        standard: FloatArray = unit / np.sqrt((unit**2).sum(axis=0))
    return standard
