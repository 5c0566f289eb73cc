"""`extract_features` with tsfresh's arguments and result."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from feature_platform.errors import FeatureError, SeriesError
from feature_platform.features.containers import Columns, KindSeries, split_kinds
from feature_platform.features.feature_sets import COMPREHENSIVE, ParameterList
from feature_platform.features.native import extract_ragged

if TYPE_CHECKING:
    import pandas as pd

Settings = Mapping[str, ParameterList]


def extract_features(
    timeseries_container: object,
    default_fc_parameters: Settings | None = None,
    kind_to_fc_parameters: Mapping[Any, Settings] | None = None,
    column_id: str | None = None,
    column_sort: str | None = None,
    column_kind: str | None = None,
    column_value: str | None = None,
    chunksize: int | None = None,  # noqa: ARG001 - tsfresh's, without effect
    n_jobs: int | None = None,
    show_warnings: bool = False,  # noqa: ARG001 - tsfresh's, without effect
    disable_progressbar: bool = False,
    impute_function: "Callable[[Any], object] | None" = None,
    profile: bool = False,
    profiling_filename: str = "profile.txt",  # noqa: ARG001 - tsfresh's; there is no profile
    profiling_sorting: str = "cumulative",  # noqa: ARG001 - as above
    distributor: object = None,
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
    column_id, column_sort, column_kind, column_value
        tsfresh's names of the columns.
    n_jobs
        Threads; 0 is 1, and by default as many as cores. Values are the same for any number.
    disable_progressbar
        Else a bar on stderr counts the series.
    impute_function
        Called on the result, to fill it in place.
    pivot
        Else a list of `(id, column, value)`.
    chunksize, show_warnings, profiling_filename, profiling_sorting
        Without effect: kernels share their work out themselves, and give no warnings.
    profile, distributor
        Not to be given.

    Raises
    ------
    FeatureError
        A ValueError, as tsfresh's: for columns that are missing or hold NaN or no real numbers, for calculators and
        parameters that cannot be computed, and for values that a calculator refuses.
    """
    if distributor is not None:
        raise FeatureError("distributor: series are shared out over n_jobs threads of this process; leave it out")
    if profile:
        raise FeatureError("profile: Python's profiler does not see into compiled kernels; leave it out")
    if n_jobs is not None and n_jobs < 0:
        raise FeatureError(f"n_jobs is {n_jobs}; it must be a number of threads, or None for as many as cores")
    if default_fc_parameters is None:
        default_fc_parameters = COMPREHENSIVE if kind_to_fc_parameters is None else {}
    split = split_kinds(timeseries_container, Columns(column_id, column_sort, column_kind, column_value))
    threads = None if n_jobs is None else max(1, n_jobs)
    total = sum(len(kind.series) for kind in split.kinds)
    with _progress(total, shown=not disable_progressbar) as advance:
        tables = [
            _table(kind, (kind_to_fc_parameters or {}).get(kind.kind, default_fc_parameters), threads, advance)
            for kind in split.kinds
        ]
    features = _frame(tables, split.id_dtype)
    result = features if pivot else _as_tuples(tables, features.index if split.by_id else None)
    if impute_function is not None:
        impute_function(result)
    return result


def _table(
    kind: KindSeries, calculators: Settings, threads: int | None, advance: Callable[[int], None]
) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    before = 0

    def progress(done: int, _total: int) -> None:
        nonlocal before
        advance(done - before)
        before = done

    try:
        values, names = extract_ragged(kind.series, calculators, times=kind.times, threads=threads, progress=progress)
    except SeriesError as error:
        raise FeatureError(f"id {kind.ids.tolist()[error.position]!r}, kind {kind.kind!r}: {error.problem}") from error
    return pd.DataFrame(values, index=kind.ids, columns=[f"{kind.kind}__{name}" for name in names])


def _frame(tables: "list[pd.DataFrame]", id_dtype: Any) -> "pd.DataFrame":  # noqa: ANN401 - numpy's or pandas'
    import pandas as pd  # noqa: PLC0415 - slow to import; the array functions do without

    # tsfresh knows an id by its features alone: without any it has no row.
    filled = [table for table in tables if table.size]
    features = pd.concat(filled, axis=1) if filled else pd.DataFrame({}, dtype=float)
    features.index = features.index.astype(id_dtype)
    return features.sort_index()


def _as_tuples(tables: "list[pd.DataFrame]", ids: "pd.Index[Any] | None") -> list[tuple[Any, str, float]]:
    rows = [
        (identity, [(identity, column, value) for column, value in zip(table.columns, row, strict=True)])
        for table in tables
        if table.size
        for identity, row in zip(table.index.tolist(), table.to_numpy().tolist(), strict=True)
    ]
    if ids is not None:
        places = {identity: place for place, identity in enumerate(ids.tolist())}
        rows.sort(key=lambda row: places[row[0]])
    return [entry for _, entries in rows for entry in entries]


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
