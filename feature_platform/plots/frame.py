"""An era's frame: a few of its sensors over time, with their gaps."""

from collections.abc import Sequence
from itertools import chain, zip_longest

import numpy as np
import polars as pl
from matplotlib.axes import Axes

from feature_platform.plots.canvas import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    SMALL,
    drawable,
    new_figure,
    plain_axes,
    render,
    say,
)
from feature_platform.plots.time_axis import Numbers, day_numbers, label_time, range_text, span
from feature_platform.sources.description import SensorDescription, SensorKind

COLOURS: dict[SensorKind, str] = {"continuous": BLUE, "binary": ORANGE, "setpoint": PURPLE, "counter": GREEN}
BUCKETS = 600
"""Points across one panel; a longer frame is drawn by the least and the greatest value of each stretch."""


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
        figure = new_figure(2.0, title=title, simulated=simulated)
        say(figure, "No sensor of this source is in the frame." if frame.height else "The frame has no rows.")
        return render(figure)

    numbers = day_numbers(frame["time"])
    step = float(numbers[1] - numbers[0]) if len(numbers) > 1 else 0.0
    limits = span(numbers, step=step)
    note = f"{range_text(limits)}; {len(shown)} of {len(present)} sensors; {frame.height:,} grid steps; grey: no values"
    height = 0.85 + 0.9 * len(shown)
    figure = new_figure(height, title=title, note=note, simulated=simulated)
    panels = figure.subplots(
        len(shown), 1, sharex=True, squeeze=False,
        gridspec_kw={"left": 0.075, "right": 0.985, "top": 1 - 0.75 / height, "bottom": 0.3 / height, "hspace": 0.55},
    )  # fmt: skip
    for axes, sensor in zip(panels[:, 0], shown, strict=True):
        _panel(plain_axes(axes), numbers, frame[sensor.id], sensor, step)
    label_time(panels[-1, 0], limits)
    return render(figure)


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


def _panel(axes: Axes, numbers: Numbers, column: pl.Series, sensor: SensorDescription, step: float) -> None:
    buckets = _buckets(numbers, column)
    share = (len(column) - column.fill_nan(None).null_count()) / len(column)
    unit = f"  [{sensor.unit}]" if sensor.unit else ""
    axes.set_title(drawable(f"{sensor.id}{unit}  {sensor.kind}", 90), loc="left", size=SMALL, color=INK, pad=3)
    axes.set_title(f"{100 * share:.1f} % known", loc="right", size=SMALL, color=MUTED, pad=3)
    _shade(axes, buckets, end=float(numbers[-1]) + max(step, 1 / 1440))
    axes.locator_params(axis="y", nbins=3)
    if not share:
        axes.set_yticks([])
        return
    colour = COLOURS[sensor.kind]
    time, earlier, later, mean = (buckets[name].to_numpy() for name in ("time", "earlier", "later", "mean"))
    if sensor.kind == "binary":
        axes.fill_between(time, 0, mean, step="post", color=colour, linewidth=0)
        axes.set_ylim(-0.05, 1.08)
    else:
        drawstyle = "steps-post" if sensor.kind == "setpoint" else "default"
        both = np.column_stack((earlier, later)).ravel()
        axes.plot(np.repeat(time, 2), both, color=colour, linewidth=0.8, drawstyle=drawstyle)
    alone = _alone(mean)
    axes.plot(time[alone], mean[alone], ".", color=colour, markersize=4)


def _buckets(numbers: Numbers, column: pl.Series) -> pl.DataFrame:
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


def _shade(axes: Axes, buckets: pl.DataFrame, *, end: float) -> None:
    edges = np.append(buckets["time"].to_numpy(), end)
    runs = buckets.select("gap", run=pl.col("gap").rle_id()).with_row_index().group_by("run", maintain_order=True)
    for first, length, gap in (
        runs.agg(pl.col("index").first(), pl.len(), pl.col("gap").first()).select("index", "len", "gap").iter_rows()
    ):
        if gap:
            axes.axvspan(edges[first], edges[first + length], color=FAINT, linewidth=0)


def _alone(values: Numbers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Values between two unknown ones, which a line would not show."""
    unknown = np.isnan(np.concatenate(([np.nan], values, [np.nan])))
    return ~unknown[1:-1] & unknown[:-2] & unknown[2:]
