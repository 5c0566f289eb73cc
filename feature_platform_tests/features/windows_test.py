from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_platform.errors import FeatureError
from feature_platform.features.settings import WindowSettings
from feature_platform.features.windows import Windows, cut_windows

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def frame_of(values: list[float | None], *, start: datetime = START, step: timedelta = HOUR) -> pl.DataFrame:
    times = [start + number * step for number in range(len(values))]
    return pl.DataFrame(
        {"time": times, "a": values}, schema={"time": pl.Datetime("us", "UTC"), "a": pl.Float64()}, strict=False
    )


def cut(values: list[float | None], length: timedelta, step: timedelta, end: timedelta | None = None) -> Windows:
    return cut_windows(
        frame_of(values),
        ["a"],
        start=START,
        end=START + (end or len(values) * HOUR),
        step=HOUR,
        settings=WindowSettings(length=length, step=step),
    )


def test_windows_are_counted_from_the_start_and_the_tail_is_dropped() -> None:
    windows = cut([float(n) for n in range(10)], 4 * HOUR, 4 * HOUR)
    assert windows.series["a"].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert windows.starts == (START, START + 4 * HOUR)
    assert windows.ends == (START + 4 * HOUR, START + 8 * HOUR)
    assert windows.dropped_tail == 2 * HOUR
    assert windows.times.tolist() == [(START + n * HOUR).replace(tzinfo=None) for n in range(4)]


def test_windows_may_overlap_or_leave_stretches_out() -> None:
    values = [float(n) for n in range(7)]
    assert cut(values, 3 * HOUR, 2 * HOUR).series["a"].tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    sparse = cut(values, 2 * HOUR, 5 * HOUR)
    assert sparse.series["a"].tolist() == [[0, 1], [5, 6]]
    assert sparse.dropped_tail == timedelta(0)


def test_an_era_shorter_than_one_window_is_one_window() -> None:
    windows = cut([1.0, 2.0, 3.0], timedelta(days=1), timedelta(days=1), end=timedelta(hours=2, minutes=20))
    assert windows.series["a"].tolist() == [[1, 2, 3]]
    assert (windows.starts, windows.ends) == ((START,), (START + timedelta(hours=2, minutes=20),))
    assert windows.dropped_tail == timedelta(0)


def test_a_last_cell_that_reaches_past_the_end_is_in_no_window() -> None:
    windows = cut([1.0, 2.0, 3.0], 2 * HOUR, HOUR, end=timedelta(hours=2, minutes=30))
    assert windows.series["a"].tolist() == [[1, 2]]
    assert windows.dropped_tail == timedelta(minutes=30)


def test_coverage_is_the_share_of_known_cells() -> None:
    windows = cut([1.0, None, 3.0, float("inf"), float("nan"), 6.0, 7.0, 8.0], 2 * HOUR, 2 * HOUR)
    assert windows.coverage["a"].tolist() == [0.5, 0.5, 0.5, 1.0]


def test_windows_are_views_on_the_column() -> None:
    windows = cut([float(n) for n in range(8)], 4 * HOUR, HOUR)
    assert len(windows.series["a"]) == 5
    assert np.shares_memory(windows.series["a"][0], windows.series["a"][1])
    assert not windows.series["a"].flags.writeable


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (WindowSettings(length=timedelta(minutes=90)), r"windows\.length 90m is no whole number of grid steps of 1h"),
        (WindowSettings(step=timedelta(minutes=30)), r"windows\.step 30m is no whole number of grid steps of 1h"),
    ],
)
def test_windows_are_whole_grid_steps(settings: WindowSettings, text: str) -> None:
    with pytest.raises(FeatureError, match=text):
        cut_windows(frame_of([1.0] * 24), ["a"], start=START, end=START + 24 * HOUR, step=HOUR, settings=settings)


def test_a_frame_of_another_grid_is_refused() -> None:
    def cut_frame(frame: pl.DataFrame) -> Windows:
        return cut_windows(frame, ["a"], start=START, end=START + 4 * HOUR, step=HOUR, settings=WindowSettings())

    assert len(cut_frame(frame_of([1.0] * 4)).starts) == 1
    wrong = [
        frame_of([1.0] * 3),
        frame_of([1.0] * 4, start=START + HOUR),
        frame_of([1.0] * 4, step=HOUR / 2),
        frame_of([]),
    ]
    for frame in wrong:
        with pytest.raises(FeatureError, match="no grid of 1h from 2024-03-01 00:00 with 4 rows"):
            cut_frame(frame)
    with pytest.raises(FeatureError, match="column time of microseconds in UTC"):
        cut_frame(frame_of([1.0] * 4).with_columns(pl.col("time").dt.replace_time_zone(None)))


def test_an_unknown_column_is_named_with_what_there_is() -> None:
    with pytest.raises(FeatureError, match=r"no column 'b'; its columns are a$"):
        cut_windows(frame_of([1.0]), ["b"], start=START, end=START + HOUR, step=HOUR, settings=WindowSettings())
    with pytest.raises(FeatureError, match="'a' of the frame is String, not a number"):
        cut_windows(
            frame_of([1.0]).with_columns(pl.lit("x").alias("a")),
            ["a"],
            start=START,
            end=START + HOUR,
            step=HOUR,
            settings=WindowSettings(),
        )
