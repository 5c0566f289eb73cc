"""No leak from the future: what is measured after t changes no cell before t minus the gap limit and one grid step."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from feature_platform.preprocessing.api import preprocess
from feature_platform_tests.preprocessing.cases import SENSORS, START, Case, cases

SLOW_DRAWS = [HealthCheck.too_slow, HealthCheck.data_too_large]

Run = Callable[[Case, pl.DataFrame], pl.DataFrame]


def run_preprocessing(case: Case, readings: pl.DataFrame) -> pl.DataFrame:
    return preprocess(
        readings.lazy(), SENSORS, start=START, end=case.end, settings=case.settings, scaling=case.scaling
    ).frame


def leaks(run: Run, case: Case) -> bool:
    before = pl.col("time") < case.cut - case.settings.max_gap - case.settings.step
    # Compared to the last bit: a rounding that depends on the future is a leak too.
    return not run(case, case.readings).filter(before).equals(run(case, case.altered_readings).filter(before))


@given(cases())
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW_DRAWS)
def test_what_is_measured_later_changes_nothing_earlier(case: Case) -> None:
    assert not leaks(run_preprocessing, case)


def fill_backwards(case: Case, readings: pl.DataFrame) -> pl.DataFrame:
    return run_preprocessing(case, readings).with_columns(pl.exclude("time").backward_fill())


def interpolate_any_gap(case: Case, readings: pl.DataFrame) -> pl.DataFrame:
    unlimited = case.settings.model_copy(update={"max_gap": 100 * case.settings.step})
    return preprocess(
        readings.lazy(), SENSORS, start=START, end=case.end, settings=unlimited, scaling=case.scaling
    ).frame


def roll_around_each_cell(case: Case, readings: pl.DataFrame) -> pl.DataFrame:
    return run_preprocessing(case, readings).with_columns(
        pl.exclude("time").rolling_mean(41, min_samples=1, center=True)
    )


def scale_by_the_era_itself(case: Case, readings: pl.DataFrame) -> pl.DataFrame:
    return run_preprocessing(case, readings).with_columns(pl.exclude("time") - pl.exclude("time").mean())


def fill_across_sensors(case: Case, readings: pl.DataFrame) -> pl.DataFrame:
    silent = pl.col("silent").fill_null(pl.col("co2").last())
    return run_preprocessing(case, readings).with_columns(silent)


@pytest.mark.parametrize(
    "leaky", [fill_backwards, interpolate_any_gap, roll_around_each_cell, scale_by_the_era_itself, fill_across_sensors]
)
def test_a_leaky_variant_is_caught(leaky: Run) -> None:
    # Raises NoSuchExample where the property lets the leak through.
    find(
        cases(),
        lambda case: leaks(leaky, case),
        settings=settings(
            max_examples=2000, deadline=None, database=None, suppress_health_check=SLOW_DRAWS, phases=[Phase.generate]
        ),
    )
