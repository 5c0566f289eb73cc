from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_platform.errors import SourceError
from feature_platform.sources.local_time import LocalClock
from feature_platform.sources.summary import summarise
from feature_platform.sources.time_text import read_times
from feature_platform_tests.sources.exports import clock, export, rejected_cells, stored, take

COPENHAGEN = "Europe/Copenhagen"
CHANGES = {
    COPENHAGEN: ("2015-03-29", "2015-10-25"),
    "America/New_York": ("2015-03-08", "2015-11-01"),
    "Australia/Lord_Howe": ("2015-04-05", "2015-10-04"),  # half an hour
    "America/St_Johns": ("2015-03-08", "2015-11-01"),
    "Africa/Casablanca": ("2015-06-14", "2015-07-19"),
    "Asia/Kathmandu": ("2015-03-29", "2015-10-25"),  # no change at all
    "Etc/GMT-1": ("2015-03-29", "2015-10-25"),
}


def wall(*parts: int) -> datetime:
    """A time on the wall."""
    return datetime(*parts)  # noqa: DTZ001 # it has no zone


def to_utc(
    local: list[datetime], zone: str = COPENHAGEN, *, block: int = 1000, keys: list[str] | None = None
) -> list[datetime]:
    """UTC times in the order of the rows, read in blocks of a few rows."""
    clock = LocalClock(zone, None if keys is None else "key")
    frame = pl.DataFrame(
        {
            "@local": pl.Series(local, dtype=pl.Datetime("us")),
            "row": range(len(local)),
            "key": keys or [""] * len(local),
        }
    )
    pieces = [clock.convert(frame[start : start + block])[0] for start in range(0, len(local), block)]
    held = clock.finish()
    return pl.concat([*pieces, *([] if held is None else [held])]).sort("row")["time"].to_list()


def on_the_wall(moments: list[datetime], zone: str = COPENHAGEN) -> list[datetime]:
    return [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in moments]


def steps(start: str, end: str, minutes: int) -> list[datetime]:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    step = timedelta(minutes=minutes)
    return [first + n * step for n in range((last - first) // step)]


NIGHT = steps("2015-10-24 22:00", "2015-10-25 04:00", 10)
"""The night in which Copenhagen's 02:00 to 03:00 comes twice: from 00:00 and from 01:00 UTC."""


@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, days in CHANGES.items() for day in days])
@pytest.mark.parametrize(("minutes", "block"), [(10, 1000), (30, 5), (60, 1)])
@pytest.mark.parametrize("order", [1, -1])
def test_the_days_around_a_clock_change_come_back_in_utc(
    zone: str, day: str, minutes: int, block: int, order: int
) -> None:
    first = datetime.fromisoformat(day) - timedelta(days=1)
    moments = steps(str(first), str(first + timedelta(days=3)), minutes)[::order]
    assert to_utc(on_the_wall(moments, zone), zone, block=block) == moments


@given(
    dropped=st.sets(st.integers(0, len(NIGHT) - 1), max_size=8),
    block=st.sampled_from([3, 11, 100]),
    newest_first=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_missing_rows_leave_the_passes_apart_as_long_as_time_steps_back(
    dropped: set[int], block: int, newest_first: bool
) -> None:
    moments = [moment for n, moment in enumerate(NIGHT) if n not in dropped]
    if newest_first:
        moments.reverse()
    local = on_the_wall(moments)
    found = to_utc(local, block=block)
    first_pass = [moment for moment in moments if moment.hour == 0]
    second_pass = [moment for moment in moments if moment.hour == 1]
    if first_pass and second_pass and max(on_the_wall(first_pass)) >= min(on_the_wall(second_pass)):
        assert found == moments
    certain = [n for n, moment in enumerate(moments) if moment.hour not in (0, 1)]
    assert [found[n] for n in certain] == [moments[n] for n in certain]


def test_rows_of_both_passes_in_turn_are_told_apart() -> None:
    pairs = zip(NIGHT[12:18], NIGHT[18:24], strict=True)
    moments = [*NIGHT[:12], *(moment for pair in pairs for moment in pair), *NIGHT[24:]]
    assert to_utc(on_the_wall(moments)) == moments
    assert to_utc(on_the_wall(moments), block=3) == moments


def test_a_file_that_says_every_time_twice_has_no_second_pass_for_it() -> None:
    moments = [moment for moment in NIGHT for _ in range(2)]
    assert to_utc(on_the_wall(moments)) == moments
    only_first = [moment for moment in moments if moment.hour != 1]
    assert to_utc(on_the_wall(only_first)) == only_first


def test_two_rows_out_of_order_do_not_end_summer_time() -> None:
    moments = NIGHT.copy()
    moments[13], moments[14] = moments[14], moments[13]
    assert to_utc(on_the_wall(moments)) == moments


def test_where_only_one_pass_stands_it_is_summer_time() -> None:
    moments = [moment for moment in NIGHT if moment.hour != 1]
    assert to_utc(on_the_wall(moments)) == moments
    assert to_utc(on_the_wall(moments[::-1])) == moments[::-1]


def test_a_file_that_begins_in_the_second_pass_and_runs_on_is_standard_time() -> None:
    moments = [moment for moment in NIGHT if moment >= datetime(2015, 10, 25, 1, tzinfo=UTC)]
    assert to_utc(on_the_wall(moments)) == moments


def test_a_file_that_ends_in_the_first_pass_is_summer_time() -> None:
    moments = [moment for moment in NIGHT if moment < datetime(2015, 10, 25, 1, tzinfo=UTC)]
    assert to_utc(on_the_wall(moments)) == moments


def test_two_autumns_are_told_apart() -> None:
    moments = [*NIGHT, *steps("2016-10-29 22:00", "2016-10-30 04:00", 10)]
    assert to_utc(on_the_wall(moments), block=11) == moments


@pytest.mark.parametrize("by_sensor", [True, False])
def test_in_a_long_table_the_order_counts_within_each_sensor(by_sensor: bool) -> None:
    rows = [(moment, key) for moment in NIGHT for key in ("a", "b", "c")]
    if by_sensor:
        rows.sort(key=lambda row: row[1])
    moments, keys = [row[0] for row in rows], [row[1] for row in rows]
    assert to_utc(on_the_wall(moments), block=7, keys=keys) == moments


def test_the_skipped_hour_is_counted_and_listed_and_the_rest_kept(tmp_path: Path) -> None:
    content = export([(time, n) for n, time in enumerate(clock("2015-03-29 01:00:00", 9, minutes=20))])
    store, report = take(tmp_path, content, time={"zone": COPENHAGEN})
    assert report.rejected == {"skipped_local_time": 3}
    assert rejected_cells(store) == [
        (5 + n, "time", f"2015-03-29 02:{20 * n:02d}:00", "skipped_local_time") for n in range(3)
    ]
    assert stored(store)["time"].dt.strftime("%H:%M").to_list() == [
        "00:00",
        "00:20",
        "00:40",
        "01:00",
        "01:20",
        "01:40",
    ]
    assert summarise(store, "demo").times == 6


def test_of_equal_times_the_last_written_value_counts(tmp_path: Path) -> None:
    content = "time;a;b\n2024-01-01 00:10:00;1;1\n2024-01-01 00:00:00;2;2\n2024-01-01 00:10:00;3;\n"
    described = [{"id": "a", "column": 1}, {"id": "b", "column": 2}]
    store, report = take(tmp_path, content, sensors=described)
    assert stored(store)["value"].to_list() == [2.0, 3.0, 2.0, 1.0]
    assert (report.readings, report.times) == (4, 2)


@pytest.mark.parametrize(
    ("text", "time_format", "expected"),
    [
        ("7-9-2015 0:05", "%d-%m-%Y %H:%M", wall(2015, 9, 7, 0, 5)),
        ("07/09/15 02:05 PM", "%d/%m/%y %I:%M %p", wall(2015, 9, 7, 14, 5)),
        ("2015-09-07", "%Y-%m-%d", wall(2015, 9, 7)),
        ("2015-09-07 13", "%Y-%m-%d %H", wall(2015, 9, 7, 13)),
        ("20150907130559", "%Y%m%d%H%M%S", wall(2015, 9, 7, 13, 5, 59)),
        ("2015-09-07 12:05:01.5", "%Y-%m-%d %H:%M:%S.%f", wall(2015, 9, 7, 12, 5, 1, 500_000)),
        ("2015-09-07 12:05:01,123456", "%Y-%m-%d %H:%M:%S,%f", wall(2015, 9, 7, 12, 5, 1, 123_456)),
        ("2015-09-07T12:05:01+0200", "%Y-%m-%dT%H:%M:%S%z", datetime(2015, 9, 7, 10, 5, 1, tzinfo=UTC)),
        ("2015-09-07T12:05:01Z", "%Y-%m-%dT%H:%M:%S%z", datetime(2015, 9, 7, 12, 5, 1, tzinfo=UTC)),
        ("1441627501", "%s", datetime(2015, 9, 7, 12, 5, 1, tzinfo=UTC)),
        ("31-02-2015 00:00", "%d-%m-%Y %H:%M", None),
        ("07-09-2015 00:00 x", "%d-%m-%Y %H:%M", None),
        ("", "%d-%m-%Y %H:%M", None),
    ],
)
def test_times_are_read_in_strptime_formats(text: str, time_format: str, expected: datetime | None) -> None:
    assert read_times(pl.Series([f" {text} "]), time_format).to_list() == [expected]


def test_times_that_name_their_offset_need_no_zone(tmp_path: Path) -> None:
    content = "time;a\n2015-10-25T02:30:00+0200;1\n2015-10-25T02:30:00+0100;2\n"
    store, _ = take(tmp_path, content, time={"format": "%Y-%m-%dT%H:%M:%S%z", "zone": COPENHAGEN})
    assert stored(store)["time"].dt.strftime("%H:%M").to_list() == ["00:30", "01:30"]


def test_a_file_none_of_whose_times_fits_the_format_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"a\.csv: no row's time fits time\.format .*line 2 has '01\.01\.2024' in 'time'"
    ):
        take(tmp_path, "time;a\n01.01.2024;1\n02.01.2024;2\n")


@pytest.mark.parametrize("time_format", ["%Q", "%Y-%m-%d %H:%M:%S%f"])
def test_a_time_format_that_cannot_be_used_is_one_error(tmp_path: Path, time_format: str) -> None:
    with pytest.raises(SourceError, match=r"time.format"):
        take(tmp_path, "time;a\n2024-01-01 00:00:00;1\n", time={"format": time_format})
