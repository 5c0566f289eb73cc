"""How an export writes times: which columns, which strptime format, day or month first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import polars as pl

from feature_platform.sources.time_text import read_times

DATE = (
    r"(?P<date>\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}|"
    r"\d{1,2}[-./]\d{1,2}[-./]\d{2}|\d{2}[-./]\d{1,2}[-./]\d{1,2}|(?:19|20)\d{6}|"
    r"\d{1,2}[-. ]{1,2}[A-Za-z]{3,9}[-. ]{1,2}(?:\d{4}|\d{2})|[A-Za-z]{3,9} \d{1,2},? \d{4})"
)
CLOCK = (
    r"(?P<clock>\d{1,2}(?P<colon>[:.])\d{2}(?:(?P=colon)\d{2}(?P<fraction>[.,]\d{1,9})?)?)"
    r"(?P<half>\s?[AaPp]\.?[Mm]\.?)?(?P<zone>Z|\s?(?:UTC|GMT)|\s?[+-]\d{2}:?\d{2})?"
)
COMPACT = r"(?P<date>(?:19|20)\d{6})(?P<join>[T _-]?)(?P<clock>\d{4}(?:\d{2})?)(?P<zone>Z)?"
MOMENT = re.compile(rf"{DATE}\.?(?P<join>[T,_ -]\s*|\s+){CLOCK}")
COMPACT_MOMENT = re.compile(COMPACT)
DAY = re.compile(DATE)
TIME = re.compile(CLOCK)
EPOCH = re.compile(r"1\d{9}(?:\.\d+)?")
FIRST, END = datetime(1970, 1, 2), datetime(2100, 1, 1)  # noqa: DTZ001 - wall clock times of an unknown zone
MONTH_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.]?(0[1-9]|1[0-2])(?:[-_.]?[0-3]\d)?(?!\d)")
A_DAY = timedelta(days=1)
ROWS = 20_000
LEAST_SHARE = 0.5


@dataclass(frozen=True)
class TimeFormat:
    """The strptime format of the time columns' texts, joined with one space, and what may be doubted about it."""

    columns: tuple[int, ...]
    format: str
    share: float
    """How much of the sampled rows fits."""
    utc: bool = False
    """Whether the texts themselves say that they are UTC or hold an offset."""
    doubt: str = ""


def is_moment(text: str) -> bool:
    """Whether a text is a date and a time of day."""
    text = text.strip()
    return bool(MOMENT.fullmatch(text) or COMPACT_MOMENT.fullmatch(text))


def is_day(text: str) -> bool:
    """Whether a text is a date alone."""
    return bool(DAY.fullmatch(text.strip()))


def is_clock(text: str) -> bool:
    """Whether a text is a time of day alone."""
    match = TIME.fullmatch(text.strip())
    if match is None:
        return False
    numbers = [int(part) for part in re.split(r"[:.]", match["clock"].split(match["fraction"] or "\0")[0])]
    return numbers[0] <= 24 and all(number < 60 for number in numbers[1:])  # noqa: PLR2004 - hours and minutes


def is_epoch(text: str) -> bool:
    """Whether a text is seconds since 1970, of this century."""
    return bool(EPOCH.fullmatch(text.strip()))


def month_in_name(stem: str) -> str | None:
    """The year and month that a file's name holds, as `2014-03` or `20140317` do."""
    match = MONTH_IN_NAME.search(stem)
    return f"{match[1]}-{match[2]}" if match else None


def best_format(
    pieces: Sequence[pl.Series], columns: tuple[int, ...], *, months: Sequence[str | None] = ()
) -> TimeFormat | None:
    """The format that reads the most texts and lets consecutive rows step most evenly; None where none fits.

    `pieces` are the joined texts of stretches of consecutive rows, `months` what the names of their files say.
    """
    texts = [piece.head(ROWS).str.strip_chars() for piece in pieces]
    filled = [text for piece in texts for text in piece.head(50).to_list() if text]
    if not filled:
        return None
    candidates = list(dict.fromkeys(name for text in filled[:: max(1, len(filled) // 40)] for name in _formats(text)))
    judged = {name: _judge(texts, name, months) for name in candidates}
    if not judged:
        return None
    name = max(judged, key=lambda found: judged[found])
    if judged[name].share < LEAST_SHARE:
        return None
    rivals = [other for other in judged if other != name and judged[other] == judged[name]]
    doubt = ""
    if any(_differs(texts, name, other) for other in rivals):
        doubt = f"{name} and {rivals[0]} fit alike, and no day tells them apart: check which it is"
    utc = "%z" in name or "%s" in name or name.endswith(("Z", "UTC", "GMT"))
    return TimeFormat(columns, name, judged[name].share, utc, doubt)


def read(texts: pl.Series, name: str) -> pl.Series:
    """Wall clock times (or UTC ones, without their zone) of texts; null where none is or the year is absurd."""
    times = read_times(texts, name)
    plain = times.dt.replace_time_zone(None)
    return pl.select(pl.when((plain >= FIRST) & (plain < END)).then(plain)).to_series()


def _formats(text: str) -> list[str]:
    """Formats that one text may be in, the most usual first."""
    if is_epoch(text):
        return ["%s"]
    match = COMPACT_MOMENT.fullmatch(text)
    if match:
        clock = "%H%M%S" if len(match["clock"]) == len("235959") else "%H%M"
        return [f"%Y%m%d{match['join']}{clock}{match['zone'] or ''}"]
    match = MOMENT.fullmatch(text)
    if match:
        between = text[match.end("date") : match.start("clock")]
        return [f"{date}{between}{clock}" for date in _dates(match["date"], match["half"]) for clock in _clocks(match)]
    match = DAY.fullmatch(text)
    return _dates(match["date"], None) if match else []


def _dates(date: str, half: str | None) -> list[str]:
    if re.fullmatch(r"\d{8}", date):
        return ["%Y%m%d"]
    named = re.fullmatch(r"(\d{1,2})([-. ]{1,2})[A-Za-z]{3,9}([-. ]{1,2})(\d{2,4})", date)
    if named:
        return [f"%d{named[2]}%B{named[3]}{'%Y' if len(named[4]) == len('2015') else '%y'}"]
    named = re.fullmatch(r"[A-Za-z]{3,9} \d{1,2}(,? )\d{4}", date)
    if named:
        return [f"%B %d{named[1]}%Y"]
    mark = re.search(r"[-./ ]", date)
    separator = mark[0] if mark else "-"
    first, _, last = re.split(r"[-./ ]", date)
    if len(first) == len("2015"):
        return [separator.join(order) for order in (("%Y", "%m", "%d"), ("%Y", "%d", "%m"))]
    year = "%Y" if len(last) == len("2015") else "%y"
    orders = [("%d", "%m", year), ("%m", "%d", year)]
    if half and separator == "/":
        orders.reverse()
    if year == "%y":
        orders.append(("%y", "%m", "%d"))
    return [separator.join(order) for order in orders]


def _clocks(match: re.Match[str]) -> list[str]:
    colon = match["colon"]
    whole = match["clock"].removesuffix(match["fraction"] or "")
    seconds = whole.count(colon) > 1
    fraction = "" if not match["fraction"] else f"{match['fraction'][0]}%f"
    zone = match["zone"] or ""
    if re.search(r"\d", zone):
        zone = f"{' ' if zone[0] == ' ' else ''}%z"
    if match["half"]:
        gap = " " if match["half"][0].isspace() else ""
        return [f"%I{colon}%M{f'{colon}%S' if seconds else ''}{fraction}{gap}%p{zone}"]
    return [f"%H{colon}%M{f'{colon}%S' if seconds else ''}{fraction}{zone}"]


@dataclass(frozen=True, order=True)
class _Fit:
    share: float
    """Of the texts that can be read."""
    evenness: float
    """Share of steps between consecutive rows that are the usual one."""
    smoothness: float
    """The sum of all steps, negative: a false reading jumps to and fro."""
    past: bool
    """Whether no time is still to come."""
    named: int
    """How many stretches begin in the month that their file's name says."""


def _judge(texts: Sequence[pl.Series], name: str, months: Sequence[str | None]) -> _Fit:
    rows, named = 0, 0
    stretches = []
    for piece, month in zip_longest(texts, months):
        known = read(piece, name).drop_nulls()
        rows += len(piece) - int((piece == "").sum()) - piece.null_count()
        named += len(known) > 0 and f"{known[0]:%Y-%m}" == month
        stretches.append(known)
    times = pl.concat(stretches)
    within = pl.concat([_distances(known) for known in stretches])
    usual = within.value_counts(sort=True)["count"][0] if len(within) else 0
    # Between stretches, too, a false reading jumps; but there even a true one makes no usual step.
    return _Fit(
        share=round(len(times) / max(rows, 1), 3),
        evenness=usual / max(len(within), 1),
        smoothness=-float(_distances(times).cast(pl.Float64).sum()),
        past=not bool((times > datetime.now(UTC).replace(tzinfo=None) + A_DAY).any()),
        named=named,
    )


def _distances(times: pl.Series) -> pl.Series:
    return times.diff().drop_nulls().dt.total_milliseconds().abs()


def _differs(texts: Sequence[pl.Series], name: str, other: str) -> bool:
    return any(not read(piece, name).equals(read(piece, other)) for piece in texts)
