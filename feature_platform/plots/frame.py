"""An era's frame: a few of its sensors over time, with their gaps."""

from collections.abc import Sequence
from itertools import chain, zip_longest

import numpy as np
import polars as pl

from feature_platform.plots.palette import BLUE, FAINT, GREEN, MUTED, ORANGE, PURPLE
from feature_platform.plots.shortening import shortened
from feature_platform.plots.sketch import LARGE, WIDTH, Box, Sketch, runs_of
from feature_platform.plots.sketch_axes import mark_across, mark_down
from feature_platform.plots.ticks import time_ticks, value_ticks
from feature_platform.plots.time_axis import Numbers, day_numbers, range_text, span
from feature_platform.sources.description import SensorDescription, SensorKind

COLOURS: dict[SensorKind, str] = {"continuous": BLUE, "binary": ORANGE, "setpoint": PURPLE, "counter": GREEN}
BUCKETS = 600
"""Points across one panel; a longer frame is drawn by the least and the greatest value of each stretch."""
PITCH = 90
"""Pixels from one panel to the next."""
LEAST_SPAN = 1e-300
MARGIN = 0.05
"""Of a panel's height, above and below its values."""


def frame_plot(
    frame: pl.DataFrame,
    sensors: Sequence[SensorDescription],
    *,
    title: str,
    simulated: bool = False,
    maximum: int = 8,
) -> bytes:
    """Small multiples of up to `maximum` sensors, one of each kind and unit first; a PNG.

    Where a sensor has no values its panel is shaded; its share of known cells stands above it.

    Parameters
    ----------
    frame
        `time: datetime[us, UTC]` on a regular grid and one numeric column per sensor.
    sensors
        The source's sensors; those without a column in the frame are left out.
    """
    present = [sensor for sensor in sensors if sensor.id in frame.columns]
    shown = most_varied(frame, present, maximum)
    if not shown or frame.is_empty():
        sketch = Sketch(200, title=title, simulated=simulated)
        said = "No sensor of this source is in the frame." if frame.height else "The frame has no rows."
        sketch.text((WIDTH / 2, 120), said, size=LARGE, colour=MUTED, anchor="mm")
        return sketch.png()

    numbers = day_numbers(frame["time"])
    step = float(numbers[1] - numbers[0]) if len(numbers) > 1 else 0.0
    limits = span(numbers, step=step)
    note = f"{range_text(limits)}; {len(shown)} of {len(present)} sensors; {frame.height:,} grid steps; grey: no values"
    sketch = Sketch(85 + PITCH * len(shown), title=title, note=note, simulated=simulated)
    ticks = [((place - limits[0]) / (limits[1] - limits[0]), label) for place, label in time_ticks(limits)]
    for row, sensor in enumerate(shown):
        box = Box(left=60, top=75 + PITCH * row, width=728, height=62)
        buckets = buckets_of(numbers, frame[sensor.id])
        times = (buckets["time"].to_numpy() - limits[0]) / (limits[1] - limits[0])
        _title(sketch, box, frame[sensor.id], sensor)
        shade_gaps(sketch, box, times, buckets["gap"])
        _draw(sketch, box, times, buckets, sensor.kind)
        mark_across(sketch, box, ticks, labelled=row == len(shown) - 1)
    return sketch.png()


def most_varied(frame: pl.DataFrame, sensors: Sequence[SensorDescription], maximum: int) -> list[SensorDescription]:
    """Up to `maximum` sensors in the source's order: by turns one of each kind and unit, those that move first."""
    groups: dict[tuple[str, str], list[SensorDescription]] = {}
    for sensor in sensors:
        groups.setdefault((sensor.kind, sensor.unit), []).append(sensor)

    ids = [sensor.id for sensor in sensors]
    if not ids:
        return []
    moving = frame.select((pl.col(ids).min() < pl.col(ids).max()).fill_null(value=False)).row(0, named=True)
    turns = zip_longest(*(sorted(group, key=lambda sensor: not moving[sensor.id]) for group in groups.values()))
    chosen = {sensor.id for sensor in [sensor for sensor in chain(*turns) if sensor is not None][:maximum]}
    return [sensor for sensor in sensors if sensor.id in chosen]


def _title(sketch: Sketch, box: Box, column: pl.Series, sensor: SensorDescription) -> None:
    share = (len(column) - column.fill_nan(None).null_count()) / len(column)
    unit = f" [{sensor.unit}]" if sensor.unit else ""
    sketch.text((box.left, box.top - 9), shortened(f"{sensor.id}{unit} {sensor.kind}", 90))
    sketch.text((box.right, box.top - 9), f"{100 * share:.1f} % known", colour=MUTED, anchor="rm")


def _draw(sketch: Sketch, box: Box, times: Numbers, buckets: pl.DataFrame, kind: SensorKind) -> None:
    earlier, later, mean = (buckets[name].to_numpy() for name in ("earlier", "later", "mean"))
    if np.isnan(mean).all():
        return
    both = np.column_stack((earlier, later)).ravel()
    low, high = (0.0, 1.0) if kind == "binary" else (float(np.nanmin(both)), float(np.nanmax(both)))
    flat = kind == "setpoint" or low == high
    margin = MARGIN * ((high - low) or abs(high) or 1.0)
    low, high = low - margin * (kind != "binary"), high + margin  # what is on or off stands on the axis
    if not LEAST_SPAN < high - low < np.inf:
        return  # no axis of floats spans it
    mark_down(sketch, box, [((high - place) / (high - low), label) for place, label in value_ticks(low, high, most=3)])
    colour = COLOURS[kind]
    if kind == "binary":
        columns = np.searchsorted(times, (np.arange(box.width) + 0.5) / box.width, side="right") - 1
        sketch.bars(box, (mean[columns] - low) / (high - low), colour)
    else:
        across = np.repeat(times, 2)
        if kind == "setpoint":  # it holds until it is set anew
            across, both = np.repeat(across, 2)[1:], np.repeat(both, 2)[:-1]
        sketch.line(box, across, (high - both) / (high - low), colour, flat=flat)
    alone = _alone(mean)
    sketch.dots(box, times[alone], (high - mean[alone]) / (high - low), colour)


def buckets_of(numbers: Numbers, column: pl.Series) -> pl.DataFrame:
    """At most `BUCKETS` rows of `time, earlier, later, mean: f64` and `gap: bool`; NaN where nothing is known.

    `earlier` and `later` are the least and the greatest value in the order in which they came, so that a line
    through both rises and falls as the signal does.
    """
    per_bucket = -(-len(numbers) // BUCKETS)
    value = pl.col("value")
    rises = pl.when(value.arg_min() < value.arg_max())
    return (
        pl.DataFrame({"time": numbers, "value": column.cast(pl.Float64).fill_nan(None)})
        .with_row_index()
        .group_by(pl.col("index") // per_bucket, maintain_order=True)
        .agg(
            pl.col("time").first(),
            rises.then(value.min()).otherwise(value.max()).fill_null(np.nan).alias("earlier"),
            rises.then(value.max()).otherwise(value.min()).fill_null(np.nan).alias("later"),
            value.mean().fill_null(np.nan).alias("mean"),
            (value.null_count() * 2 > pl.len()).alias("gap"),
        )
    )


def shade_gaps(sketch: Sketch, box: Box, times: Numbers, gaps: pl.Series) -> None:
    """Shade the stretches of a panel that begin at these shares of its width and are gaps."""
    edges = np.rint(np.append(times, 1.0) * box.width).astype(int)
    for first, after in runs_of(gaps.to_numpy()):
        begin, end = int(edges[first]), int(edges[after])
        sketch.rectangle(Box(box.left + begin, box.top, max(end - begin, 1), box.height), FAINT)


def _alone(values: Numbers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Values between two unknown ones, which a line would not show."""
    unknown = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
    return ~unknown[1:-1] & unknown[:-2] & unknown[2:]
