import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from feature_platform.eras.calendar import calendar_eras
from feature_platform.eras.counting import count_eras, readings_version
from feature_platform.eras.era import Era, EraCount
from feature_platform.storage.readings import READINGS_SCHEMA, ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.eras.days import JANUARY, days
from feature_platform_tests.eras.real_readings import store_readings


def readings(seed: int = 1, *, sensors: int = 3, hours: int = 24 * 60) -> pl.DataFrame:
    """Ten-minute readings of January and February 2024, sorted by sensor and time."""
    times = pl.datetime_range(
        JANUARY, JANUARY + timedelta(hours=hours), "10m", closed="left", time_unit="us", time_zone="UTC", eager=True
    )
    values = np.random.default_rng(seed).normal(size=(sensors, len(times)))
    return pl.concat(
        pl.DataFrame({"sensor_id": [f"s{n}"] * len(times), "time": times, "value": values[n]}, READINGS_SCHEMA)
        for n in range(sensors)
    )


def stored(root: StorageRoot, *parts: pl.DataFrame) -> ReadingsStore:
    store = ReadingsStore(root)
    for part in parts:
        store_readings(store, "demo", part)
    return store


@pytest.fixture
def store(root: StorageRoot) -> ReadingsStore:
    return stored(root, readings())


ERAS = [
    *calendar_eras("demo", JANUARY, datetime(2024, 2, 29, tzinfo=UTC), unit="10d", zone="Europe/Copenhagen"),
    days(3, 40),
    days(50, 51, level="a"),
    days(300, 301, level="a"),
    Era("demo", "b", JANUARY + timedelta(minutes=10), JANUARY + timedelta(minutes=10, microseconds=1)),
]


def test_counts_and_versions_are_those_of_each_eras_own_readings(store: ReadingsStore) -> None:
    expected = []
    for era in ERAS:
        inside = readings().filter(pl.col("time") >= era.start, pl.col("time") < era.end)
        expected.append(EraCount(era.era_id, inside.height, readings_version(inside)))
    assert count_eras(store, "demo", ERAS) == expected
    assert [count.row_count for count in expected[-3:]] == [3 * 144, 0, 3]


def test_only_the_sensors_asked_for_are_counted(store: ReadingsStore) -> None:
    count = count_eras(store, "demo", [days(3, 40)], sensors=["s1"])[0]
    inside = readings().filter(
        pl.col("sensor_id") == "s1", pl.col("time").is_between(days(3, 40).start, days(3, 40).end, closed="left")
    )
    assert count == EraCount(days(3, 40).era_id, inside.height, readings_version(inside))


def test_the_same_data_in_other_files_and_another_order_is_the_same_version(root: StorageRoot) -> None:
    whole = readings()
    odd = pl.int_range(pl.len()) % 2 == 1
    pieces = [
        whole.filter(odd).sort("sensor_id", "time"),
        whole.filter(~odd),
        whole.filter(pl.col("sensor_id") == "s1"),
    ]
    one = count_eras(stored(StorageRoot(f"{root.url}/one"), whole), "demo", ERAS)
    assert count_eras(stored(StorageRoot(f"{root.url}/two"), *pieces), "demo", ERAS) == one
    assert readings_version(whole.sample(fraction=1, shuffle=True, seed=3)) == readings_version(whole)


def test_late_data_changes_only_the_eras_it_falls_into(store: ReadingsStore) -> None:
    before = count_eras(store, "demo", ERAS)
    late = readings().filter(pl.col("time") == JANUARY + timedelta(days=49)).head(1).with_columns(value=pl.lit(99.0))
    store_readings(store, "demo", late)
    after = count_eras(store, "demo", ERAS)
    changed = [era for era, old, new in zip(ERAS, before, after, strict=True) if old != new]
    assert changed == [era for era in ERAS if era.start <= JANUARY + timedelta(days=49) < era.end]
    assert len(changed) == 2
    assert [count.row_count for count in before] == [count.row_count for count in after]


@pytest.mark.parametrize(
    "change",
    [
        pl.col("value") + 2**-40,
        pl.col("time") + timedelta(microseconds=1),
        pl.lit("s9").alias("sensor_id"),
    ],
)
def test_any_changed_reading_changes_the_version(change: pl.Expr) -> None:
    whole = readings()
    changed = pl.concat([whole.head(1).with_columns(change), whole.tail(-1)])
    assert readings_version(changed) != readings_version(whole)


def test_values_that_trade_places_change_the_version() -> None:
    two = readings().head(2)
    assert readings_version(two.with_columns(pl.col("value").reverse())) != readings_version(two)


def test_equal_values_of_other_bits_are_one_version() -> None:
    def of(value: float | None) -> str:
        return readings_version(readings().head(1).with_columns(value=pl.lit(value, pl.Float64)))

    assert of(-0.0) == of(0.0)
    assert of(math.nan) == of(-math.nan) == of(None)


def test_a_version_stays_what_it_was() -> None:
    # Were this to change, every stored era of every user would look stale: never change it lightly.
    frame = pl.DataFrame(
        {"sensor_id": ["air_temp", "co2"], "time": [JANUARY, JANUARY + timedelta(minutes=5)], "value": [20.5, 400.0]},
        READINGS_SCHEMA,
    )
    assert readings_version(frame) == "de91f886f979f33e2806356400baee06"
    assert readings_version(frame.clear()) == "9d908ecfb6b256def8b49a7c504e6c88"


def test_no_eras_are_no_counts(store: ReadingsStore) -> None:
    assert count_eras(store, "demo", []) == []
    assert count_eras(store, "elsewhere", [days(1, 2)]) == [
        EraCount(days(1, 2).era_id, 0, readings_version(READINGS_SCHEMA.to_frame()))
    ]
