from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_platform.errors import SourceError
from feature_platform.sources import parquet_file
from feature_platform.sources.importing import import_source
from feature_platform.sources.report import ImportReport
from feature_platform.sources.summary import summarise
from feature_platform.storage.readings import ReadingsStore
from feature_platform_tests.sources.exports import (
    clock,
    describe,
    only_import,
    rejected_cells,
    store_in,
    stored,
    values,
)

LONG = {"layout": "long", "sensor_key": "tag", "value_key": "reading"}
AB = [{"id": "a"}, {"id": "b", "key": "Sensor B / \U0001f345"}]
B = "Sensor B / \U0001f345"


def take(
    tmp_path: Path, table: pl.DataFrame | pa.Table, rows: int = 1000, **changes: object
) -> tuple[ReadingsStore, ImportReport]:
    arrow = table.to_arrow() if isinstance(table, pl.DataFrame) else table
    pq.write_table(arrow, tmp_path / "a.parquet", row_group_size=rows)
    described = {"format": "parquet", "files": ["*.parquet"], "sensors": [{"id": "a"}], **changes}
    store = store_in(tmp_path)
    return store, import_source(describe(tmp_path, **described), store)


def wide(rows: int = 60, start: str = "2024-01-31 20:00:00", zone: str | None = None) -> pl.DataFrame:
    times = pl.Series(clock(start, rows), dtype=pl.Datetime("us")).dt.replace_time_zone(zone)
    return pl.DataFrame({"time": times, "a": [float(n) for n in range(rows)], B: [-n for n in range(rows)]})


@pytest.mark.parametrize("rows", [7, 1000])
def test_a_wide_file_gives_a_sensor_per_column(tmp_path: Path, rows: int) -> None:
    store, report = take(tmp_path, wide(), rows, sensors=AB)
    assert (values(store, "a"), values(store, "b")) == (list(range(60)), [-n for n in range(60)])
    assert (report.readings, report.times, report.cells) == (120, 60, 120)
    assert [part.month for part in only_import(store).parts] == ["2024-01", "2024-02"]
    assert import_source(describe(tmp_path, format="parquet", files=["a.parquet"], sensors=AB), store).unchanged == 1


@pytest.mark.parametrize("rows", [7, 1000])
@pytest.mark.parametrize("by_sensor", [True, False])
def test_a_long_file_gives_the_same_readings_as_a_wide_one(
    tmp_path: Path, rows: int, by_sensor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "BATCH_CELLS", 60)
    long = wide().unpivot(["a", B], index="time", variable_name="tag", value_name="reading")
    strangers = long.head(3).with_columns(tag=pl.lit("not described"))
    table = pl.concat([long if by_sensor else long.sort("time"), strangers])
    store, report = take(tmp_path, table, rows, parquet=LONG, sensors=AB)
    (tmp_path / "wide").mkdir()
    other, _ = take(tmp_path / "wide", wide(), sensors=AB)
    assert stored(store).equals(stored(other))
    assert (report.readings, report.times, report.rejected) == (120, 60, {})


def test_times_with_a_zone_are_taken_as_they_are(tmp_path: Path) -> None:
    times = [datetime(2015, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    table = pl.DataFrame({"time": times, "a": [1.0, 2.0]}).with_columns(
        pl.col("time").dt.convert_time_zone("America/New_York").dt.cast_time_unit("ns")
    )
    store, _ = take(tmp_path, table, time={"zone": "Europe/Copenhagen"})
    assert stored(store)["time"].to_list() == times


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_wall_times_resolve_the_doubled_and_the_skipped_hour(tmp_path: Path, layout: str) -> None:
    moments = [datetime(2015, 10, 24, 23, 30, tzinfo=UTC).timestamp() + 1800 * n for n in range(8)]
    zone = ZoneInfo("Europe/Copenhagen")
    walls = [datetime.fromtimestamp(moment, zone).replace(tzinfo=None) for moment in moments]
    walls.append(datetime(2016, 3, 27, 2, 30))  # noqa: DTZ001 # a time on the wall, which that day skipped
    table = pl.DataFrame({"time": walls, "a": range(9), B: range(9)})
    if layout == "long":
        table = table.unpivot(["a", B], index="time", variable_name="tag", value_name="reading")
    store, report = take(
        tmp_path, table, 3, sensors=AB, time={"zone": "Europe/Copenhagen"}, parquet=LONG if layout == "long" else {}
    )
    found = stored(store)
    for sensor in ("a", "b"):
        times = found.filter(pl.col("sensor_id") == sensor)["time"].to_list()
        assert [time.timestamp() for time in times] == moments
    assert report.rejected == {"skipped_local_time": 1 if layout == "wide" else 2}


def test_cells_that_are_no_finite_numbers_are_missing_or_rejected(tmp_path: Path) -> None:
    table = wide(4).with_columns(a=pl.Series([1.0, float("nan"), float("inf"), None]))
    store, report = take(tmp_path, table)
    assert values(store) == [1.0]
    assert (report.rejected, report.cells, report.times) == ({"non_finite": 1}, 2, 4)
    assert rejected_cells(store) == [(3, "a", "inf", "non_finite")]
    assert summarise(store, "demo").times == 4


def test_rows_without_a_time_are_rejected_unless_they_are_empty(tmp_path: Path) -> None:
    times = pl.Series([None, None, datetime(2024, 1, 1)], dtype=pl.Datetime("us"))  # noqa: DTZ001
    store, report = take(tmp_path, pl.DataFrame({"time": times, "a": [1.0, None, 3.0]}))
    assert values(store) == [3.0]
    assert report.rejected == {"unreadable_time": 1}


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1, 2], dtype=pl.Int8),
        pl.Series([True, False]),
        pl.Series(["1.0", " 2"]),
        pl.Series([Decimal("1.50"), Decimal("2.25")]),
        pl.Series([1.5, 2.5], dtype=pl.Float32),
    ],
    ids=lambda column: str(column.dtype),
)
def test_every_type_that_holds_numbers_is_read(tmp_path: Path, column: pl.Series) -> None:
    store, _ = take(tmp_path, wide(2).with_columns(a=column))
    assert values(store) == [float(str(value)) if isinstance(value, str) else float(value) for value in column]


def test_texts_in_a_number_column_are_rejected_by_row(tmp_path: Path) -> None:
    store, _ = take(tmp_path, wide(3).with_columns(a=pl.Series(["1", "off", ""])))
    assert rejected_cells(store) == [(2, "a", "off", "unreadable_number")]


def test_times_may_be_texts_or_dates(tmp_path: Path) -> None:
    texts = wide(2).with_columns(time=pl.Series(["2024-01-01 00:00:00", "2024-01-01 00:10:00"]))
    store, _ = take(tmp_path, texts)
    assert stored(store)["time"].dt.minute().to_list() == [0, 10]
    (tmp_path / "dates").mkdir()
    store, _ = take(tmp_path / "dates", wide(2).with_columns(time=pl.Series([date(2024, 1, day) for day in (1, 2)])))
    assert stored(store)["time"].dt.day().to_list() == [1, 2]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (wide(2).drop("a"), r"has not one column 'a'; there are 'time', 'Sensor B"),
        (wide(2).rename({"time": "when"}), "has not one column 'time'"),
        (wide(2).with_columns(time=pl.lit(5)), "time column 'time' is of type .*, which says no date"),
        (wide(2).with_columns(a=pl.lit([1.0])), "column 'a' is of type List.*, which is no number"),
        (wide(2).with_columns(time=pl.lit("yesterday")), "no row's time fits time.format"),
    ],
)
def test_a_file_that_is_not_as_described_is_one_error(tmp_path: Path, table: pl.DataFrame, message: str) -> None:
    with pytest.raises(SourceError, match=rf"a\.parquet: {message}"):
        take(tmp_path, table)


@pytest.mark.parametrize("share", [0.5, 0.99, 0.0])
def test_a_file_cut_in_half_is_one_error_and_what_was_there_stays(tmp_path: Path, share: float) -> None:
    store, _ = take(tmp_path, wide())
    before = stored(store)
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SourceError, match=r"b\.parquet: is no whole Parquet file .*; export or copy it again"):
        import_source(describe(tmp_path, format="parquet", files=["*.parquet"]), store)
    assert stored(store).equals(before)


def test_a_file_damaged_inside_is_one_error(tmp_path: Path) -> None:
    take(tmp_path, wide())
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[4:200] = bytes(196)
    (tmp_path / "b.parquet").write_bytes(content)
    with pytest.raises(SourceError, match=r"b\.parquet: "):
        import_source(describe(tmp_path, format="parquet", files=["b.parquet"]), store_in(tmp_path))


CELLS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from("ab"), st.none() | st.integers(0, 9)), min_size=1, max_size=40
)


@given(cells=CELLS, rows=st.sampled_from([1, 3, 100]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_equal_times_the_last_value_counts_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[int, str, int | None]], rows: int
) -> None:
    folder = tmp_path_factory.mktemp("long")
    times = clock("2024-01-31 20:00:00", 41)
    schema = {"time": pl.Datetime("us"), "tag": pl.String(), "reading": pl.Float64()}
    table = pl.DataFrame([(times[at], tag, value) for at, tag, value in cells], schema=schema, orient="row")
    store, report = take(folder, table, rows, parquet=LONG, sensors=[{"id": "a"}, {"id": "b"}])
    expected = {(tag, times[at].replace(tzinfo=UTC)): float(value) for at, tag, value in cells if value is not None}
    assert {(sensor, time): value for sensor, time, value in stored(store).rows()} == expected
    assert report.readings == len(expected)
    assert report.times == summarise(store, "demo").times == len({at for at, _, _ in cells})
