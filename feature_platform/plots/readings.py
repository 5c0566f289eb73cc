"""An era's frame against the readings that it was made of."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from feature_platform.plots.frame import BUCKETS, LEAST_SPAN, MARGIN, PITCH, buckets_of, most_varied, shade_gaps
from feature_platform.plots.palette import BLUE, MUTED, VERMILLION
from feature_platform.plots.shortening import shortened
from feature_platform.plots.sketch import LARGE, WIDTH, Box, Sketch
from feature_platform.plots.sketch_axes import mark_across, mark_down
from feature_platform.plots.ticks import time_ticks, value_ticks
from feature_platform.plots.time_axis import Numbers, day_numbers, range_text, span
from feature_platform.sources.description import SensorDescription

NOTE = "dots: readings; line: frame; red, at the edge: out of range; shaded: no values"


def readings_plot(
    readings: pl.DataFrame,
    frame: pl.DataFrame,
    sensors: Sequence[SensorDescription],
    *,
    title: str,
    simulated: bool = False,
    maximum: int = 6,
) -> bytes:
    """Small multiples of up to `maximum` sensors: readings as dots under the frame's line; a PNG.

    Parameters
    ----------
    readings
        `sensor_id: str`, `time: datetime[us, UTC]` and `value: f64` of the era.
    frame
        `time: datetime[us, UTC]` on a regular grid and one numeric column per sensor.
    sensors
        The source's sensors; those without a column in the frame are left out.
    """
    shown = most_varied(frame, [sensor for sensor in sensors if sensor.id in frame.columns], maximum)
    if not shown or frame.is_empty():
        sketch = Sketch(200, title=title, simulated=simulated)
        sketch.text((WIDTH / 2, 120), "There is no frame to compare with.", size=LARGE, colour=MUTED, anchor="mm")
        return sketch.png()
    numbers = day_numbers(frame["time"])
    limits = span(numbers, step=float(numbers[1] - numbers[0]) if len(numbers) > 1 else 0.0)
    sketch = Sketch(85 + PITCH * len(shown), title=title, note=f"{range_text(limits)}; {NOTE}", simulated=simulated)
    ticks = [((place - limits[0]) / (limits[1] - limits[0]), label) for place, label in time_ticks(limits)]
    for row, sensor in enumerate(shown):
        box = Box(left=60, top=75 + PITCH * row, width=728, height=62)
        buckets = buckets_of(numbers, frame[sensor.id])
        across = (buckets["time"].to_numpy() - limits[0]) / (limits[1] - limits[0])
        shade_gaps(sketch, box, across, buckets["gap"])
        own = readings.filter((pl.col("sensor_id") == sensor.id) & pl.col("value").is_finite())
        places = (day_numbers(own["time"]) - limits[0]) / (limits[1] - limits[0])
        _panel(sketch, box, sensor, (places, own["value"].to_numpy()), (across, buckets))
        mark_across(sketch, box, ticks, labelled=row == len(shown) - 1)
    return sketch.png()


def _panel(
    sketch: Sketch,
    box: Box,
    sensor: SensorDescription,
    readings: tuple[Numbers, Numbers],
    gridded: tuple[Numbers, pl.DataFrame],
) -> None:
    places, values = readings
    across, buckets = gridded
    outside = outside_range(values, sensor)
    unit = f" [{sensor.unit}]" if sensor.unit else ""
    bounds = f" {sensor.range[0]:g} to {sensor.range[1]:g}" if sensor.range else ""
    said = f"{len(values):,} readings" + (f", {outside.sum():,} outside{bounds}" if outside.any() else "")
    sketch.text((box.left, box.top - 9), shortened(f"{sensor.id}{unit}", 80))
    sketch.text((box.right, box.top - 9), said, colour=VERMILLION if outside.any() else MUTED, anchor="rm")
    line = np.column_stack((buckets["earlier"].to_numpy(), buckets["later"].to_numpy())).ravel()
    both = np.concatenate((values[~outside], line[np.isfinite(line)]))
    if not len(both):
        return
    low, high = float(both.min()), float(both.max())
    margin = MARGIN * ((high - low) or abs(high) or 1.0)
    low, high = low - margin, high + margin
    if not LEAST_SPAN < high - low < np.inf:
        return  # no axis of floats spans it
    mark_down(sketch, box, [((high - place) / (high - low), label) for place, label in value_ticks(low, high, most=3)])
    thin = _thinned(places, values, ~outside)
    sketch.dots(box, places[thin], (high - values[thin]) / (high - low), MUTED)
    sketch.line(box, np.repeat(across, 2), (high - line) / (high - low), BLUE)
    thin = _thinned(places, values, outside)
    sketch.dots(box, places[thin], np.where(values[thin] > high, 0.0, 1.0), VERMILLION)


def outside_range(values: Numbers, sensor: SensorDescription) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which finite values lie outside the sensor's physical range; none where it has none."""
    low, high = sensor.range or (-np.inf, np.inf)
    return (values < low) | (values > high)


def _thinned(places: Numbers, values: Numbers, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    """Of the wanted values the least and the greatest of each stretch of the axis."""
    table = pl.DataFrame({"bucket": np.floor(places * BUCKETS), "value": values}).with_row_index().filter(wanted)
    extremes = [pl.col("index").sort_by("value").first().alias("low"), pl.col("index").sort_by("value").last()]
    found = table.group_by("bucket").agg(extremes)
    return sorted({*found["low"].to_list(), *found["index"].to_list()})
