"""An era's features over its windows."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from feature_platform.plots.palette import LEVELS, MUTED
from feature_platform.plots.shortening import shortened
from feature_platform.plots.sketch import LARGE, WIDTH, Box, Sketch
from feature_platform.plots.sketch_axes import mark_across, mark_down
from feature_platform.plots.ticks import count_ticks
from feature_platform.plots.time_axis import Numbers

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
        sketch = Sketch(200, title=title, simulated=simulated)
        said = "No window." if table.is_empty() else "No feature."
        sketch.text((WIDTH / 2, 120), said, size=LARGE, colour=MUTED, anchor="mm")
        return sketch.png()
    shown = evenly_sampled(names)
    scores = standard_scores(table.select(shown).cast(pl.Float64).to_numpy().T)
    note = f"standard score; {table.height:,} window{'s' * (table.height != 1)}; {len(names):,} features"
    if len(shown) < len(names):
        note += f", of which {len(shown)} evenly sampled"
    if table.height == 1:
        note += "; nothing to compare with: white is known, grey is not"
    named = len(shown) <= NAMED_ROWS
    rows = _row_names(shown) if named else _sensor_names(shown)
    left = 20 + round(6.2 * max(len(text) for _, text in rows))
    body = 15 * max(len(shown), 5) if named else 520
    sketch = Sketch(body + 100, title=title, note=note, simulated=simulated)
    box = Box(left, 60, 744 - left, body)
    sketch.matrix(box, scores, bound=BOUND)
    _draw_scale(sketch, Box(756, box.top, 12, body))
    places = [((row + 0.5 * named) / len(shown), text) for row, text in rows]
    mark_down(sketch, box, places, marks=not named, line=False)
    windows = count_ticks(table.height, most=10)
    mark_across(sketch, box, [((window + 0.5) / table.height, label) for window, label in windows], line=False)
    sketch.text((box.left + box.width / 2, box.bottom + 20), "window", anchor="mt")
    return sketch.png()


def _draw_scale(sketch: Sketch, box: Box) -> None:
    sketch.matrix(box, np.linspace(BOUND, -BOUND, LEVELS)[:, None], bound=BOUND)
    for share, label in ((0.0, f"{BOUND:g}"), (0.5, "0"), (1.0, f"−{BOUND:g}")):  # noqa: RUF001 - as wide as a plus
        sketch.text((box.right + 5, box.top + share * (box.height - 1)), label)


def evenly_sampled(names: Sequence[str]) -> list[str]:
    """The features that are drawn: all, or 240 of them."""
    if not names:
        return []
    taken = np.unique(np.linspace(0, len(names) - 1, min(ROWS, len(names))).astype(np.intp))
    return [names[index] for index in taken]


def standard_scores(values: Numbers) -> Numbers:
    """Each row less its mean and divided by its deviation, over its finite values; 0 where it never changes."""
    finite = np.ma.masked_invalid(values)
    centre = np.ma.filled(finite.mean(axis=1, keepdims=True), 0.0)
    spread = np.ma.filled(finite.std(axis=1, keepdims=True), 0.0)
    changes = spread > 1e-12 * np.abs(centre)  # rounding leaves a constant row a spread of that order
    scores: Numbers = np.ma.filled((finite - centre) / np.where(changes, spread, np.inf), np.nan)
    return scores


def _row_names(names: Sequence[str]) -> list[tuple[int, str]]:
    return [(row, shortened(name, TEXT_WIDTH)) for row, name in enumerate(names)]


def _sensor_names(names: Sequence[str]) -> list[tuple[int, str]]:
    """Where each sensor's features begin, unless there are too many sensors to name."""
    sensors = [name.partition("__")[0] for name in names]
    begins = [row for row, sensor in enumerate(sensors) if row == 0 or sensors[row - 1] != sensor]
    if len(begins) > NAMED_SENSORS:
        begins = begins[:: -(-len(begins) // NAMED_SENSORS)]
    return [(row, shortened(sensors[row], TEXT_WIDTH)) for row in begins]
