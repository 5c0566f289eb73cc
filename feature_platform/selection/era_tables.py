"""The eras' feature tables as matrices, streamed in one fixed order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_platform.errors import SelectionError
from feature_platform.features.columns import WINDOW_START, is_feature

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
EraReaders = Mapping[str, Callable[[], pl.DataFrame]]

KEPT_BYTES = 512 * 2**20
PASS_BYTES = 64 * 2**20
"""Of kept rows what a pass hands out at a time."""


@dataclass(frozen=True)
class EraMatrix:
    """One era's features: `values` (rows, columns) is NaN where there is no finite value.

    `starts` are the rows' window starts, None where the table has none. Windows without a single value are no rows:
    while the whole logger is down, no column is worse than another. `empty_rows` counts them.
    """

    era_id: str
    columns: tuple[str, ...]
    values: FloatArray
    starts: pl.Series | None
    empty_rows: int

    @classmethod
    def of(cls, era_id: str, table: pl.DataFrame) -> "EraMatrix":
        """Convert a feature table.

        Raises
        ------
        SelectionError
            If a feature column is no number.
        """
        features = {name: dtype for name, dtype in table.schema.items() if is_feature(name)}
        for name, dtype in features.items():
            if not dtype.is_numeric():
                raise SelectionError(
                    f"era {era_id}: feature column {name!r} is {dtype}, not a number; materialize the "
                    "era's features again"
                )
        numbers = table.select(pl.col(list(features)).cast(pl.Float64)).to_numpy(writable=True)
        # Of no column Polars forgets how many rows there are.
        values = np.ascontiguousarray(numbers, np.float64).reshape(table.height, len(features))
        values[~np.isfinite(values)] = np.nan
        known = ~np.isnan(values).all(axis=1)
        starts = table[WINDOW_START].filter(pl.Series(known)) if WINDOW_START in table.columns else None
        return cls(
            era_id=era_id,
            columns=tuple(features),
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
    _whole: FloatArray | None = field(init=False, default=None)
    """The rows of all eras, where they are kept."""
    _positions: dict[tuple[str, ...], IntArray] = field(init=False, default_factory=dict)
    """Where an era with these columns has each of the columns of all; -1 where it lacks it."""

    def __post_init__(self) -> None:
        if not self.readers:
            raise SelectionError("no era to select from; materialize tsfresh_features for some eras first")
        own: dict[str, tuple[str, ...]] = {}
        size = 0
        for era in self.pass_over():
            own[era.era_id] = era.columns
            self.rows += len(era.values)
            self.empty_rows += era.empty_rows
            size += era.values.nbytes
            if size <= KEPT_BYTES:
                self._kept[era.era_id] = era
        if not self.rows:
            raise SelectionError(
                f"none of {self.empty_rows} windows of {len(own)} eras has a feature: all have gaps in every column; "
                "raise preprocessing.max_gap, take shorter windows, or choose other eras"
            )
        layouts = dict.fromkeys(own.values())
        self.columns = tuple(dict.fromkeys(name for layout in layouts for name in layout))
        for layout in layouts:
            place = {name: number for number, name in enumerate(layout)}
            self._positions[layout] = np.array([place.get(name, -1) for name in self.columns], dtype=np.int64)
        self.lacking = {
            era_id: len(self.columns) - len(layout) for era_id, layout in own.items() if len(layout) < len(self.columns)
        }
        if size <= KEPT_BYTES:
            self._join()
        else:
            self._kept.clear()

    def _join(self) -> None:
        """Keep the eras as parts of one matrix: fewer, larger products."""
        whole = np.empty((self.rows, len(self.columns)))
        first = 0
        for era_id in self.eras:
            era = self._kept[era_id]
            part = whole[first : first + len(era.values)]
            part[...] = self.take(era, np.arange(len(self.columns)))
            self._kept[era_id] = replace(era, columns=self.columns, values=part)
            first += len(part)
        self._positions[self.columns] = np.arange(len(self.columns))
        self._whole = whole

    @property
    def eras(self) -> tuple[str, ...]:
        """The eras' ids, sorted."""
        return tuple(sorted(self.readers))

    def pass_over(self) -> Iterator[EraMatrix]:
        """Every era in turn, one in memory at a time unless all are kept."""
        for era_id in self.eras:
            kept = self._kept.get(era_id)
            yield EraMatrix.of(era_id, self.readers[era_id]()) if kept is None else kept

    def matrices(self, places: IntArray, *, pass_bytes: int = PASS_BYTES) -> Iterator[FloatArray]:
        """One pass: (rows, places) of some rows at a time, NaN for a value that is missing, undefined or infinite."""
        if self._whole is None:
            for era in self.pass_over():
                yield self.take(era, places)
        else:
            step = max(pass_bytes // (8 * max(len(places), 1)), 1)
            for first in range(0, self.rows, step):
                yield self._whole[first : first + step, places]

    def take(self, era: EraMatrix, places: IntArray) -> FloatArray:
        """An era's values (rows, places) of those of `columns`; all NaN for one that it lacks."""
        own = self._positions[era.columns][places]
        found = era.values[:, own]
        found[:, own < 0] = np.nan
        return found
