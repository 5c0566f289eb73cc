"""Horizontal bars, one per name."""

from collections.abc import Sequence

from feature_platform.plots.canvas import SMALL, drawable, new_figure, plain_axes, render
from feature_platform.plots.palette import INK

TEXT_WIDTH = 44


def horizontal_bars(
    names: Sequence[str],
    lengths: Sequence[float],
    *,
    colours: Sequence[str],
    labels: Sequence[str],
    title: str,
    note: str = "",
    limit: float | None = None,
    simulated: bool = False,
) -> bytes:
    """One bar a name, topmost first, each with its label at its end; a PNG."""
    height = 0.85 + 0.19 * max(len(names), 2)
    figure = new_figure(height, title=title, note=note, simulated=simulated)
    left = 0.03 + 0.0082 * max((min(len(name), TEXT_WIDTH) for name in names), default=0)
    axes = plain_axes(figure.add_axes((left, 0.18 / height, 0.985 - left - 0.06, 1 - 0.75 / height)))
    positions = range(len(names))
    axes.barh(positions, lengths, color=colours, height=0.72)
    for position, length, label in zip(positions, lengths, labels, strict=True):
        axes.annotate(label, (length, position), xytext=(3, 0), textcoords="offset points", va="center",
                      size=SMALL, color=INK)  # fmt: skip
    axes.set_yticks(positions, [drawable(name, TEXT_WIDTH) for name in names], size=SMALL)
    axes.set_ylim(max(len(names), 2) - 0.4, -0.6)
    axes.set_xlim(0, limit or max([*lengths, 1]) * 1.02)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return render(figure)
