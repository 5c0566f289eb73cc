"""Which columns of an export hold the time: one with both, a date and a clock apart, or year, month, day apart."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from feature_platform.sources.inspection.time_formats import is_clock, is_day, is_epoch, is_moment

Row = Sequence[str]
Test = Callable[[str], bool]

MOSTLY = 0.9
CLOCK_TITLE = re.compile(
    r"time|tid|zeit|uhr|heure|hora|\bora\b|czas|godz|aika|klok|\bkl\b|hour|stunde|tijd|uur", re.IGNORECASE
)
PARTS: tuple[tuple[str, str, range], ...] = (
    ("%Y", r"year|år|jahr|jaar|année|año|anno|rok|vuosi", range(1970, 2100)),
    ("%m", r"month|måned|månad|monat|maand|mois|mes|mese|kuukausi", range(1, 13)),
    ("%d", r"day|dag|tag|jour|día|giorno|päivä", range(1, 32)),
    ("%H", r"hour|time|timme|stunde|uur|heure|hora|ora|tunti", range(24)),
    ("%M", r"min.*", range(60)),
)


@dataclass(frozen=True)
class TimeColumnsFound:
    """Positions in the order in which their texts are joined, and what each text must look like.

    `format` is known beforehand only where the columns' titles tell it (year, month, day apart).
    """

    columns: tuple[int, ...]
    tests: tuple[Test, ...]
    format: str | None = None

    def fits(self, row: Row) -> bool:
        """Whether a row has a time where it should have one."""
        return len(row) > max(self.columns) and all(
            test(row[column]) for column, test in zip(self.columns, self.tests, strict=True)
        )


def find_time_columns(body: Sequence[Row], titles: Sequence[Row]) -> TimeColumnsFound | None:
    """Find the columns that hold the time in data rows; None where there are none."""
    width = max((len(row) for row in body), default=0)

    def holding(test: Test) -> list[int]:
        return [column for column in range(width) if _share(body, column, test) >= MOSTLY]

    moments, days, clocks = holding(is_moment), holding(is_day), holding(is_clock)
    timed = [column for column in clocks if _has(body, column, ":") or _titled(titles, column, CLOCK_TITLE)]
    if moments:
        return TimeColumnsFound((moments[0],), (is_moment,))
    if days:
        day = days[0]
        beside = [column for column in (day + 1, day - 1) if column in clocks]
        for clock in [*timed, *beside]:
            if clock != day:
                return TimeColumnsFound((day, clock), (is_day, is_clock))
        for clock in (day + 1, day - 1):
            known = _titled(titles, clock, CLOCK_TITLE) or _share(body, clock, _is_padded_clock) >= MOSTLY
            if known and _share(body, clock, _is_compact_clock) >= MOSTLY:
                return TimeColumnsFound((day, clock), (is_day, _is_compact_clock))
    apart = _apart(body, titles, width)
    if apart:
        return apart
    epochs = holding(is_epoch)
    if epochs:
        return TimeColumnsFound((epochs[0],), (is_epoch,), "%s")
    return TimeColumnsFound((days[0],), (is_day,)) if days else None


def _share(rows: Sequence[Row], column: int, test: Test) -> float:
    texts = [row[column].strip() for row in rows if 0 <= column < len(row)]
    filled = [text for text in texts if text]
    if not filled or len(filled) < len(rows) / 2:
        return 0.0
    return sum(test(text) for text in filled) / len(filled)


def _has(rows: Sequence[Row], column: int, text: str) -> bool:
    return any(text in row[column] for row in rows if column < len(row))


def _titled(titles: Sequence[Row], column: int, pattern: re.Pattern[str]) -> bool:
    return any(0 <= column < len(row) and pattern.search(row[column]) for row in titles)


def _is_compact_clock(text: str) -> bool:
    """`2355`, `235500` or a whole hour."""
    text = text.strip()
    if re.fullmatch(r"\d{1,2}", text):
        return int(text) < 24  # noqa: PLR2004 - hours of a day
    return bool(re.fullmatch(r"([01]\d|2[0-3])[0-5]\d([0-5]\d)?", text))


def _is_padded_clock(text: str) -> bool:
    """`0005`: no logger pads a number so, and the column stands beside a date."""
    return len(text.strip()) >= len("2355") and _is_compact_clock(text)


def _apart(body: Sequence[Row], titles: Sequence[Row], width: int) -> TimeColumnsFound | None:
    columns: list[int] = []
    tests: list[Test] = []
    codes: list[str] = []
    for code, title, values in PARTS:
        pattern = re.compile(rf"^({title})$", re.IGNORECASE)

        def fits(text: str, values: range = values) -> bool:
            return bool(re.fullmatch(r"\d{1,4}", text.strip())) and int(text) in values

        found = [
            column
            for column in range(width)
            if any(column < len(row) and pattern.match(row[column].strip()) for row in titles)
            and _share(body, column, fits) >= MOSTLY
        ]
        if not found:
            break
        columns.append(found[0])
        tests.append(fits)
        codes.append(code)
    if len(columns) < len(("%Y", "%m", "%d", "%H")):
        return None
    return TimeColumnsFound(tuple(columns), tuple(tests), " ".join(codes))
