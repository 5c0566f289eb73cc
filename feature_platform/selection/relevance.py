"""FRESH: which columns tell something of the target, by tsfresh's own tests and Benjamini-Yekutieli."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.stats import false_discovery_control

from feature_platform.errors import SelectionError
from feature_platform.selection.era_tables import BoolArray, EraTables, FloatArray
from feature_platform.selection.filters import Drop
from feature_platform.selection.profile import Profile
from feature_platform.selection.target import ERA_ID, TARGET, WINDOW_START, checked_target

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 512
MINIMUM_ROWS = 3


def find_irrelevant(tables: EraTables, profile: Profile, target: pl.DataFrame, *, fdr_level: float) -> list[Drop]:
    """Columns that no test at this false discovery rate finds related to the target.

    Each column is tested on the rows where it and the target have a value: nothing is imputed. Where nothing is
    missing this is tsfresh's `calculate_relevance_table`: whole numbers, booleans and text are classes (each tested
    against the rest), other numbers a quantity.

    Raises
    ------
    SelectionError
        If the target is malformed, meets fewer than 3 rows, or has one value only.
    """
    rows, values = _matched(tables, checked_target(target))
    best = np.full(len(profile.columns), np.inf)
    relevant = np.zeros(len(profile.columns), dtype=bool)
    for answer, task in _questions(values):
        p_values = np.full(len(profile.columns), np.nan)
        for first in range(0, len(profile.columns), BLOCK):
            part = profile.take(list(range(first, min(first + BLOCK, len(profile.columns)))))
            p_values[first : first + BLOCK] = _p_values(_gather(tables, part, rows), part, answer, task)
        tested = ~np.isnan(p_values)
        if tested.any():
            relevant[tested] |= false_discovery_control(p_values[tested], method="by") <= fdr_level
        best = np.fmin(best, p_values)
    return [
        Drop(
            column,
            "relevance",
            f"p = {best[place]:.3g}, not relevant at a false discovery rate of {fdr_level:.3g}"
            if np.isfinite(best[place])
            else "constant wherever the target is known",
        )
        for place, column in enumerate(profile.columns)
        if not relevant[place]
    ]


def _matched(tables: EraTables, target: pl.DataFrame) -> tuple[list[BoolArray], pl.Series]:
    """Per era which of its rows have a target, and the target of those rows."""
    keys = [name for name in (ERA_ID, WINDOW_START) if name in target.columns]
    chosen, values = [], []
    for era in tables.pass_over():
        rows = pl.DataFrame({ERA_ID: [era.era_id] * len(era.values)}, schema={ERA_ID: pl.String()})
        if WINDOW_START in keys:
            if era.starts is None:
                raise SelectionError(
                    f"era {era.era_id}: its features have no column {WINDOW_START}; materialize them again"
                )
            rows = rows.with_columns(era.starts.alias(WINDOW_START))
        answer = rows.join(target, on=keys, how="left", maintain_order="left")[TARGET]
        chosen.append(answer.is_not_null().to_numpy())
        values.append(answer.drop_nulls())
    joined = pl.concat(values)
    if len(joined) < MINIMUM_ROWS:
        raise SelectionError(
            f"the target meets {len(joined)} of {tables.rows} rows of features (its {' and '.join(keys)} must be those "
            f"of the features); at least {MINIMUM_ROWS} are needed"
        )
    if joined.n_unique() == 1:
        raise SelectionError(
            f"the target is {joined[0]} in all {len(joined)} rows; nothing can be related to it: give one that varies"
        )
    return chosen, joined


def _questions(values: pl.Series) -> Iterator[tuple["pd.Series[float]", str]]:
    import pandas as pd  # noqa: PLC0415 - slow to import; only a target needs it

    if values.dtype.is_float():
        yield pd.Series(values.to_numpy()), "regression"
    else:
        for label in values.unique().sort():
            yield pd.Series((values == label).to_numpy().astype(np.int64)), "classification"


def _gather(tables: EraTables, part: Profile, rows: list[BoolArray]) -> FloatArray:
    return np.concatenate(
        [tables.take(era, part.places)[chosen] for era, chosen in zip(tables.pass_over(), rows, strict=True)]
    )


def _p_values(values: FloatArray, part: Profile, answer: "pd.Series[float]", task: str) -> FloatArray:
    """P-values of a block of columns; NaN for those that are constant, or have too few rows with the target."""
    import pandas as pd  # noqa: PLC0415 - as above
    from tsfresh.feature_selection.relevance import calculate_relevance_table  # noqa: PLC0415 - as above

    p_values = np.full(len(part.columns), np.nan)
    # Columns of one pattern share their rows, so tsfresh takes them at once.
    for pattern in np.unique(part.pattern):
        places = np.flatnonzero(part.pattern == pattern)
        known = ~np.isnan(values[:, places[0]])
        asked = answer[known].reset_index(drop=True)
        if len(asked) < MINIMUM_ROWS or (asked == asked[0]).all():
            continue
        frame = pd.DataFrame(values[np.ix_(known, places)], columns=places)
        table = calculate_relevance_table(frame, asked, ml_task=task, n_jobs=0, show_warnings=False)
        p_values[table.index.to_numpy(dtype=np.int64)] = table["p_value"].to_numpy(dtype=np.float64)
    return p_values
