"""Grid edges, duplicates, faults, warm-up and empty input, each by hand."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import polars as pl
import pytest

from feature_platform.errors import PreprocessingError
from feature_platform.preprocessing.api import FrameResult, preprocess
from feature_platform.preprocessing.layout import Layout
from feature_platform.preprocessing.plan import build_plan
from feature_platform.preprocessing.settings import PreprocessingSettings
from feature_platform.sources.description import SensorDescription, SensorKind
from feature_platform.storage.readings import READINGS_SCHEMA, Import, ReadingsStore
from feature_platform.storage.root import StorageRoot

START = datetime(2024, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TEMPERATURE = SensorDescription(id="air_temp", range=(-10, 50))
FIVE_MINUTES = PreprocessingSettings(engine="cpu")


def readings(*rows: tuple[float, float | None], sensor: str = "air_temp") -> pl.DataFrame:
    """Rows of minutes after the era's start and value."""
    return pl.DataFrame(
        [(sensor, START + minutes * MINUTE, value) for minutes, value in rows], schema=READINGS_SCHEMA, orient="row"
    )


def run(
    table: pl.DataFrame,
    *,
    minutes: float = 30,
    settings: PreprocessingSettings = FIVE_MINUTES,
    kind: SensorKind = "continuous",
) -> FrameResult:
    sensor = TEMPERATURE.model_copy(update={"kind": kind})
    return preprocess(table.lazy(), [sensor], start=START, end=START + minutes * MINUTE, settings=settings)


def values(result: FrameResult, column: str = "air_temp") -> list[float | None]:
    return result.frame[column].to_list()


def test_cells_are_right_open_and_labelled_by_their_start() -> None:
    result = run(readings((0, 1), (4.99, 3), (5, 10), (10, 20)), minutes=15)
    assert result.frame["time"].to_list() == [START, START + 5 * MINUTE, START + 10 * MINUTE]
    assert values(result) == [2, 10, 20]


@pytest.mark.parametrize(("kind", "cell"), [("continuous", 2), ("setpoint", 1), ("counter", 1), ("binary", 4)])
def test_a_cell_is_the_mean_the_last_or_the_maximum_by_kind(kind: SensorKind, cell: float) -> None:
    assert values(run(readings((2, 1), (0, 1), (1, 4)), minutes=5, kind=kind)) == [cell]


def test_a_faulty_last_reading_leaves_the_last_sound_one() -> None:
    table = readings((0, 1), (1, 7), (2, float("nan")), (3, 99))
    assert values(run(table, minutes=5, kind="setpoint")) == [7]


def test_the_reading_that_arrived_last_wins_even_where_it_is_faulty() -> None:
    result = run(readings((0, 1), (0, 2), (5, 3), (5, 999), (10, 4), (10, None)), minutes=15)
    assert values(result) == [2, None, None]
    assert result.coverage.row(0, named=True) == {
        "sensor_id": "air_temp",
        "readings": 3,
        "out_of_range": 1,
        "non_finite": 1,
        "known": 1,
        "interpolated": 0,
        "null": 2,
        "coverage": 1 / 3,
    }


def test_bounds_of_the_physical_range_are_inside_it() -> None:
    assert values(run(readings((0, -10), (5, 50), (10, 50.001)), minutes=15)) == [-10, 50, None]


def test_a_gap_is_filled_up_to_the_limit_and_not_beyond() -> None:
    fifteen = PreprocessingSettings(max_gap=timedelta(minutes=15), engine="cpu")
    table = readings((0, 0), (15, 3), (35, 7))
    assert values(run(table, minutes=45, settings=fifteen)) == [0, 1, 2, 3, None, None, None, 7, None]
    assert values(run(table, minutes=45, settings=fifteen, kind="setpoint")) == [0, 0, 0, 3, None, None, None, 7, None]


def test_a_gap_limit_is_measured_between_known_cells_not_between_readings() -> None:
    # 10.5 minutes lie between the readings, 15 between their cells.
    table = readings((4.5, 0), (15, 3))
    ten = PreprocessingSettings(max_gap=timedelta(minutes=14), engine="cpu")
    assert values(run(table, minutes=20, settings=ten)) == [0, None, None, 3]


def test_a_gap_over_the_start_is_interpolated_from_the_warm_up() -> None:
    assert values(run(readings((-10, 0), (5, 3)), minutes=10)) == [2, 3]


def test_no_reading_at_or_after_the_end_is_used() -> None:
    inside = readings((0, 1), (5, 2))
    after = readings((8, 30), (10, 40), (15, 50))
    assert run(pl.concat([inside, after]), minutes=8).frame.equals(run(inside, minutes=8).frame)
    assert values(run(pl.concat([inside, after]), minutes=8)) == [1, 2]


def test_the_interpolation_never_reaches_from_one_sensor_into_the_next() -> None:
    sensors = [SensorDescription(id="first"), SensorDescription(id="second")]
    table = pl.concat([readings((25, 1), sensor="first"), readings((-600, 5), (0, 5), sensor="second")])
    settings = PreprocessingSettings(max_gap=timedelta(days=3), engine="cpu")
    frame = preprocess(table.lazy(), sensors, start=START, end=START + 30 * MINUTE, settings=settings).frame
    assert frame["first"].to_list() == [None] * 5 + [1]
    assert frame["second"].to_list() == [5] + [None] * 5


def test_rolling_statistics_trail_and_warm_up_before_the_start() -> None:
    settings = PreprocessingSettings(
        max_gap=timedelta(minutes=5), rolling_windows=(timedelta(minutes=15),), engine="cpu"
    )
    result = run(readings((-15, 100), (-10, 1), (-5, 3), (0, 5), (5, 49)), minutes=15, settings=settings)
    assert result.frame.columns[2:] == [f"air_temp__{statistic}_15m" for statistic in ("mean", "std", "min", "max")]
    assert values(result, "air_temp__mean_15m") == [3, 19, 27]
    assert values(result, "air_temp__std_15m") == pytest.approx([2, 26, 968**0.5], rel=1e-12)
    assert values(result, "air_temp__min_15m") == [1, 3, 5]
    assert values(result, "air_temp__max_15m") == [5, 49, 49]


def test_a_rolling_window_given_twice_gives_its_columns_once() -> None:
    hour = timedelta(hours=1)
    settings = PreprocessingSettings(rolling_windows=(hour, hour), rolling_statistics=("max", "max"), engine="cpu")
    assert run(readings((0, 1)), settings=settings).frame.columns == ["time", "air_temp", "air_temp__max_1h"]


def test_the_mean_of_equal_readings_is_that_reading() -> None:
    # Added up and divided by three, 0.1 becomes 0.10000000000000002: outside a range that ends at 0.1.
    sensor = SensorDescription(id="air_temp", range=(0, 0.1))
    table = readings((0, 0.1), (1, 0.1), (2, 0.1))
    result = preprocess(table.lazy(), [sensor], start=START, end=START + 5 * MINUTE, settings=FIVE_MINUTES)
    assert values(result) == [0.1]


def test_huge_readings_never_become_infinite_cells() -> None:
    sensor = SensorDescription(id="air_temp")
    table = readings((0, 1.7e308), (1, 1.7e308), (5, 1e149), (6, -1e149))
    settings = PreprocessingSettings(rolling_windows=(timedelta(minutes=10),), engine="cpu")
    result = preprocess(table.lazy(), [sensor], start=START, end=START + 10 * MINUTE, settings=settings)
    assert values(result) == [None, 0]
    assert result.coverage["non_finite"].to_list() == [2]


def test_the_order_of_arrival_changes_no_bit_where_no_time_stands_twice() -> None:
    table = readings(*[(n / 7, (n * 37 % 101) / 7) for n in range(2000)])
    settings = PreprocessingSettings(rolling_windows=(timedelta(minutes=30),), engine="cpu")
    sorted_frame = run(table, minutes=300, settings=settings).frame
    shuffled = table.sample(fraction=1, shuffle=True, seed=1)
    assert run(shuffled, minutes=300, settings=settings).frame.equals(sorted_frame)


def test_a_leap_day_is_a_day() -> None:
    start = datetime(2024, 2, 28, tzinfo=UTC)
    result = preprocess(
        READINGS_SCHEMA.to_frame().lazy(),
        [TEMPERATURE],
        start=start,
        end=datetime(2024, 3, 1, tzinfo=UTC),
        settings=PreprocessingSettings(step=timedelta(days=1), max_gap=timedelta(days=1), engine="cpu"),
    )
    assert result.frame["time"].to_list() == [start, start + timedelta(days=1)]


def test_an_era_before_1970_is_gridded_like_any_other() -> None:
    start = datetime(1969, 12, 31, 23, 50, tzinfo=UTC)
    table = pl.DataFrame(
        {"sensor_id": "air_temp", "time": [start + n * MINUTE for n in (1, 7, 12)], "value": [1.0, 2.0, 3.0]},
        schema=READINGS_SCHEMA,
    )
    result = preprocess(table.lazy(), [TEMPERATURE], start=start, end=start + 15 * MINUTE, settings=FIVE_MINUTES)
    assert values(result) == [1, 2, 3]


def test_an_era_without_readings_is_all_null() -> None:
    result = run(READINGS_SCHEMA.to_frame(), minutes=10)
    assert result.frame.schema == pl.Schema({"time": pl.Datetime("us", "UTC"), "air_temp": pl.Float64()})
    assert values(result) == [None, None]
    assert result.coverage.row(0) == ("air_temp", 0, 0, 0, 0, 0, 2, 0.0)


def test_an_era_shorter_than_one_step_is_one_cell() -> None:
    assert values(run(readings((0, 3), (1, 5), (3, 9)), minutes=2)) == [4]


def test_readings_of_other_sensors_are_ignored() -> None:
    table = pl.concat([readings((0, 1)), readings((0, 9), sensor="other")])
    assert values(run(table, minutes=5)) == [1]


def test_more_sensors_than_cells_keep_their_counts() -> None:
    sensors = [SensorDescription(id=f"s{n}") for n in range(9)]
    table = readings((0, 1), sensor="s7")
    result = preprocess(table.lazy(), sensors, start=START, end=START + 5 * MINUTE, settings=FIVE_MINUTES)
    assert result.frame.shape == (1, 10)
    assert result.coverage.filter(pl.col("known") > 0)["sensor_id"].to_list() == ["s7"]


def test_stored_readings_are_sliced_by_the_warm_up(tmp_path: Path) -> None:
    store = ReadingsStore(StorageRoot(str(tmp_path)))
    parts = [
        store.write_part("demo", "2024-02", readings((-10, 0))),
        store.write_part("demo", "2024-03", readings((5, 3), (10, 9))),
    ]
    store.commit(
        "demo",
        Import(
            unit="a.csv",
            content_hash="h",
            parse_version="p",
            parts=tuple(parts),
            readings=3,
            times=3,
            cells=3,
            first=START - 10 * MINUTE,
            last=START + 10 * MINUTE,
            rejected={},
            rejects_file=None,
            replaces=(),
            imported_at=START,
        ),
    )
    end = START + 10 * MINUTE
    scan = store.scan("demo", START - FIVE_MINUTES.warm_up, end)
    result = preprocess(scan, [TEMPERATURE], start=START, end=end, settings=FIVE_MINUTES)
    assert values(result) == [2, 3]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (START, START, "the end must lie after the start"),
        (START.replace(tzinfo=None), START, "is not in UTC"),
        (START, START.astimezone(timezone(timedelta(hours=1))), "is not in UTC"),
        (START, START + timedelta(days=365 * 7000), "too large.*longer step"),
    ],
)
def test_unusable_bounds_are_refused(start: datetime, end: datetime, message: str) -> None:
    with pytest.raises(PreprocessingError, match=message):
        preprocess(READINGS_SCHEMA.to_frame().lazy(), [TEMPERATURE], start=start, end=end, settings=FIVE_MINUTES)


@pytest.mark.parametrize(
    ("sensors", "message"),
    [
        ([], "no sensor"),
        ([TEMPERATURE, TEMPERATURE], "air_temp stands more than once"),
    ],
)
def test_unusable_sensors_are_refused(sensors: list[SensorDescription], message: str) -> None:
    with pytest.raises(PreprocessingError, match=message):
        preprocess(READINGS_SCHEMA.to_frame().lazy(), sensors, start=START, end=START + MINUTE, settings=FIVE_MINUTES)


def test_readings_with_other_columns_are_refused() -> None:
    table = readings((0, 1)).with_columns(pl.col("time").dt.replace_time_zone(None))
    with pytest.raises(
        PreprocessingError, match=r"time: Datetime\(time_unit='us', time_zone=None\).*takes \(sensor_id"
    ):
        run(table)


def test_damaged_readings_are_named_with_the_cure(tmp_path: Path) -> None:
    file = tmp_path / "readings.parquet"
    readings(*[(n / 100, n / 7) for n in range(3000)]).write_parquet(file)
    content = bytearray(file.read_bytes())
    content[200:4000] = b"\xff" * 3800
    file.write_bytes(content)
    with pytest.raises(PreprocessingError, match=r"cannot be read.*import their source files again"):
        preprocess(pl.scan_parquet(file), [TEMPERATURE], start=START, end=START + 30 * MINUTE, settings=FIVE_MINUTES)


def test_readings_are_read_and_sorted_once() -> None:
    layout = Layout((TEMPERATURE,), START, START + 30 * MINUTE, FIVE_MINUTES)
    plan = build_plan(readings((0, 1), (5, 2)).lazy(), layout, None).explain()
    assert plan.count("SORT BY") == 1
    assert plan.count('DF ["sensor_id", "time", "value"]') == 1
