"""A CSV file's header rows -> where the described columns stand."""

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from feature_platform.errors import SourceError
from feature_platform.sources.csv_text import TextBlock
from feature_platform.sources.description import CsvDialect, SensorDescription, SourceDescription
from feature_platform.sources.source_files import SourceFile

COMMON_DELIMITERS = (";", ",", "\t", "|")
SHOWN_TEXT = 80
SAMPLED_ROWS = 200


@dataclass(frozen=True)
class CsvLayout:
    """Zero-based positions of the time columns and of each sensor's column.

    A row has at least `least` fields and at most `width`, empty ones apart.
    `data` is where the data rows begin in the first block, `line` their first line's number.
    """

    time: tuple[int, ...]
    sensors: dict[str, int]
    labels: tuple[str, ...]
    least: int
    width: int
    data: int
    line: int

    @property
    def time_label(self) -> str:
        """The time columns' names."""
        return " + ".join(self.labels[position] for position in self.time)


def find_layout(file: SourceFile, block: TextBlock, description: SourceDescription) -> CsvLayout:
    """Read the header rows at the start of a file's first block and place every described column.

    Raises
    ------
    SourceError
        If rows are not divided as the dialect says, or columns are not there or have another header; all of them
        are named.
    """
    dialect = description.csv
    lines = _Lines(block.content)
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
    try:
        header = [[_tidy(text) for text in row] for _, row in zip(range(dialect.header_rows), reader, strict=False)]
        data, line = lines.bytes, block.line + lines.count
        usual = _usual_width(reader)
    except csv.Error as error:
        raise SourceError(f"{file.path}: its header rows cannot be read ({error}); check csv.quote") from error
    if len(header) < dialect.header_rows:
        raise SourceError(
            f"{file.path}: has {len(header)} of the {dialect.header_rows} header rows described; correct "
            "csv.header_rows"
        )
    named = max((n for row in header for n, text in enumerate(row, start=1) if text), default=usual)
    width = max(named, usual)
    if width == 1:  # a described file has at least a time and a sensor
        raise _wrong_delimiter(file, block, dialect)
    labels = tuple(_label(header, position) for position in range(width))
    sensors = {}
    problems = [
        f"time column {position} is not there, a row has {width} columns"
        for position in description.time.columns
        if not 0 <= position < width
    ]
    for sensor in description.sensors:
        place = _place(sensor, header, width)
        if isinstance(place, str):
            problems.append(f"sensor {sensor.id}: {place}")
        else:
            sensors[sensor.id] = place
    if problems:
        raise SourceError(f"{file.path}: {'; '.join(problems)}; correct the description or leave the file out")
    # A title line may name more columns than there are, and rows may end before a last, nameless one.
    least = max(min(named, usual or named), 1 + max([*description.time.columns, *sensors.values()]))
    return CsvLayout(description.time.columns, sensors, labels, least, width, data, line)


def _usual_width(rows: Iterable[list[str]]) -> int:
    """The number of fields that most of the first data rows have; 0 without rows."""
    widths: Counter[int] = Counter()
    with suppress(csv.Error):  # a quote that never closes: its row is rejected when it comes to that
        widths.update(len(row) for row in islice(rows, SAMPLED_ROWS) if row)
    return max(widths, key=lambda width: (widths[width], width), default=0)


@dataclass
class _Lines:
    content: bytes
    bytes: int = 0
    count: int = 0

    def __iter__(self) -> Iterator[str]:
        for line in io.BytesIO(self.content):
            self.bytes += len(line)
            self.count += 1
            yield line.decode()


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _text(row: list[str], position: int) -> str:
    return row[position] if position < len(row) else ""


def _label(header: list[list[str]], position: int) -> str:
    texts = [_text(row, position) for row in header]
    return " / ".join(text for text in texts if text) or f"column {position}"


def _wrong_delimiter(file: SourceFile, block: TextBlock, dialect: CsvDialect) -> SourceError:
    line = block.content.split(b"\n", 1)[0].decode()
    better = max(COMMON_DELIMITERS, key=line.count)
    hint = f"; its first line has {line.count(better)} {better!r}" if line.count(better) else ""
    return SourceError(
        f"{file.path}: every row is one column when divided at {dialect.delimiter!r}{hint}; set csv.delimiter "
        f"(the file begins {line[:SHOWN_TEXT]!r})"
    )


def _place(sensor: SensorDescription, header: list[list[str]], width: int) -> int | str:
    """The sensor's position, or what is wrong."""
    at = sensor.column
    wanted = [_tidy(text) for text in sensor.header]
    if len(wanted) > len(header):
        return f"has {len(wanted)} header texts, but csv.header_rows is {len(header)}"
    found = [
        position
        for position in range(width)
        if all(_text(row, position) == text for row, text in zip(header, wanted, strict=False))
    ]
    if at in found:
        return at
    if len(found) == 1 and wanted:
        return found[0]
    return _why_not_there(at, wanted, found, [_label(header[: len(wanted)], n) for n in range(width)])


def _why_not_there(at: int | None, wanted: list[str], found: list[int], there: list[str]) -> str:
    shown = f" with the header {' / '.join(wanted)!r}" if wanted else ""
    if found and wanted:
        return f"columns {', '.join(map(str, found))} are all{shown.replace(' with', '', 1)}; say which with column:"
    if at is None:
        return f"no column{shown.replace(' with', ' has', 1)}; there are {', '.join(map(repr, there))}"
    if not 0 <= at < len(there):
        return f"column {at}{shown} is not there, a row has {len(there)} columns"
    return f"column {at} should be{shown.replace(' with', '', 1)}, found {there[at]!r}"
