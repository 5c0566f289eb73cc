"""An era's complete series through an engine, in batches of the size that the engine wants."""

from collections.abc import Callable

import numpy as np

from feature_platform.features.engine import FeatureEngine, FloatArray
from feature_platform.features.settings import FeatureSettings
from feature_platform.features.windows import Windows

Progress = Callable[[int, int], None]


def extract_complete(
    windows: Windows, engine: FeatureEngine, settings: FeatureSettings, progress: Progress | None
) -> tuple[FloatArray, tuple[str, ...], int]:
    """Values (n_windows, n_columns, n_features), the features' names, and how many series were complete.

    A series with a gap never reaches the engine; its values are NaN. `progress` is told after each batch how many
    series of how many are done.
    """
    columns = tuple(windows.series)
    nothing = np.empty((0, len(windows.times)))
    _, names = engine.extract(nothing, windows.times, settings)
    values = np.full((len(windows.starts), len(columns), len(names)), np.nan)
    whole = np.column_stack([windows.coverage[column] == 1 for column in columns])
    positions, rows = np.nonzero(whole.T)
    for first in range(0, len(rows), engine.batch_size):
        batch = slice(first, first + engine.batch_size)
        series = np.stack(
            [
                windows.series[columns[position]][row]
                for position, row in zip(positions[batch], rows[batch], strict=True)
            ]
        )
        values[rows[batch], positions[batch]], _ = engine.extract(series, windows.times, settings)
        if progress is not None:
            progress(first + len(series), len(rows))
    return values, names, len(rows)
