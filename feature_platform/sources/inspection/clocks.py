"""Which zone a logger's clock keeps, read off the rows around the days when clocks change."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import polars as pl

# Where no country is known: one zone for each way in which clocks change.
FAMILIES = ("Europe/Berlin", "Europe/London", "Europe/Helsinki", "America/New_York", "Australia/Sydney")
AROUND = timedelta(hours=3)
HALF = 0.5

TimesBetween = Callable[[datetime, datetime], list[datetime]]
"""The wall clock times of all rows in `[start, end)`, in file order."""


@dataclass(frozen=True)
class ZoneGuess:
    """A zone and why."""

    zone: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Change:
    start: datetime
    end: datetime
    skipped: bool
    """Whether the stretch `[start, end)` of wall clock time is skipped, else it comes twice."""


def guess_zone(
    span: tuple[datetime, datetime],
    step: timedelta,
    times_between: TimesBetween,
    *,
    country: str | None,
    override: str | None = None,
) -> ZoneGuess:
    """Propose the zone of a clock that showed `span` and stepped by `step`.

    `country` is a zone guessed from the headers' language; else this machine's is tried, and then what the rows say.
    """
    home = country or machine_zone()
    base = override or home
    findings = _findings(base, span, step, times_between) if base else _Findings((), ())
    if override:
        return ZoneGuess(override, (f"zone as given; {findings.text}" if findings.text else "zone as given",))
    origin = "the headers' language" if country else "this machine's zone"
    if base and not findings.keeps and not findings.runs_on:
        return ZoneGuess(
            base, (f"guessed from {origin}; no row stands where clocks change, so check that the logger's clock does",)
        )
    if base and findings.keeps >= findings.runs_on:
        return ZoneGuess(base, (f"guessed from {origin}; the clock keeps daylight saving time: {findings.text}",))
    if base:
        return ZoneGuess(
            fixed_offset(base),
            (f"the clock does not keep daylight saving time: {findings.text}", f"the offset is a guess from {origin}"),
        )
    for family in FAMILIES:
        found = _findings(family, span, step, times_between)
        if found.keeps > found.runs_on:
            return ZoneGuess(
                family,
                (
                    f"the clock keeps daylight saving time: {found.text}",
                    "the country is not known: any zone whose clocks change at that hour fits, so name the right one",
                ),
            )
    return ZoneGuess("UTC", ("the file does not tell its zone: name the right one if its clock is not UTC",))


def machine_zone() -> str | None:
    """The IANA zone of the machine, where it has one that is not UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        target = str(Path("/etc/localtime").resolve())
        name = target.partition("zoneinfo/")[2]
    if name not in available_timezones() or "UTC" in name.upper() or name.startswith("Etc/"):
        return None
    return name


def fixed_offset(zone: str) -> str:
    """The zone's standard time as a fixed offset, where it is one of whole hours; else the zone itself."""
    winter = [ZoneInfo(zone).utcoffset(datetime(2024, month, 1, 12)) or timedelta(0) for month in (1, 7)]  # noqa: DTZ001
    offset = min(winter)
    if offset % timedelta(hours=1):
        return zone
    hours = offset // timedelta(hours=1)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


@dataclass(frozen=True)
class _Findings:
    kept: tuple[str, ...]
    passed: tuple[str, ...]

    @property
    def keeps(self) -> int:
        return len(self.kept)

    @property
    def runs_on(self) -> int:
        return len(self.passed)

    @property
    def text(self) -> str:
        shown = [*self.kept[:2], *self.passed[:2]]
        return "; ".join(shown)


def _findings(zone: str, span: tuple[datetime, datetime], step: timedelta, times_between: TimesBetween) -> _Findings:
    kept, passed = [], []
    for change in _changes(zone, span):
        length = change.end - change.start
        if not timedelta(0) < step <= length:
            continue
        rows = times_between(change.start - AROUND, change.end + AROUND)
        before = [row for row in rows if change.start - max(2 * step, length) <= row < change.start]
        after = [row for row in rows if change.end <= row < change.end + max(2 * step, length)]
        inside = [row for row in rows if change.start <= row < change.end]
        if not before or not after:
            continue
        day, expected = f"{change.start:%Y-%m-%d}", length / step
        hours = f"{change.start:%H:%M} to {change.end:%H:%M}"
        if change.skipped and not inside:
            kept.append(f"no rows from {hours} on {day}")
        elif change.skipped and len(set(inside)) >= HALF * expected:
            passed.append(f"{len(inside)} rows from {hours} on {day}, which daylight saving time skips")
        elif not change.skipped and len(inside) - len(set(inside)) >= HALF * expected:
            kept.append(f"{hours} comes twice on {day}")
        elif not change.skipped and len(set(inside)) >= HALF * expected:
            passed.append(f"{hours} comes once on {day}, when daylight saving time would double it")
    return _Findings(tuple(kept), tuple(passed))


def _changes(zone: str, span: tuple[datetime, datetime]) -> Iterator[_Change]:
    """Stretches of wall clock time within the span that the zone skips or doubles."""
    info = ZoneInfo(zone)
    moment = span[0].replace(tzinfo=UTC) - timedelta(days=1)
    while moment < span[1].replace(tzinfo=UTC) + timedelta(days=1):
        following = moment + timedelta(days=1)
        if info.utcoffset(moment.astimezone(info)) != info.utcoffset(following.astimezone(info)):
            yield _change(info, moment, following)
        moment = following


def _change(info: ZoneInfo, low: datetime, high: datetime) -> _Change:
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        same = middle.astimezone(info).utcoffset() == low.astimezone(info).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    instant = high.replace(second=0, microsecond=0)
    earlier = low.astimezone(info).utcoffset() or timedelta(0)
    later = high.astimezone(info).utcoffset() or timedelta(0)
    walls = sorted((instant + offset).replace(tzinfo=None) for offset in (earlier, later))
    return _Change(walls[0], walls[1], skipped=later > earlier)


def usual_step(pieces: list[pl.Series]) -> timedelta | None:
    """The median step between consecutive rows; None where no two rows differ."""
    steps = pl.concat([piece.drop_nulls().diff().drop_nulls().dt.total_microseconds().abs() for piece in pieces])
    steps = steps.filter(steps > 0)
    median = steps.median()
    return timedelta(microseconds=round(float(median))) if isinstance(median, float) else None
