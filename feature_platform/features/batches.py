"""An era's complete series through an engine, some windows at a time."""

from collections.abc import Callable, Iterator

import numpy as np

from feature_platform.features.engine import FeaturePlan, FloatArray
from feature_platform.features.windows import Windows

BATCH_VALUES = 2**23
"""Values of a table (64 MiB): a Parquet file keeps two kilobytes for each column of each in memory until the end."""
FEWEST_WINDOWS = 32


def window_batches(windows: Windows, features: int) -> Iterator[slice]:
    """Stretches of windows, in order, whose tables have about `BATCH_VALUES` values of so many features a window."""
    count = len(windows.starts)
    step = max(BATCH_VALUES // max(features, 1), FEWEST_WINDOWS)
    for first in range(0, count, step):
        yield slice(first, min(first + step, count))


def extract_complete(
    windows: Windows, batch: slice, plan: FeaturePlan, series_at_once: int, advance: Callable[[int], None]
) -> FloatArray:
    """Values (n_windows, n_columns, n_features) of a batch of windows.

    A series with a gap never reaches the engine; its values are NaN. `advance` is told how many series more are done.
    """
    columns = tuple(windows.series)
    values = np.full((batch.stop - batch.start, len(columns), len(plan.names)), np.nan)
    whole = np.column_stack([windows.coverage[column][batch] == 1 for column in columns])
    positions, rows = np.nonzero(whole.T)
    for first in range(0, len(rows), series_at_once):
        part = slice(first, first + series_at_once)
        series = np.stack(
            [
                windows.series[columns[position]][batch.start + row]
                for position, row in zip(positions[part], rows[part], strict=True)
            ]
        )
        values[rows[part], positions[part]] = plan.extract(series, windows.times)
        advance(len(series))
    return values
