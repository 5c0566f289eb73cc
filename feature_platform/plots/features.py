"""An era's features over its windows."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.ticker import MaxNLocator

from feature_platform.plots.canvas import INK, SMALL, drawable, new_figure, render, say
from feature_platform.plots.heat_map import Matrix, draw_matrix

ROWS, NAMED_ROWS, NAMED_SENSORS = 240, 36, 40
TEXT_WIDTH = 46
BOUND = 3.0


def feature_heatmap(
    table: pl.DataFrame, names: Sequence[str], *, title: str = "Features over the windows", simulated: bool = False
) -> bytes:
    """Each feature's standard score over the windows, a row a feature and a column a window; a PNG.

    Of more than 240 features an even sample is drawn. Features that never change stay white, unknown values grey.

    Parameters
    ----------
    table
        One row per window, in time order, with the columns `evenly_sampled(names)`.
    """
    if not names or table.is_empty():
        figure = new_figure(2.0, title=title, simulated=simulated)
        say(figure, "No window." if table.is_empty() else "No feature.")
        return render(figure)
    shown = evenly_sampled(names)
    scores = standard_scores(table.select(shown).cast(pl.Float64).to_numpy().T)
    note = f"standard score; {table.height:,} window{'s' * (table.height != 1)}; {len(names):,} features"
    if len(shown) < len(names):
        note += f", of which {len(shown)} evenly sampled"
    if table.height == 1:
        note += "; nothing to compare with: white is known, grey is not"
    named = len(shown) <= NAMED_ROWS
    height = 1.1 + 0.155 * max(len(shown), 5) if named else 6.2
    rows = _row_names(shown) if named else _sensor_names(shown)
    figure = new_figure(height, title=title, note=note, simulated=simulated)
    left = 0.025 + 0.0077 * max((len(text) for _, text in rows), default=0)
    box = (left, 0.4 / height, 0.93 - left, 1 - 1.0 / height)
    axes = draw_matrix(figure, scores, box=box, bound=BOUND)
    axes.set_yticks([position for position, _ in rows], [text for _, text in rows])
    axes.tick_params(axis="y", length=0 if named else 3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("window", size=SMALL, color=INK, labelpad=1)
    return render(figure)


def evenly_sampled(names: Sequence[str]) -> list[str]:
    """The features that are drawn: all, or 240 of them."""
    if not names:
        return []
    taken = np.unique(np.linspace(0, len(names) - 1, min(ROWS, len(names))).astype(np.intp))
    return [names[index] for index in taken]


def standard_scores(values: Matrix) -> Matrix:
    """Each row less its mean and divided by its deviation, over its finite values; 0 where it never changes."""
    finite = np.ma.masked_invalid(values)
    centre = np.ma.filled(finite.mean(axis=1, keepdims=True), 0.0)
    spread = np.ma.filled(finite.std(axis=1, keepdims=True), 0.0)
    changes = spread > 1e-12 * np.abs(centre)  # rounding leaves a constant row a spread of that order
    scores: Matrix = np.ma.filled((finite - centre) / np.where(changes, spread, np.inf), np.nan)
    return scores


def _row_names(names: Sequence[str]) -> list[tuple[int, str]]:
    return [(row, drawable(name, TEXT_WIDTH)) for row, name in enumerate(names)]


def _sensor_names(names: Sequence[str]) -> list[tuple[int, str]]:
    """Where each sensor's features begin, unless there are too many sensors to name."""
    sensors = [name.partition("__")[0] for name in names]
    begins = [row for row, sensor in enumerate(sensors) if row == 0 or sensors[row - 1] != sensor]
    if len(begins) > NAMED_SENSORS:
        begins = begins[:: -(-len(begins) // NAMED_SENSORS)]
    return [(row, drawable(sensors[row], TEXT_WIDTH)) for row in begins]
