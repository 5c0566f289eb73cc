"""Where eras begin and end, under a signal that shows why."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from matplotlib.axes import Axes

from feature_platform.eras.era import Era
from feature_platform.plots.canvas import SMALL, drawable, new_figure, plain_axes, render
from feature_platform.plots.palette import BLUE, FAINT, INK, MUTED, SKY
from feature_platform.plots.ticks import time_ticks
from feature_platform.plots.time_axis import day_number, day_numbers, range_text

LINES = 60
"""Up to this many boundaries are drawn through the signal as well."""
POINTS = 1600
STRIPES = 300
"""More eras than this are narrower than two pixels, and alternating colours would only shimmer."""
CHARACTERS = 122
"""Of small print, across the axis."""
SHORTEST_LABEL = 10


def eras_over_signal_plot(signal: pl.DataFrame, eras: Sequence[Era], *, title: str, simulated: bool = False) -> bytes:
    """A signal with a strip of eras per level under it, in alternating colours; a PNG.

    Parameters
    ----------
    signal
        `time: datetime[us, UTC]`, ascending, and `value: f64`; a longer one than 1,600 rows is thinned to means.
    eras
        Of one source; levels may be mixed.
    """
    levels = list(dict.fromkeys(era.level for era in sorted(eras, key=lambda era: (era.level, era.start))))
    thin = _thinned(signal)
    numbers = day_numbers(thin["time"])
    begins = [day_number(era.start) for era in eras]
    ends = [day_number(era.end) for era in eras]
    limits = (min([*numbers[:1], *begins], default=0.0), max([*numbers[-1:], *ends], default=1.0))
    limits = limits if limits[0] < limits[1] else (limits[0] - 0.5, limits[0] + 0.5)
    counts = [f"{sum(era.level == level for era in eras):,} {level}" for level in levels]
    note = f"{range_text(limits)}; eras: {', '.join(counts) or 'none'}"
    height = 2.9 + 0.26 * len(levels)
    figure = new_figure(height, title=title, note=note, simulated=simulated)
    strips = 0.26 * max(len(levels), 1) / height
    bottom = 0.36 / height
    top = plain_axes(
        figure.add_axes((0.085, bottom + strips + 0.06 / height, 0.9, 1 - 0.62 / height - bottom - strips))
    )
    strip = plain_axes(figure.add_axes((0.085, bottom, 0.9, strips)))
    marker = "." if len(numbers) <= LINES else ""
    values = thin["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    top.plot(numbers, values, color=BLUE, linewidth=0.9, marker=marker, markersize=3)
    boundaries = sorted({*begins, *ends})
    if len(boundaries) <= LINES:
        for boundary in boundaries:
            top.axvline(boundary, color=MUTED, linewidth=0.6, linestyle=(0, (2, 2)))
    top.set_xlim(*limits)
    top.set_xticks([])
    top.locator_params(axis="y", nbins=5)
    for row, level in enumerate(levels):
        _strip(strip, sorted(era for era in eras if era.level == level), row, limits)
    strip.set_ylim(max(len(levels), 1), 0)
    strip.set_yticks([row + 0.5 for row in range(len(levels))], levels, size=SMALL)
    strip.tick_params(axis="y", length=0)
    strip.set_xlim(*limits)
    ticks = time_ticks(limits)
    strip.set_xticks([place for place, _ in ticks], [label for _, label in ticks])
    return render(figure)


def _strip(axes: Axes, eras: Sequence[Era], row: int, limits: tuple[float, float]) -> None:
    bars = [(day_number(era.start), day_number(era.end) - day_number(era.start)) for era in eras]
    tell_apart = len(eras) <= STRIPES
    colours = [SKY if index % 2 or not tell_apart else FAINT for index in range(len(eras))]
    axes.broken_barh(bars, (row + 0.06, 0.88), facecolors=colours, linewidth=0)
    for index, (era, (begin, length)) in enumerate(zip(eras, bars, strict=True)):
        room = int(length / (limits[1] - limits[0]) * CHARACTERS)
        if text := _fitting(era.label, str(index + 1), room=room):
            axes.text(begin + length / 2, row + 0.5, text, size=SMALL - 0.5, color=INK, ha="center", va="center")


def _fitting(label: str | None, number: str, *, room: int) -> str:
    """The label, cut if enough of it stays readable, else the number, else nothing."""
    if label and (len(label) <= room or room >= SHORTEST_LABEL):
        return drawable(label, room)
    return number if len(number) < room else ""


def _thinned(signal: pl.DataFrame) -> pl.DataFrame:
    per_point = max(1, -(-signal.height // POINTS))
    return (
        signal.with_row_index()
        .group_by(pl.col("index") // per_point, maintain_order=True)
        .agg(pl.col("time").first(), pl.col("value").mean())
    )
