from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_platform.eras.era import Era, Level
from feature_platform.plots.eras import eras_over_signal_plot
from feature_platform.plots.palette import BLUE, SKY, VERMILLION
from feature_platform_tests.plots.pictures import pixels, share_of

START = datetime(2024, 1, 1, tzinfo=UTC)


def cut(level: Level, count: int, length: timedelta, label: str | None = None) -> list[Era]:
    return [Era("demo", level, START + length * n, START + length * (n + 1), label) for n in range(count)]


def signal(rows: int, *, seed: int = 0) -> pl.DataFrame:
    values = np.random.default_rng(seed).standard_normal(rows).cumsum()
    times = [START + timedelta(hours=hour) for hour in range(rows)]
    return pl.DataFrame(
        {"time": times, "value": values}, schema={"time": pl.Datetime("us", "UTC"), "value": pl.Float64}
    )


def test_signal_and_eras_are_drawn_and_other_eras_look_different() -> None:
    four, five = (
        pixels(eras_over_signal_plot(signal(240), cut("declared", n, timedelta(days=2)), title="demo")) for n in (4, 5)
    )
    assert share_of(four, BLUE) > 0.002
    assert share_of(four, SKY) > 0.01
    assert (four != five).any()


def test_every_level_has_a_strip() -> None:
    one = cut("a", 2, timedelta(days=5))
    three = [*one, *cut("b", 4, timedelta(days=2.5)), *cut("c", 40, timedelta(hours=6))]
    heights = [pixels(eras_over_signal_plot(signal(240), eras, title="demo")).shape[0] for eras in (one, three)]
    assert heights[1] - heights[0] == pytest.approx(52, abs=2)


def test_only_simulated_data_is_called_so() -> None:
    eras = cut("calendar", 3, timedelta(days=3))
    marked, plain = (
        pixels(eras_over_signal_plot(signal(200), eras, title="demo", simulated=simulated))
        for simulated in (True, False)
    )
    assert share_of(marked, VERMILLION) > 0
    assert share_of(plain, VERMILLION) == 0


@pytest.mark.parametrize(("rows", "count"), [(0, 0), (0, 3), (1, 0), (1, 1), (9000, 400)])
def test_any_number_of_rows_and_eras(rows: int, count: int) -> None:
    pixels(eras_over_signal_plot(signal(rows), cut("calendar", count, timedelta(hours=1)), title="demo"))


def test_a_signal_without_values_and_odd_labels() -> None:
    empty = signal(100).with_columns(value=pl.lit(None, dtype=pl.Float64))
    for label in ("🌱 spring $1", "x" * 300, "'\"\n;"):
        pixels(eras_over_signal_plot(empty, cut("declared", 2, timedelta(days=2), label), title=label))
