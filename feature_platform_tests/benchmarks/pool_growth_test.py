"""The simulation of growing pools, against a day that can be reckoned by hand."""

import importlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from feature_platform.eras.era import Era

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def growth(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("pool_growth")


def era(growth: ModuleType, number: int, *, second: float, seconds: float = 60.0) -> object:
    cut = Era("day", "calendar", BEGAN + timedelta(days=number), BEGAN + timedelta(days=number + 1))
    return growth.Arrival(cut, 1000 + number, "cpu", seconds, second)


def test_a_node_comes_with_the_queue_and_goes_when_idle(growth: ModuleType) -> None:
    eras = [*(era(growth, number, second=0.0) for number in range(3)), era(growth, 3, second=3600.0)]
    pool = growth.Pool(runs_at_once=3, runs_per_node=3, start=(120.0, 120.0), idle=600.0)
    outcome = growth.Day(eras, pool, random.Random(0)).run()
    assert outcome.waits == [120.0] * 4
    assert outcome.most_nodes == 1
    assert outcome.last_end == 3600 + 120 + 60
    assert outcome.node_seconds == 2 * (120 + 60 + 600)


def test_a_limit_holds_runs_back_and_asks_for_no_more_nodes(growth: ModuleType) -> None:
    eras = [era(growth, number, second=0.0) for number in range(4)]
    pool = growth.Pool(runs_at_once=2, runs_per_node=1, start=(0.0, 0.0), idle=600.0)
    outcome = growth.Day(eras, pool, random.Random(0)).run()
    assert outcome.waits == [0.0, 0.0, 60.0, 60.0]
    assert outcome.most_nodes == 2
    assert outcome.node_seconds == 2 * (120 + 600)


def test_a_fixed_pool_is_paid_all_day(growth: ModuleType) -> None:
    outcome = growth.Day([era(growth, 0, second=0.0)], growth.Pool(4, 1, fixed=True), random.Random(0)).run()
    assert outcome.waits == [0.0]
    assert outcome.node_seconds == 4 * growth.DAY_SECONDS


def test_eras_of_nodes_that_were_taken_away_begin_anew(growth: ModuleType) -> None:
    eras = [era(growth, number, second=0.0, seconds=600.0) for number in range(20)]
    pool = growth.Pool(4, 1, (120.0, 120.0), 600.0, preemptions_per_hour=3.0)
    outcome = growth.Day(eras, pool, random.Random(0)).run()
    assert len(outcome.waits) == 20
    assert outcome.lost > 0
    assert outcome.node_seconds > 20 * 600.0
