"""tsfresh's input formats as sorted series: wide, long and a dict of frames, in pandas or Polars."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from feature_platform.errors import FeatureError

if TYPE_CHECKING:
    import pandas as pd

    IdType = np.dtype[Any] | pd.api.extensions.ExtensionDtype


@dataclass(frozen=True)
class KindSeries:
    """All series of one kind: one for each id, in order of the ids.

    `times` are each series' own where its frame has a DatetimeIndex, else None.
    """

    kind: str
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


def split_kinds(container: object, columns: Columns) -> tuple[list[KindSeries], "IdType"]:
    """The series by kind, in tsfresh's order, and the ids' dtype.

    Raises
    ------
    ValueError
        As tsfresh does: a column that is missing, holds NaN, or cannot be guessed, or a kind with `__` in its name.
    FeatureError
        If a value column holds no real numbers.
    """
    if isinstance(container, Mapping):
        return _dict_kinds({str(kind): _pandas(frame) for kind, frame in container.items()}, columns)
    frame = _pandas(container)
    if columns.id is None:
        raise ValueError("A value for column_id needs to be supplied")
    _refuse_gaps(frame, columns.id)
    if columns.kind is not None:
        return _long_kinds(frame, columns), frame[columns.id].dtype
    return _wide_kinds(frame, columns), frame[columns.id].dtype


def _pandas(container: object) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    if isinstance(container, pd.DataFrame):
        return container
    if hasattr(container, "collect") and hasattr(container, "sink_parquet"):
        container = container.collect()
    if hasattr(container, "to_pandas"):
        found: pd.DataFrame = container.to_pandas()
        return found
    raise ValueError(f"{type(container).__name__} is no DataFrame of pandas or Polars, and no dict of such")


def _wide_kinds(frame: "pd.DataFrame", columns: Columns) -> list[KindSeries]:
    values = [columns.value] if columns.value is not None else _value_columns(frame, columns.id, columns.sort)
    _refuse_gaps(frame, *values)
    _refuse_names(values)
    if columns.sort is not None:
        _refuse_gaps(frame, columns.sort)
    groups = _Groups(frame, columns.id, columns.sort)
    return [KindSeries(str(name), groups.ids, *groups.cut(frame, name)) for name in values]


def _long_kinds(frame: "pd.DataFrame", columns: Columns) -> list[KindSeries]:
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    value = columns.value
    if value is None:
        possible = _value_columns(frame, columns.id, columns.sort, columns.kind)
        if len(possible) != 1:
            unused = ", ".join(map(str, possible))
            raise ValueError(f"Could not guess the value column: {unused} are unused; name one as column_value")
        value = possible[0]
    _refuse_gaps(frame, columns.kind, value)
    if columns.sort is not None:
        _refuse_gaps(frame, columns.sort)
    # tsfresh's columns come in the order in which it meets their kinds: by id, and within an id by kind.
    met = pd.DataFrame({"id": frame[columns.id], "kind": frame[columns.kind]}).drop_duplicates()
    kinds = list(dict.fromkeys(met.sort_values(["id", "kind"])["kind"]))
    found = []
    for kind in kinds:
        part = frame[frame[columns.kind] == kind]
        groups = _Groups(part, columns.id, columns.sort)
        found.append(KindSeries(str(kind), groups.ids, *groups.cut(part, value)))
    return found


def _dict_kinds(frames: Mapping[str, "pd.DataFrame"], columns: Columns) -> tuple[list[KindSeries], "IdType"]:
    _refuse_names(list(frames))
    found = []
    dtype: IdType | None = None
    for kind, frame in frames.items():
        if columns.id is None or columns.value is None:
            raise ValueError("A dict of frames needs column_id and column_value")
        _refuse_gaps(frame, columns.id, columns.value, *([columns.sort] if columns.sort is not None else []))
        groups = _Groups(frame, columns.id, columns.sort)
        found.append(KindSeries(kind, groups.ids, *groups.cut(frame, columns.value)))
        dtype = frame[columns.id].dtype
    if dtype is None:
        raise ValueError("the dict holds no frame")
    return found, dtype


class _Groups:
    """Rows of a frame by id, sorted within each id."""

    def __init__(self, frame: "pd.DataFrame", identity: Hashable, sort: Hashable) -> None:
        import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

        codes, self.ids = pd.factorize(frame[identity], sort=True)
        within = np.zeros(len(frame)) if sort is None else pd.factorize(frame[sort], sort=True)[0]
        self._order = np.lexsort((within, codes))
        self._bounds = np.searchsorted(codes[self._order], np.arange(len(self.ids) + 1))

    def cut(
        self, frame: "pd.DataFrame", column: Hashable
    ) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.datetime64]] | None]:
        import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

        values = frame[column]
        if values.dtype.kind not in "biuf":
            raise FeatureError(f"column {column!r} is {values.dtype}; features are computed of real numbers alone")
        series = list(self._split(values.to_numpy(dtype=np.float64)))
        if not isinstance(frame.index, pd.DatetimeIndex):
            return series, None
        index = frame.index.tz_localize(None) if frame.index.tz is None else frame.index.tz_convert(None)
        return series, list(self._split(index.to_numpy()))

    def _split(self, values: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
        ordered = values[self._order]
        for first, last in zip(self._bounds[:-1], self._bounds[1:], strict=True):
            yield ordered[first:last]


def _value_columns(frame: "pd.DataFrame", *others: Hashable) -> list[Hashable]:
    found: list[Hashable] = [column for column in frame.columns if column not in others]
    if not found:
        raise ValueError("Could not guess the value column! Please hand it to the function as an argument.")
    return found


def _refuse_gaps(frame: "pd.DataFrame", *columns: Hashable) -> None:
    for column in columns:
        if column not in frame.columns:
            raise ValueError(f"Column not found: {column}")
        if frame[column].isna().any():
            raise ValueError(f"Column must not contain NaN values: {column}")


def _refuse_names(names: Sequence[Hashable]) -> None:
    for name in names:
        if str(name).endswith("_") or "__" in str(name):
            raise ValueError(f"kind {name!r} contains '__' or ends with '_': tsfresh cannot read that back, rename it")
