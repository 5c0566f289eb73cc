from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from feature_platform.demo.faults import (
    COMPUTER_OFF,
    DRIFTS,
    EMPTY_ROWS,
    FAILING,
    FAILS,
    REPLACED,
    STICKS,
    UNPLUGGED,
)
from feature_platform.demo.instruments import INSTRUMENTS
from feature_platform.demo.year import Simulation


@pytest.fixture(scope="module")
def read(simulation: Simulation) -> pl.DataFrame:
    return simulation.recording.values.with_columns(
        simulation.clock.utc.alias("time"),
        pl.Series("true", simulation.truth[FAILING]),
        pl.Series("kept", simulation.recording.kept),
    )


def between(table: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    return table.filter((pl.col("time") >= start.astimezone(UTC)) & (pl.col("time") < end.astimezone(UTC)))


def test_readings_follow_the_truth_within_noise_and_resolution(simulation: Simulation) -> None:
    for instrument in INSTRUMENTS:
        if instrument.id == FAILING:
            continue
        error = simulation.recording.values[instrument.id].to_numpy() - simulation.truth[instrument.id]
        assert np.nanmax(np.abs(error)) <= 6 * instrument.noise + instrument.resolution / 2 + 1e-9, instrument.id
        steps = simulation.recording.values[instrument.id].drop_nulls() / instrument.resolution
        assert (steps - steps.round()).abs().max() == pytest.approx(0, abs=1e-6)


def test_only_the_failing_sensor_ever_leaves_its_range(simulation: Simulation) -> None:
    outside = {
        instrument.id
        for instrument in INSTRUMENTS
        if not simulation.recording.values[instrument.id].drop_nulls().is_between(*instrument.range).all()
    }
    assert outside == {FAILING}


def test_the_failing_sensor_drifts_then_sticks_then_reads_the_impossible_and_is_replaced(read: pl.DataFrame) -> None:
    drift = between(read, DRIFTS, STICKS).select(error=pl.col(FAILING) - pl.col("true"))["error"]
    weekly = [drift[start : start + 7 * 288].mean() for start in range(0, 4 * 7 * 288, 7 * 288)]
    assert weekly == sorted(weekly)
    assert isinstance(weekly[-1], float)
    assert weekly[-1] > 200
    assert between(read, STICKS, FAILS)[FAILING].n_unique() <= 2  # the one value, and null
    impossible = between(read, FAILS, UNPLUGGED)[FAILING].drop_nulls()
    (low, high) = next(instrument.range for instrument in INSTRUMENTS if instrument.id == FAILING)
    assert len(impossible) > 500
    assert not impossible.is_between(low, high).any()
    assert between(read, UNPLUGGED, REPLACED)[FAILING].null_count() == 12
    after = read.filter(pl.col("time") >= REPLACED.astimezone(UTC))
    assert after.select((pl.col(FAILING) - pl.col("true")).abs().max()).item() < 50


def test_hours_and_days_are_missing_whole_and_single_cells_too(read: pl.DataFrame) -> None:
    sensors = [instrument.id for instrument in INSTRUMENTS]
    for start, duration in EMPTY_ROWS:
        stretch = between(read, start, start + duration)
        assert stretch.height == duration.total_seconds() / 300
        assert stretch.select(pl.all_horizontal(pl.col(sensors).is_null()).all()).item()
        assert stretch["kept"].all()
    for start, duration in COMPUTER_OFF:
        assert not between(read, start, start + duration)["kept"].any()
    cells = read.filter("kept").select(sensors)
    missing = sum(column.null_count() for column in cells.iter_columns()) / (cells.height * cells.width)
    assert 0.01 < missing < 0.04
    assert all(column.null_count() > 1000 for column in cells.iter_columns())
    assert (
        cells.select(pl.any_horizontal(pl.all().is_null()) & ~pl.all_horizontal(pl.all().is_null())).to_series().sum()
    )
