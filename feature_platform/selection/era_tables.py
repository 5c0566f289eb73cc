"""The eras' feature tables as matrices, streamed in one fixed order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_platform.errors import SelectionError
from feature_platform.features.columns import WINDOW_START, is_feature

FloatArray = npt.NDArray[np.float64]
EraReaders = Mapping[str, Callable[[], pl.DataFrame]]

KEPT_BYTES = 512 * 2**20


@dataclass(frozen=True)
class EraMatrix:
    """One era's features: `values` (rows, columns) is NaN where there is no finite value; `place` finds a column.

    `starts` are the rows' window starts, None where the table has none. Windows without a single value are no rows:
    while the whole logger is down, no column is worse than another. `empty_rows` counts them.
    """

    era_id: str
    place: dict[str, int]
    values: FloatArray
    starts: pl.Series | None
    empty_rows: int

    def take(self, columns: Sequence[str]) -> FloatArray:
        """Values (rows, columns) of some columns; all NaN for one that this era lacks."""
        if self.place.keys() >= set(columns):
            return self.values[:, [self.place[name] for name in columns]]
        found = np.full((len(self.values), len(columns)), np.nan)
        here = [number for number, name in enumerate(columns) if name in self.place]
        found[:, here] = self.values[:, [self.place[columns[number]] for number in here]]
        return found

    @classmethod
    def of(cls, era_id: str, table: pl.DataFrame) -> "EraMatrix":
        """Convert a feature table.

        Raises
        ------
        SelectionError
            If a feature column is no number.
        """
        features = [column for column in table.get_columns() if is_feature(column.name)]
        values = np.empty((table.height, len(features)))
        for number, column in enumerate(features):
            if not column.dtype.is_numeric():
                raise SelectionError(
                    f"era {era_id}: feature column {column.name!r} is {column.dtype}, not a number; materialize the "
                    "era's features again"
                )
            values[:, number] = column.to_numpy()
        values[~np.isfinite(values)] = np.nan
        known = ~np.isnan(values).all(axis=1)
        starts = table[WINDOW_START].filter(pl.Series(known)) if WINDOW_START in table.columns else None
        return cls(
            era_id=era_id,
            place={column.name: number for number, column in enumerate(features)},
            values=values[known],
            starts=starts,
            empty_rows=int((~known).sum()),
        )


@dataclass
class EraTables:
    """Feature tables by era, read again for each pass; what fits in `KEPT_BYTES` altogether is read once.

    Eras go by id, so that the order they are given in changes nothing. `columns` are the features of all eras, in
    order of first appearance; where an era lacks one, its rows count as missing.

    Raises
    ------
    SelectionError
        If there is no era, no window with a value, or a column is no number.
    """

    readers: EraReaders
    columns: tuple[str, ...] = field(init=False)
    rows: int = field(init=False, default=0)
    empty_rows: int = field(init=False, default=0)
    lacking: dict[str, int] = field(init=False, default_factory=dict)
    """Eras that lack features which others have, and how many."""
    _kept: dict[str, EraMatrix] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not self.readers:
            raise SelectionError("no era to select from; materialize tsfresh_features for some eras first")
        seen: dict[str, None] = {}
        own: dict[str, int] = {}
        size = 0
        for era in self.pass_over():
            seen |= dict.fromkeys(era.place)
            own[era.era_id] = len(era.place)
            self.rows += len(era.values)
            self.empty_rows += era.empty_rows
            size += era.values.nbytes
            if size <= KEPT_BYTES:
                self._kept[era.era_id] = era
        if size > KEPT_BYTES:
            self._kept.clear()
        if not self.rows:
            raise SelectionError(
                f"none of {self.empty_rows} windows of {len(own)} eras has a feature: all have gaps in every column; "
                "raise preprocessing.max_gap, take shorter windows, or choose other eras"
            )
        self.columns = tuple(seen)
        self.lacking = {era_id: len(seen) - count for era_id, count in own.items() if count < len(seen)}

    @property
    def eras(self) -> tuple[str, ...]:
        """The eras' ids, sorted."""
        return tuple(sorted(self.readers))

    def pass_over(self) -> Iterator[EraMatrix]:
        """Every era in turn, one in memory at a time unless all are kept."""
        for era_id in self.eras:
            kept = self._kept.get(era_id)
            yield EraMatrix.of(era_id, self.readers[era_id]()) if kept is None else kept

    def matrices(self, columns: Sequence[str]) -> Iterator[FloatArray]:
        """One pass: per era (rows, columns), NaN where a value is missing, undefined or infinite."""
        for era in self.pass_over():
            yield era.take(columns)
