"""`extract_features` with tsfresh's arguments and result."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from feature_platform.features.containers import Columns, KindSeries, split_kinds
from feature_platform.features.feature_sets import COMPREHENSIVE, ParameterList
from feature_platform.features.native import extract_ragged

if TYPE_CHECKING:
    import pandas as pd

Settings = Mapping[str, ParameterList]


def extract_features(
    timeseries_container: object,
    default_fc_parameters: Settings | None = None,
    kind_to_fc_parameters: Mapping[str, Settings] | None = None,
    column_id: str | None = None,
    column_sort: str | None = None,
    column_kind: str | None = None,
    column_value: str | None = None,
    n_jobs: int | None = None,
    *,
    disable_progressbar: bool = True,
    impute_function: "Callable[[pd.DataFrame], object] | None" = None,
    pivot: bool = True,
) -> "pd.DataFrame | list[tuple[Any, str, float]]":
    """Features of every series: a frame with a row per id and a column per kind and feature, as tsfresh returns it.

    Parameters
    ----------
    timeseries_container
        A wide or long frame of pandas or Polars, or a dict of frames by kind; see tsfresh's data formats. Values are
        computed as float64.
    default_fc_parameters, kind_to_fc_parameters
        tsfresh's settings, for all kinds and by kind; by default its comprehensive ones.
    n_jobs
        Threads; 0 is 1, and by default as many as cores. Values are the same for any number.
    disable_progressbar
        Else a bar on stderr counts the series.
    impute_function
        Called on the frame, to fill it in place.
    pivot
        Else a list of `(id, column, value)`.

    Raises
    ------
    ValueError
        As tsfresh does, for columns that are missing or hold NaN.
    FeatureError
        For values that are no real numbers, and calculators or parameters that cannot be computed.
    """
    if default_fc_parameters is None:
        default_fc_parameters = COMPREHENSIVE if kind_to_fc_parameters is None else {}
    kinds, id_dtype = split_kinds(timeseries_container, Columns(column_id, column_sort, column_kind, column_value))
    threads = None if n_jobs is None else max(1, n_jobs)
    total = sum(len(kind.series) for kind in kinds)
    with _progress(total, shown=not disable_progressbar) as advance:
        tables = [
            _table(kind, (kind_to_fc_parameters or {}).get(kind.kind, default_fc_parameters), threads, advance)
            for kind in kinds
        ]
    if not pivot:
        return _as_tuples(tables)
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    features = pd.concat(tables, axis=1) if tables else pd.DataFrame(dtype=float)
    features.index = features.index.astype(id_dtype)
    features = features.sort_index()
    if impute_function is not None:
        impute_function(features)
    return features


def _table(
    kind: KindSeries, calculators: Settings, threads: int | None, advance: Callable[[int], None]
) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    before = 0

    def progress(done: int, _total: int) -> None:
        nonlocal before
        advance(done - before)
        before = done

    values, names = extract_ragged(kind.series, calculators, times=kind.times, threads=threads, progress=progress)
    return pd.DataFrame(values, index=kind.ids, columns=[f"{kind.kind}__{name}" for name in names])


def _as_tuples(tables: "list[pd.DataFrame]") -> list[tuple[Any, str, float]]:
    return [
        (identity, column, value)
        for table in tables
        for identity, row in zip(table.index.tolist(), table.to_numpy().tolist(), strict=True)
        for column, value in zip(table.columns, row, strict=True)
    ]


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    if not shown:
        yield lambda _count: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is asked for
    from rich.progress import Progress  # noqa: PLC0415 - as above

    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task("Feature extraction", total=total)
        yield lambda count: bars.advance(task, count)
