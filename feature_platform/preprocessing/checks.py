"""What must hold of any frame, whoever made it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from feature_platform.preprocessing.columns import frame_schema
from feature_platform.preprocessing.layout import TIME, Layout
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription


def check_frame(
    frame: pl.DataFrame,
    sensors: Sequence[SensorDescription],
    start: datetime,
    end: datetime,
    settings: PreprocessingSettings,
) -> list[str]:
    """What is wrong with a frame, in words: schema, grid times, values that are not finite or out of range.

    Returns
    -------
    list of str
        Empty for a sound frame.

    Raises
    ------
    PreprocessingError
        If bounds or sensors are unusable.
    """
    layout = Layout(tuple(sensors), start, end, settings)
    expected = frame_schema(sensors, settings)
    if frame.schema != expected:
        return _schema_problems(frame.schema, expected)
    return [*_time_problems(frame[TIME], layout), *_value_problems(frame, sensors)]


def _schema_problems(found: pl.Schema, expected: pl.Schema) -> list[str]:
    problems = [f"column {name} is missing" for name in expected if name not in found]
    problems += [f"column {name} is not expected" for name in found if name not in expected]
    problems += [
        f"column {name} is {found[name]}, not {dtype}"
        for name, dtype in expected.items()
        if name in found and found[name] != dtype
    ]
    return problems or ["columns are not in the description's order"]


def _time_problems(times: pl.Series, layout: Layout) -> list[str]:
    expected = layout.times()
    if times.equals(expected):
        return []
    if times.null_count():
        return [f"{times.null_count()} times are null"]
    steps = times.diff().drop_nulls()
    problems = []
    if times.n_unique() < len(times):
        problems.append(f"{len(times) - times.n_unique()} times stand twice")
    if (steps < timedelta(0)).any():
        problems.append("times do not ascend")
    if (steps != layout.settings.step).any() and not problems:
        problems.append(f"times are not {layout.settings.step} apart everywhere")
    if len(times) != len(expected):
        problems.append(f"there are {len(times)} times, the grid has {len(expected)}")
    elif not problems:
        problems.append(f"times begin at {times[0]}, the era at {layout.start}")
    return problems


def _value_problems(frame: pl.DataFrame, sensors: Sequence[SensorDescription]) -> list[str]:
    values = frame.drop(TIME)
    not_finite = values.select(pl.all().is_finite().not_().sum()).row(0, named=True)
    problems = [f"column {name} has {count} values that are not finite" for name, count in not_finite.items() if count]
    for sensor in sensors:
        if sensor.range is None:
            continue
        low, high = sensor.range
        outside = int(((values[sensor.id] < low) | (values[sensor.id] > high)).sum())
        if outside:
            problems.append(f"column {sensor.id} has {outside} values outside its physical range {low} to {high}")
    return problems
