from datetime import UTC, datetime

import pytest

from feature_platform.plots.ticks import count_ticks, time_ticks, value_ticks
from feature_platform.plots.time_axis import day_number

HALVES = ["22:30", "23:00", "23:30", "Mar 02", "00:30", "01:00", "01:30", "02:00", "02:30"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 1.0, ["0.0", "0.5", "1.0"]),
        (-28.4, 33.0, ["−25", "0", "25"]),  # noqa: RUF001 - as wide as a plus
        (101_312.0, 101_329.0, ["101320"]),
        (0.00021, 0.00079, ["0.0004", "0.0006"]),
        (-1e12, 3e12, ["0", "2e+12"]),
        (2.0, 2.7, ["2.00", "2.25", "2.50"]),
    ],
)
def test_values_are_marked_at_round_numbers_that_can_be_told_apart(low: float, high: float, labels: list[str]) -> None:
    ticks = value_ticks(low, high, most=3)
    assert [label for _, label in ticks] == labels
    assert all(low - 1e-9 <= place <= high + 1e-9 for place, _ in ticks)


@pytest.mark.parametrize(("count", "last"), [(1, "0"), (7, "6"), (10, "9"), (11, "10"), (365, "350"), (2000, "1800")])
def test_counted_things_are_marked_at_whole_numbers(count: int, last: str) -> None:
    ticks = count_ticks(count, most=10)
    assert ticks[0] == (0.0, "0")
    assert ticks[-1][1] == last
    assert len(ticks) <= 10


@pytest.mark.parametrize(
    ("begin", "end", "labels"),
    [
        ("2024-03-01T00:00", "2024-03-01T01:00", ["Mar 01", *(f"00:{n}" for n in range(10, 60, 10)), "01:00"]),
        ("2024-03-01T22:30", "2024-03-02T02:30", HALVES),
        ("2024-02-27T12:00", "2024-03-03T00:00", ["Feb 28", "29", "Mar 01", "02", "03"]),
        ("2024-01-29T00:00", "2024-03-01T00:00", ["Jan 29", "Feb 05", "12", "19", "26"]),
        ("2023-11-15T00:00", "2024-03-15T00:00", ["Dec", "2024", "Feb", "Mar"]),
        ("2019-06-01T00:00", "2024-06-01T00:00", ["2020", "2021", "2022", "2023", "2024"]),
        ("1955-06-01T00:00", "2024-06-01T00:00", [str(year) for year in range(1960, 2021, 10)]),
    ],
)  # fmt: skip
def test_time_is_marked_at_whole_steps_of_the_calendar(begin: str, end: str, labels: list[str]) -> None:
    limits = tuple(day_number(datetime.fromisoformat(time).replace(tzinfo=UTC)) for time in (begin, end))
    ticks = time_ticks((limits[0], limits[1]))
    assert [label for _, label in ticks] == labels
    assert all(limits[0] <= place <= limits[1] for place, _ in ticks)
