"""Pearson's correlation over all eras at once, streamed, from the rows that both columns of a pair have."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from feature_platform.selection.era_tables import EraTables, FloatArray
from feature_platform.selection.profile import IntArray, Profile

MINIMUM_PAIRS = 3
"""Two rows always lie on a line."""

CANCELLED = 1e-6
"""Below this share of variance in the mean square too few digits are left of a difference of sums."""

EXACT_BYTES = 256 * 2**20


def correlate(tables: EraTables, left: Profile, right: Profile) -> FloatArray:
    """Correlations (n_left, n_right), equal to numpy.corrcoef over the rows that a pair shares.

    NaN where fewer than 3 rows are shared or a column is constant over them. One era is in memory at a time, with
    sums of the result's size.
    """
    place = {name: number for number, name in enumerate(dict.fromkeys((*left.columns, *right.columns)))}
    rows, columns = _places(left.columns, place), _places(right.columns, place)
    every = _joined(left, right, place)
    centre, half = every.centre, every.half
    # Columns that miss the same rows share one group: sums over a pair's rows need the other's group alone.
    _, sample, of = np.unique(every.pattern, return_index=True, return_inverse=True)
    products = np.zeros((len(rows), len(columns)))
    shared = np.zeros((len(sample), len(sample)))
    sums, squares = np.zeros((len(place), len(sample))), np.zeros((len(place), len(sample)))
    for values in tables.matrices(every.columns):
        known = (~np.isnan(values[:, sample])).astype(np.float64)
        unit = np.nan_to_num((values - centre) / half, nan=0.0)
        products += unit[:, rows].T @ unit[:, columns]
        shared += known.T @ known
        sums += unit.T @ known
        squares += (unit**2).T @ known
    pairs = shared[np.ix_(of[rows], of[columns])]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums / shared[of]
        spreads = np.maximum(squares / shared[of] - means**2, 0)
        # Over all of its own rows a column's spread is sound by its scaling, over a part of them it may be tiny.
        doubtful = (spreads <= CANCELLED * squares / shared[of]) & (shared[of] < shared[of, of][:, None])
        of_left, of_right = np.ix_(rows, of[columns]), np.ix_(columns, of[rows])
        found: FloatArray = products / pairs - means[of_left] * means[of_right].T
        found /= np.sqrt(spreads[of_left] * spreads[of_right].T)
    np.clip(found, -1.0, 1.0, out=found)
    found[(pairs < MINIMUM_PAIRS) | ~np.isfinite(found)] = np.nan
    found[left.low == left.high, :] = np.nan
    found[:, right.low == right.high] = np.nan
    unsure = (doubtful[of_left] | doubtful[of_right].T) & (pairs >= MINIMUM_PAIRS)
    if unsure.any():
        _correlate_exactly(tables, left, right, np.argwhere(unsure), found)
    return found


def _places(columns: tuple[str, ...], place: dict[str, int]) -> IntArray:
    return np.array([place[name] for name in columns], dtype=np.int64)


def _joined(left: Profile, right: Profile, place: dict[str, int]) -> Profile:
    """The profile of all columns, each once, in the order of `place`."""
    extra = [number for number, name in enumerate(right.columns) if place[name] >= len(left.columns)]
    return left.followed_by(right.take(extra))


def _correlate_exactly(
    tables: EraTables, left: Profile, right: Profile, pairs: npt.NDArray[np.intp], found: FloatArray
) -> None:
    limit = max(EXACT_BYTES // (8 * tables.rows), 2)
    for some in _by_columns(pairs, limit):
        names = list(dict.fromkeys(name for i, j in some for name in (left.columns[i], right.columns[j])))
        place = {name: number for number, name in enumerate(names)}
        values = np.concatenate(list(tables.matrices(names)))
        for i, j in some:
            both = values[:, [place[left.columns[i]], place[right.columns[j]]]]
            found[i, j] = _one(both[~np.isnan(both).any(axis=1)])


def _by_columns(pairs: npt.NDArray[np.intp], limit: int) -> Iterable[list[tuple[int, int]]]:
    """Stretches of the pairs that touch at most `limit` columns."""
    some: list[tuple[int, int]] = []
    lefts: set[int] = set()
    rights: set[int] = set()
    for i, j in pairs.tolist():
        if some and len(lefts) + (i not in lefts) + len(rights) + (j not in rights) > limit:
            yield some
            some, lefts, rights = [], set(), set()
        some.append((i, j))
        lefts.add(i)
        rights.add(j)
    if some:
        yield some


def _one(both: FloatArray) -> float:
    spread = both.max(axis=0) / 2 - both.min(axis=0) / 2
    if not (spread > 0).all():
        return float("nan")
    unit = (both - both.mean(axis=0)) / spread
    unit -= unit.mean(axis=0)
    x, y = unit.T
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))
