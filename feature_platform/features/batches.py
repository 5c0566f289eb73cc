"""An era's complete series through an engine, some windows at a time."""

from collections.abc import Callable, Iterator

import numpy as np

from feature_platform.features.engine import FeaturePlan, FloatArray
from feature_platform.features.windows import Windows

FEWEST_WINDOWS = 32
"""Windows of a batch for however many columns: with fewer, Parquet's row groups are mostly headers."""


def window_batches(windows: Windows, series_at_once: int) -> Iterator[slice]:
    """Stretches of windows, in order, that have about so many series."""
    count = len(windows.starts)
    step = max(series_at_once // len(windows.series), FEWEST_WINDOWS)
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
