"""How an export divides lines into fields: delimiter and quote."""

import csv
import re
from collections import Counter
from collections.abc import Sequence

from feature_platform.sources.inspection.time_formats import is_clock, is_day, is_moment

DELIMITERS = (";", "\t", "|", ",")
QUOTES = ('"', "'")
CLEAN = re.compile(r"[+\-\u2212]?(?:\d[\d.,' \u00a0\u2009\u202f\u2019]*|[.,]\d+)(?:[eE][+-]?\d+)?|[^\d;|\t]*")
SAMPLED_LINES = 400
PLAIN_ROW = 2


def find_delimiter(text: str) -> tuple[str, str]:
    """The delimiter and the quote that divide most lines alike into clean fields: numbers, times, words, nothing."""
    lines = [line for line in text.split("\n")[: 4 * SAMPLED_LINES] if line.strip()]
    quote = _quote(lines)
    body = lines[len(lines) // 10 if len(lines) < SAMPLED_LINES else 20 :][:SAMPLED_LINES] or lines
    scores = {delimiter: _score(body, delimiter, quote) for delimiter in DELIMITERS}
    return max(scores, key=lambda delimiter: scores[delimiter]), quote


def split_rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The fields of all lines, also of blank ones."""
    lines = text.removesuffix("\n").split("\n")
    return list(csv.reader(lines, delimiter=delimiter, quotechar=quote))


def _quote(lines: Sequence[str]) -> str:
    """The mark that stands at both ends of fields; a lone one inside a field is an apostrophe."""
    scores = {
        quote: sum(len(re.findall(rf"(?:^|[;,|\t]){quote}[^{quote}\n]*{quote}(?=$|[;,|\t])", line)) for line in lines)
        for quote in QUOTES
    }
    return max(scores, key=lambda quote: scores[quote])


def _score(lines: Sequence[str], delimiter: str, quote: str) -> float:
    rows = [row for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
    if not rows:
        return 0.0
    widths = Counter(len(row) for row in rows)
    width, alike = widths.most_common(1)[0]
    if width < PLAIN_ROW:
        return 0.0
    fields = [field.strip() for row in rows if len(row) == width for field in row]
    clean = sum(
        bool(CLEAN.fullmatch(field)) or is_moment(field) or is_day(field) or is_clock(field) for field in fields
    )
    timed = any(is_moment(field) or is_day(field) for field in fields)
    return alike / len(rows) * clean / len(fields) * (1.0 if timed else 0.5) + min(width, 100) / 10_000
