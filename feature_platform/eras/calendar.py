"""Eras by the calendar of the source's own zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from feature_platform.eras.era import Era
from feature_platform.errors import EraError

ANCHOR = date(2000, 1, 3)
"""Units of N days are counted from this Monday, so that more data never moves a boundary, and 7d is a week."""


def calendar_eras(source: str, first: datetime, last: datetime, *, unit: str, zone: str) -> list[Era]:
    """Whole units (`day`, `week` from Monday, `month`, `Nd`) from local midnight, covering `[first, last]`.

    Parameters
    ----------
    first, last
        Times of the first and the last reading, with a time zone.
    zone
        The IANA zone whose midnight cuts.

    Raises
    ------
    EraError
        If the calendar does not reach that far.
    """
    local = ZoneInfo(zone)
    try:
        begins = [_midnight(day, local) for day in _unit_starts(first.astimezone(local).date(), last, unit, local)]
    except OverflowError as error:
        raise EraError(
            f"source {source!r}: its readings reach from {first:%Y-%m-%d} to {last:%Y-%m-%d}, which no calendar "
            "covers; correct or leave out the readings with impossible dates"
        ) from error
    # A zone that crosses the date line skips a whole day, which then is no era.
    return [
        Era(source=source, level="calendar", start=start, end=end) for start, end in pairwise(begins) if start < end
    ]


def _unit_starts(first: date, last: datetime, unit: str, zone: ZoneInfo) -> Iterator[date]:
    day = _unit_start(first, unit)
    yield day
    while _midnight(day, zone) <= last:
        day = _next_unit(day, unit)
        yield day


def _unit_start(day: date, unit: str) -> date:
    if unit == "month":
        return day.replace(day=1)
    return day - (day - ANCHOR) % _unit_length(unit)


def _next_unit(day: date, unit: str) -> date:
    if unit == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + _unit_length(unit)


def _unit_length(unit: str) -> timedelta:
    return {"day": timedelta(days=1), "week": timedelta(days=7)}.get(unit) or timedelta(
        days=int(unit.removesuffix("d"))
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Where a clock change skips midnight this is the change itself, where it doubles midnight the first of the two.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
