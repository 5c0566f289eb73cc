from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from feature_platform.eras import detection
from feature_platform.eras.detection import detect_eras
from feature_platform.eras.era import Era, Level
from feature_platform.eras.settings import EraSettings
from feature_platform.errors import EraError
from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import READINGS_SCHEMA, ReadingsStore
from feature_platform.storage.root import StorageRoot
from feature_platform_tests.eras.days import JANUARY
from feature_platform_tests.eras.real_readings import store_export, store_readings

SENSORS = tuple(SensorDescription(id=f"s{n}", column=n, range=(-50.0, 50.0)) for n in range(4))
DAY = timedelta(days=1)


def signals(regimes: Sequence[tuple[int, float]], *, seed: int = 1, daily: float = 1.0) -> np.ndarray:
    """Hours by sensors: regimes of (days, level) under a daily cycle and noise that remembers."""
    rng = np.random.default_rng(seed)
    level = np.concatenate([np.full(24 * length, height) for length, height in regimes])
    noise = rng.normal(size=(len(level), len(SENSORS)))
    for hour in range(1, len(level)):
        noise[hour] += 0.8 * noise[hour - 1]
    cycle = daily * np.sin(np.arange(len(level)) * 2 * np.pi / 24)
    return level[:, None] * [1, -1, 1, 0.5] + cycle[:, None] + noise


def store_hours(root: StorageRoot, values: np.ndarray, *, keep: pl.Expr | None = None) -> ReadingsStore:
    times = [JANUARY + timedelta(hours=hour, minutes=30) for hour in range(len(values))]
    frame = pl.concat(
        pl.DataFrame({"sensor_id": [f"s{n}"] * len(times), "time": times, "value": values[:, n]}, READINGS_SCHEMA)
        for n in range(values.shape[1])
    )
    store = ReadingsStore(root)
    store_readings(store, "demo", frame if keep is None else frame.filter(keep))
    return store


def detect(
    store: ReadingsStore, level: str = "a", *, sensors: Sequence[SensorDescription] = SENSORS, **settings: object
) -> dict[Level, list[Era]]:
    chosen = EraSettings.model_validate({"method": "detected", "level": level, **settings})
    return detect_eras("demo", store, chosen, zone="Europe/Copenhagen", sensors=sensors)


def on_day(days: float) -> datetime:
    return JANUARY + days * DAY


def assert_cut_near(eras: Sequence[Era], expected: Sequence[float]) -> None:
    assert len(eras) == len(expected) + 1
    for era, day in zip(eras[1:], expected, strict=True):
        assert abs(era.start - on_day(day)) <= DAY


REGIMES = [(20, 0.0), (30, 4.0), (12, -3.0), (40, 2.0)]


@pytest.fixture
def root(tmp_path: Path) -> StorageRoot:
    return StorageRoot(str(tmp_path))


@pytest.mark.parametrize("seed", range(3))
def test_known_regimes_are_found_within_a_day(root: StorageRoot, seed: int) -> None:
    eras = detect(store_hours(root, signals(REGIMES, seed=seed)))["a"]
    assert_cut_near(eras, [20, 50, 62])
    assert (eras[0].start, eras[-1].end) == (JANUARY, on_day(102))
    assert all(before.end == after.start for before, after in pairwise(eras))


def test_a_source_that_never_changes_is_one_era(root: StorageRoot) -> None:
    assert len(detect(store_hours(root, signals([(100, 0.0)])))["a"]) == 1


def test_the_same_data_and_settings_give_the_same_eras(tmp_path: Path) -> None:
    values = signals(REGIMES)
    whole = store_hours(StorageRoot(str(tmp_path / "one")), values)
    parts = store_hours(StorageRoot(str(tmp_path / "two")), values, keep=pl.col("value") > 0)
    frame = whole.scan("demo", on_day(0), on_day(999)).filter(pl.col("value") <= 0).collect()
    store_readings(parts, "demo", frame)
    found = detect(whole, "c")
    assert detect(whole, "c") == found
    assert detect(parts, "c") == found


def test_levels_nest_and_name_their_parents(root: StorageRoot) -> None:
    found = detect(store_hours(root, signals(REGIMES, daily=3.0)), "c")
    assert list(found) == ["a", "b", "c"]
    assert [era.parent_id for era in found["a"]] == [None] * len(found["a"])
    assert len(found["a"]) < len(found["c"])
    for coarse, fine in ((found["a"], found["b"]), (found["b"], found["c"])):
        parents = {era.era_id: era for era in coarse}
        for parent_id, parent in parents.items():
            children = [era for era in fine if era.parent_id == parent_id]
            assert (children[0].start, children[-1].end) == (parent.start, parent.end)
            assert all(x.end == y.start for x, y in pairwise(children))
        assert {era.parent_id for era in fine} == set(parents)


def test_a_coarser_level_is_the_same_whether_or_not_a_finer_one_is_asked_for(root: StorageRoot) -> None:
    store = store_hours(root, signals(REGIMES, daily=3.0))
    assert detect(store, "b") == {level: eras for level, eras in detect(store, "c").items() if level != "c"}


def test_no_era_is_shorter_than_its_levels_minimum(root: StorageRoot) -> None:
    flickering = [(2, float(4 * (n % 2))) for n in range(40)]
    found = detect(store_hours(root, signals(flickering, daily=3.0)), "c", minimum_duration="4d")
    for level, minimum in (("a", 4 * DAY), ("b", DAY), ("c", DAY / 4)):
        assert min(era.end - era.start for era in found[level]) >= minimum
    assert len(found["c"]) > 40


def test_a_short_regime_is_not_cut_at_a_longer_minimum(root: StorageRoot) -> None:
    store = store_hours(root, signals([(30, 0.0), (4, 5.0), (30, 0.0)]))
    assert_cut_near(detect(store, minimum_duration="3d")["a"], [30, 34])
    assert all(era.end - era.start >= 10 * DAY for era in detect(store, minimum_duration="10d")["a"])


def test_more_eras_than_the_ceiling_are_refused_with_the_cure(root: StorageRoot) -> None:
    store = store_hours(root, signals(REGIMES))
    with pytest.raises(EraError, match="4 eras at level a are more than the ceiling of 3; raise minimum_duration"):
        detect(store, ceiling=3)
    assert len(detect(store, ceiling=4)["a"]) == 4


def test_a_long_gap_ends_an_era_and_belongs_to_none(root: StorageRoot) -> None:
    gap = pl.col("time").is_between(on_day(10), on_day(16), closed="left").not_()
    eras = detect(store_hours(root, signals([(40, 0.0)]), keep=gap))["a"]
    assert [(era.start, era.end) for era in eras] == [(on_day(0), on_day(10)), (on_day(16), on_day(40))]


def test_a_short_gap_is_bridged(root: StorageRoot) -> None:
    gap = pl.col("time").is_between(on_day(10), on_day(12), closed="left").not_()
    eras = detect(store_hours(root, signals([(40, 0.0)]), keep=gap))["a"]
    assert [(era.start, era.end) for era in eras] == [(on_day(0), on_day(40))]


def test_a_stray_day_among_gaps_joins_the_nearest_era(root: StorageRoot) -> None:
    kept = pl.col("time") < on_day(10)
    for first, end in ((15, 16), (30, 40)):
        kept |= pl.col("time").is_between(on_day(first), on_day(end), closed="left")
    eras = detect(store_hours(root, signals([(40, 0.0)]), keep=kept))["a"]
    assert [(era.start, era.end) for era in eras] == [(on_day(0), on_day(16)), (on_day(30), on_day(40))]


def test_a_sensor_below_the_coverage_floor_cuts_nothing(root: StorageRoot) -> None:
    values = signals([(60, 0.0)])
    values[24 * 20 : 24 * 40, 0] += 40
    rare = (pl.col("sensor_id") != "s0") | (pl.col("time").dt.hour() % 4 == 0)
    store = store_hours(root, values, keep=rare)
    assert_cut_near(detect(store, minimum_coverage=0.2)["a"], [20, 40])
    others = detect(store, minimum_coverage=0.5)["a"]
    assert all(abs(era.start - on_day(day)) > DAY for era in others for day in (20, 40))


def test_no_sensor_above_the_floor_is_one_clear_error(root: StorageRoot) -> None:
    store = store_hours(
        root, signals([(60, 0.0)]), keep=pl.col("time").dt.hour() % 4 == pl.col("sensor_id").str.tail(1).cast(pl.Int8)
    )
    with pytest.raises(EraError, match="no sensor has readings in 50% of the hours; the best, s0, covers 25%"):
        detect(store)


def test_impossible_values_and_constants_cut_nothing(root: StorageRoot) -> None:
    values = signals([(60, 0.0)])
    values[24 * 20 : 24 * 40, 0] = 9999.0
    values[:, 1] = 7.0
    assert len(detect(store_hours(root, values))["a"]) == 1


def test_a_steady_counter_cuts_nothing_but_a_faster_one_does(root: StorageRoot) -> None:
    counters = [SensorDescription(id=f"s{n}", column=n, kind="counter") for n in range(4)]
    steady, faster = (np.cumsum(20 + signals([(30, 0.0), (30, late)]), axis=0) for late in (0.0, 6.0))
    assert len(detect(store_hours(root, np.abs(steady)), sensors=counters)["a"]) == 1
    assert_cut_near(detect(store_hours(StorageRoot(f"{root.url}/2"), faster), sensors=counters[::2])["a"], [30])


def test_a_rare_switch_is_seen(root: StorageRoot) -> None:
    values = np.zeros((24 * 60, 1))
    values[24 * 40 : 24 * 50] = 1.0
    eras = detect(store_hours(root, values), sensors=[SensorDescription(id="s0", column=0, kind="binary")])["a"]
    assert [era.start for era in eras] == [on_day(0), on_day(40), on_day(50)]


def test_hours_are_those_of_the_sources_zone(root: StorageRoot) -> None:
    store = store_hours(root, signals([(10, 0.0)]))
    found = detect_eras("demo", store, EraSettings(method="detected"), zone="Asia/Kolkata", sensors=SENSORS)["a"]
    assert (found[0].start, found[0].end) == (JANUARY + DAY / 48, on_day(10) + DAY / 48)


def test_less_data_than_one_era_is_one_clear_error(root: StorageRoot) -> None:
    with pytest.raises(
        EraError, match=r"span 48 hours, less than one era of 3d; lower minimum_duration or use .* whole"
    ):
        detect(store_hours(root, signals([(2, 0.0)])))


def test_long_records_are_searched_in_coarse_steps_and_cut_to_the_hour(
    root: StorageRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_hours(root, signals(REGIMES))
    fine = detect(store)["a"]
    monkeypatch.setattr(detection, "MAXIMUM_STEPS", 24 * 102 // 7)
    coarse = detect(store)["a"]
    assert coarse == fine


@pytest.mark.real_data
@pytest.mark.parametrize("file", ["NO3_LAMPEGRP_1.csv", "NO3NO4.extra.csv"])
def test_a_year_of_a_real_greenhouse_gives_a_sensible_number_of_eras(
    root: StorageRoot, real_data: Path, file: str
) -> None:
    store = ReadingsStore(root)
    sensors = store_export(store, "demo", real_data / "knudjepsen" / file)
    found = detect(store, "c", sensors=sensors)
    counts = [len(found[level]) for level in ("a", "b", "c")]
    assert 5 <= counts[0] <= 40
    assert counts[0] < counts[1] < counts[2] <= 4 * 366
    assert found["a"][0].start < datetime(2015, 9, 9, tzinfo=UTC)
