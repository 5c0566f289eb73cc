from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_platform.eras.calendar import calendar_eras
from feature_platform.errors import EraError

ZONES = ("UTC", "Europe/Copenhagen", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "America/Havana", "Etc/GMT-1")
UNITS = ("day", "week", "month", "1d", "7d", "10d", "45d")
TIMES = st.datetimes(datetime(1980, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
LENGTHS = st.timedeltas(timedelta(), timedelta(days=400))


def local_starts(first: str, last: str, unit: str, zone: str) -> list[str]:
    times = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) for text in (first, last))
    return [
        f"{era.start.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        for era in calendar_eras("s", *times, unit=unit, zone=zone)
    ]


@given(first=TIMES, length=LENGTHS, unit=st.sampled_from(UNITS), zone=st.sampled_from(ZONES))
def test_whole_units_cover_all_readings_without_a_gap(first: datetime, length: timedelta, unit: str, zone: str) -> None:
    last = first + length
    eras = calendar_eras("s", first, last, unit=unit, zone=zone)
    assert eras[0].start <= first < eras[0].end
    assert eras[-1].start <= last < eras[-1].end
    assert all(before.end == after.start for before, after in pairwise(eras))
    assert len({era.era_id for era in eras}) == len(eras)


@given(first=TIMES, length=LENGTHS, more=LENGTHS, unit=st.sampled_from(UNITS), zone=st.sampled_from(ZONES))
def test_more_data_never_moves_a_boundary(
    first: datetime, length: timedelta, more: timedelta, unit: str, zone: str
) -> None:
    fewer = calendar_eras("s", first, first + length, unit=unit, zone=zone)
    longer = calendar_eras("s", first - more, first + length + more, unit=unit, zone=zone)
    assert {era.era_id for era in fewer} <= {era.era_id for era in longer}


@given(
    first=TIMES,
    length=LENGTHS,
    unit=st.sampled_from(UNITS),
    zone=st.sampled_from(["Europe/Copenhagen", "Asia/Kolkata"]),
)
def test_every_boundary_is_local_midnight(first: datetime, length: timedelta, unit: str, zone: str) -> None:
    for era in calendar_eras("s", first, first + length, unit=unit, zone=zone):
        assert f"{era.start.astimezone(ZoneInfo(zone)):%H:%M:%S}" == "00:00:00"


def test_days_of_a_clock_change_have_23_and_25_hours() -> None:
    spring, autumn = datetime(2024, 3, 31, 12, tzinfo=UTC), datetime(2024, 10, 27, 12, tzinfo=UTC)
    lengths = [
        era.end - era.start
        for noon in (spring, autumn)
        for era in calendar_eras("s", noon, noon, unit="day", zone="Europe/Copenhagen")
    ]
    assert lengths == [timedelta(hours=23), timedelta(hours=25)]


def test_a_skipped_midnight_is_the_clock_change_itself() -> None:
    noon = datetime(2017, 10, 15, 12, tzinfo=UTC)
    era = calendar_eras("s", noon, noon, unit="day", zone="America/Sao_Paulo")[0]
    assert (era.start, era.end - era.start) == (datetime(2017, 10, 15, 3, tzinfo=UTC), timedelta(hours=23))


def test_a_day_that_a_zone_never_had_is_no_era() -> None:
    assert local_starts("2011-12-29 12:00", "2012-01-01 12:00", "day", "Pacific/Apia") == [
        "2011-12-29 00:00",
        "2011-12-31 00:00",
        "2012-01-01 00:00",
    ]


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    assert local_starts("2024-02-29 23:30", "2024-03-04 00:00", "week", "Europe/Copenhagen") == [
        "2024-02-26 00:00",
        "2024-03-04 00:00",
    ]
    assert local_starts("2023-12-31 23:30", "2024-03-31 23:59", "month", "Europe/Copenhagen") == [
        "2023-12-01 00:00",
        "2024-01-01 00:00",
        "2024-02-01 00:00",
        "2024-03-01 00:00",
    ]


def test_a_reading_at_midnight_belongs_to_the_day_that_begins() -> None:
    assert local_starts("2024-05-01 00:00", "2024-05-02 00:00", "day", "UTC") == [
        "2024-05-01 00:00",
        "2024-05-02 00:00",
    ]


def test_impossible_dates_are_one_clear_error() -> None:
    with pytest.raises(EraError, match="reach from 2024-01-01 to 9999-12-31, which no calendar covers"):
        calendar_eras(
            "s", datetime(2024, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC), unit="month", zone="UTC"
        )
