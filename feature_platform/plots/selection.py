"""What a selection kept and dropped."""

from collections.abc import Mapping, Sequence

import numpy as np

from feature_platform.plots.bars import horizontal_bars
from feature_platform.plots.canvas import SMALL, drawable, new_figure, render, say
from feature_platform.plots.heat_map import Matrix, draw_matrix
from feature_platform.plots.palette import VERMILLION

NAMED, CELLS = 40, 200
TEXT_WIDTH = 46


def correlation_heatmap(
    matrix: Matrix,
    names: Sequence[str],
    *,
    of: int | None = None,
    title: str = "Correlation of kept columns",
    simulated: bool = False,
) -> bytes:
    """A correlation matrix as colours; a PNG.

    Up to 40 columns are named. Above 200, each cell shows the strongest correlation of a block of columns.

    Parameters
    ----------
    matrix
        (n, n) float64, NaN where there is none.
    names
        The n columns, in the matrix's order.
    of
        How many columns they are a sample of; by default they are all.

    Raises
    ------
    ValueError
        If the matrix is not n by n.
    """
    n = len(names)
    if matrix.shape != (n, n):
        raise ValueError(f"a correlation matrix of {n} names must be {n} by {n}, not {matrix.shape}")
    if n == 0:
        figure = new_figure(2.0, title=title, simulated=simulated)
        say(figure, "No column was kept.")
        return render(figure)
    block = -(-n // CELLS)
    note = f"Pearson's r of {n:,} columns"
    if of is not None and of > n:
        note += f", evenly sampled of {of:,}"
    if block > 1:
        note += f"; each cell is the strongest of {block} by {block}"
    height = 6.6 if n > NAMED else 2.4 + 0.155 * n
    figure = new_figure(height, title=title, note=note, simulated=simulated)
    named = n <= NAMED
    left = 0.05 + (0.0077 * min(max(len(name) for name in names), TEXT_WIDTH) if named else 0.0)
    bottom = 0.35 / height
    box = (left, bottom, 0.93 - left, 1 - 0.65 / height - bottom)
    axes = draw_matrix(figure, _strongest(matrix, block), box=box, bound=1.0)
    if named:
        axes.set_yticks(range(n), [f"{drawable(name, TEXT_WIDTH)}  {row + 1}" for row, name in enumerate(names)])
        axes.set_xticks(range(n), [str(column + 1) for column in range(n)])
        axes.tick_params(labelsize=SMALL - (0 if n <= NAMED // 2 else 1), length=0)
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    return render(figure)


def _strongest(matrix: Matrix, block: int) -> Matrix:
    """The value farthest from zero in each block by block square."""
    if block == 1:
        return matrix
    starts = np.arange(0, len(matrix), block)
    high = np.fmax.reduceat(np.fmax.reduceat(matrix, starts, axis=0), starts, axis=1)
    low = np.fmin.reduceat(np.fmin.reduceat(matrix, starts, axis=0), starts, axis=1)
    strongest: Matrix = np.where(np.abs(low) > np.abs(high), low, high)
    return strongest


def dropped_by_reason_bar(
    counts: Mapping[str, int], *, title: str = "Columns dropped, by reason", simulated: bool = False
) -> bytes:
    """Bars of how many columns each filter dropped, in the order given; a PNG."""
    total = sum(counts.values())
    return horizontal_bars(
        list(counts) or ["nothing was dropped"],
        list(counts.values()) or [0],
        colours=[VERMILLION] * max(len(counts), 1),
        labels=[f"{count:,}" for count in counts.values()] or ["0"],
        title=title,
        note=f"{total:,} columns dropped in all",
        simulated=simulated,
    )
