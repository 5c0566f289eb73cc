"""tsfresh's input formats as sorted series: wide, long and a dict of frames, in pandas or Polars."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from feature_platform.errors import FeatureError

if TYPE_CHECKING:
    import pandas as pd

    IdType = np.dtype[Any] | pd.api.extensions.ExtensionDtype

REAL_KINDS = "biuf"
"""numpy's letters of the dtypes that hold real numbers."""


@dataclass(frozen=True)
class KindSeries:
    """All series of one kind: one for each id, in order of the ids.

    `times` are each series' own where its frame has a DatetimeIndex, else None.
    """

    kind: Hashable
    ids: "pd.Index[Any]"
    series: list[npt.NDArray[np.float64]]
    times: list[npt.NDArray[np.datetime64]] | None


@dataclass(frozen=True)
class Columns:
    """Which columns hold what, as tsfresh's arguments of these names say."""

    id: Hashable
    sort: Hashable
    kind: Hashable
    value: Hashable


@dataclass(frozen=True)
class Split:
    """A container's series by kind, in tsfresh's order, the ids' dtype, and whether tsfresh goes through it by id."""

    kinds: list[KindSeries]
    id_dtype: "IdType"
    by_id: bool


def split_kinds(container: object, columns: Columns) -> Split:
    """The series of a container.

    Raises
    ------
    FeatureError
        Where tsfresh raises a ValueError: for a column that is missing, holds NaN or cannot be guessed, or a kind with
        `__` in its name; and for a value column that holds no real numbers.
    """
    if isinstance(container, Mapping):
        return _dict_kinds({str(kind): _pandas(frame) for kind, frame in container.items()}, columns)
    frame = _pandas(container)
    if columns.id is None:
        raise FeatureError("A value for column_id needs to be supplied: name the column that tells series apart")
    _refuse_columns(frame, columns.id)
    kinds = _wide_kinds(frame, columns) if columns.kind is None else _long_kinds(frame, columns)
    return Split(kinds, frame[columns.id].dtype, by_id=True)


def _pandas(container: object) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    if isinstance(container, pd.DataFrame):
        return container
    if hasattr(container, "collect") and hasattr(container, "sink_parquet"):
        container = container.collect()
    if hasattr(container, "to_pandas"):
        found: pd.DataFrame = container.to_pandas()
        return found
    raise FeatureError(f"{type(container).__name__} is no DataFrame of pandas or Polars, and no dict of such")


def _wide_kinds(frame: "pd.DataFrame", columns: Columns) -> list[KindSeries]:
    values = [columns.value] if columns.value is not None else _value_columns(frame, columns.id, columns.sort)
    _refuse_columns(frame, *values, identity=columns.id)
    _refuse_names(values)
    groups = _Groups(frame, columns.id, columns.sort)
    return [KindSeries(name, groups.ids, *groups.cut(frame, name)) for name in values]


def _long_kinds(frame: "pd.DataFrame", columns: Columns) -> list[KindSeries]:
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    value = columns.value
    if value is None:
        possible = _value_columns(frame, columns.id, columns.sort, columns.kind)
        if len(possible) != 1:
            unused = ", ".join(map(str, possible))
            raise FeatureError(f"Could not guess the value column: {unused} are unused; name one as column_value")
        value = possible[0]
    _refuse_columns(frame, columns.kind, value, identity=columns.id)
    if columns.sort is not None:
        _refuse_columns(frame, columns.sort, identity=columns.id)
    # tsfresh's columns come in the order in which it meets their kinds: by id, and within an id by kind.
    ids, _ = _factorized(frame[columns.id])
    codes, kinds = _factorized(frame[columns.kind])
    met = pd.DataFrame({"id": ids, "kind": codes}).drop_duplicates().sort_values(["id", "kind"])
    found = []
    for code in dict.fromkeys(met["kind"]):
        part = frame[codes == code]
        groups = _Groups(part, columns.id, columns.sort)
        found.append(KindSeries(str(kinds[code]), groups.ids, *groups.cut(part, value)))
    return found


def _dict_kinds(frames: Mapping[str, "pd.DataFrame"], columns: Columns) -> Split:
    if not frames:
        raise FeatureError("the dict holds no frame")
    if columns.id is None or columns.value is None:
        raise FeatureError("Column not found: None; a dict of frames needs column_id and column_value")
    _refuse_names(list(frames))
    for frame in frames.values():
        _refuse_columns(frame, columns.id)
        _refuse_columns(frame, columns.value, identity=columns.id)
    found = []
    for kind, frame in frames.items():
        groups = _Groups(frame, columns.id, columns.sort, ties_by_id=False)
        found.append(KindSeries(kind, groups.ids, *groups.cut(frame, columns.value)))
    return Split(found, list(frames.values())[-1][columns.id].dtype, by_id=False)


class _Groups:
    """Rows of a frame by id, sorted within each id.

    Rows that tie are in the order in which pandas' `sort_values` leaves them, as in tsfresh: that of one id, or, if not
    `ties_by_id`, of the whole frame. It is no stable one.
    """

    def __init__(self, frame: "pd.DataFrame", identity: Hashable, sort: Hashable, *, ties_by_id: bool = True) -> None:
        if sort is not None:
            _refuse_columns(frame, sort, identity=identity)
        _refuse_ambiguous(frame, identity, sort)
        self._identity = identity
        codes, self.ids = _factorized(frame[identity])
        within = np.zeros(len(frame), dtype=np.int64) if sort is None else _factorized(frame[sort])[0]
        self._order = np.lexsort((within, codes))
        self._bounds = np.searchsorted(codes[self._order], np.arange(len(self.ids) + 1))
        if sort is None:
            return
        ordered = codes[self._order], within[self._order]
        ties = np.flatnonzero((ordered[0][1:] == ordered[0][:-1]) & (ordered[1][1:] == ordered[1][:-1]))
        if len(ties) and not ties_by_id:
            by_sort = _sort_order(frame[sort])
            self._order = by_sort[np.argsort(codes[by_sort], kind="stable")]
        elif len(ties):
            for code in np.unique(ordered[0][ties]):
                rows = slice(self._bounds[code], self._bounds[code + 1])
                before = np.sort(self._order[rows])
                self._order[rows] = before[_sort_order(frame[sort].iloc[before])]

    def cut(
        self, frame: "pd.DataFrame", column: Hashable
    ) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.datetime64]] | None]:
        import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

        series = list(self._split(_numbers(frame, column, self._identity)))
        if not isinstance(frame.index, pd.DatetimeIndex):
            return series, None
        index = frame.index.tz_localize(None) if frame.index.tz is None else frame.index.tz_convert(None)
        return series, list(self._split(index.to_numpy()))

    def _split(self, values: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
        ordered = values[self._order]
        for first, last in zip(self._bounds[:-1], self._bounds[1:], strict=True):
            yield ordered[first:last]


def _factorized(values: "pd.Series[Any]") -> "tuple[npt.NDArray[np.int64], pd.Index[Any]]":
    """Each value's place among the different ones, sorted, and these; tuples make a MultiIndex, as in tsfresh."""
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    codes, found = pd.factorize(values, sort=True)
    tuples = len(found) > 0 and all(isinstance(one, tuple) for one in found)
    return codes, pd.MultiIndex.from_tuples(found.tolist()) if tuples else found


def _sort_order(values: "pd.Series[Any]") -> npt.NDArray[np.int64]:
    return values.reset_index(drop=True).sort_values().index.to_numpy()


def _numbers(frame: "pd.DataFrame", column: Hashable, identity: Hashable) -> npt.NDArray[np.float64]:
    """A column's values as float64.

    Raises
    ------
    FeatureError
        Naming the column, and the id whose value is no real number.
    """
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    values = frame[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if values.dtype == object:
        for place, value in enumerate(values):
            if not isinstance(value, Real | Decimal | np.bool_):
                raise FeatureError(
                    f"column {column!r} holds {value!r} for id {_one(frame[identity], place)!r}; features are computed "
                    "of real numbers alone: convert it, or drop the column"
                )
    elif values.dtype.kind not in REAL_KINDS:
        raise FeatureError(
            f"column {column!r} is {values.dtype}; features are computed of real numbers alone: convert it, or drop it"
        )
    return values.to_numpy(dtype=np.float64)


def _one(values: "pd.Series[Any]", place: int) -> object:
    return values.iloc[[place]].tolist()[0]


def _value_columns(frame: "pd.DataFrame", *others: Hashable) -> list[Hashable]:
    found: list[Hashable] = [column for column in frame.columns if column not in others]
    if not found:
        raise FeatureError("Could not guess the value column! Please hand it to the function as an argument.")
    return found


def _refuse_columns(frame: "pd.DataFrame", *columns: Hashable, identity: Hashable = None) -> None:
    for column in columns:
        if column not in frame.columns:
            raise FeatureError(f"Column not found: {column}; there are {', '.join(map(str, frame.columns))}")
        if frame[column].ndim > 1:
            raise FeatureError(f"Column {column!r} is there more than once: rename or drop all but one")
        blank = frame[column].isna().to_numpy()
        if blank.any():
            place = int(blank.argmax())
            whose = "" if identity is None else f" (the first for id {_one(frame[identity], place)!r})"
            raise FeatureError(f"Column must not contain NaN values: {column}{whose}; fill them, or drop their rows")


def _refuse_ambiguous(frame: "pd.DataFrame", *columns: Hashable) -> None:
    for column in columns:
        if column is not None and column in frame.index.names:
            raise FeatureError(
                f"{column!r} is both an index level and a column label, which is ambiguous: rename the index"
            )


def _refuse_names(names: Sequence[Hashable]) -> None:
    for name in names:
        if str(name).endswith("_") or "__" in str(name):
            raise FeatureError(
                f"kind {name!r} contains '__' or ends with '_': tsfresh cannot read that back, rename it"
            )
