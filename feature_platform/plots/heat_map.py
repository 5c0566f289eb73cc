"""A matrix as colours: blue below zero, white at zero, red above, grey where nothing is known."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from feature_platform.plots.canvas import SMALL, plain_axes
from feature_platform.plots.palette import FAINT, INK, LEVELS, MUTED, diverging

Matrix = npt.NDArray[np.float64]


def draw_matrix(figure: Figure, matrix: Matrix, *, box: tuple[float, float, float, float], bound: float) -> Axes:
    """Draw (n_row, n_column) values between -bound and bound into `box` with a colour bar at the right edge."""
    axes = plain_axes(figure.add_axes(box))
    levels = [tuple(channel / 255 for channel in colour) for colour in diverging(LEVELS)]
    palette = ListedColormap(levels).with_extremes(bad=FAINT)
    image = axes.imshow(
        np.ma.masked_invalid(np.clip(matrix, -bound, bound)), cmap=palette, vmin=-bound, vmax=bound, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    left, bottom, width, height = box
    bar_axes = figure.add_axes((left + width + 0.015, bottom, 0.014, height))
    bar = figure.colorbar(image, cax=bar_axes)
    bar.set_ticks([-bound, 0, bound])
    bar.ax.tick_params(labelsize=SMALL, colors=MUTED, labelcolor=INK, length=2)
    return axes
