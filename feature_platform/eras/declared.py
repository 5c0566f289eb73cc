"""Eras that a person wrote down, in YAML or CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from feature_platform.eras.era import Era
from feature_platform.errors import EraError

COLUMNS = ("start", "end", "label")


@dataclass(frozen=True)
class _Row:
    place: str
    texts: Mapping[str, str | None]


def declared_eras(source: str, file: Path, *, zone: str) -> list[Era]:
    """Read eras with `start`, `end` (not part of the era) and an optional `label`, sorted by start.

    A time without an offset is local time of `zone`; a date alone is its midnight. CSV may use `;` for `,`.

    Raises
    ------
    EraError
        If the file cannot be read, or an era lacks a bound, has a bad, skipped or doubled time, ends before it
        starts, or overlaps another; the text names the file and the row.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EraError(f"{file}: cannot be read ({error.strerror}); name an existing YAML or CSV file") from error
    except UnicodeDecodeError as error:
        raise EraError(f"{file}: is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    if file.suffix.lower() in (".yaml", ".yml"):
        rows = list(_yaml_rows(file, text))
    elif file.suffix.lower() == ".csv":
        rows = list(_csv_rows(file, text))
    else:
        raise EraError(f"{file}: must end in .yaml, .yml or .csv, so that it is clear how to read it")
    if not rows:
        raise EraError(f"{file}: declares no era; each needs a start and an end")
    local = ZoneInfo(zone)
    placed = sorted(
        ((row.place, _era(source, row, local)) for row in rows), key=lambda pair: (pair[1].start, pair[1].end)
    )
    _refuse_overlap(placed)
    return [era for _, era in placed]


def _era(source: str, row: _Row, zone: ZoneInfo) -> Era:
    unknown = sorted(set(row.texts) - set(COLUMNS))
    if unknown:
        raise EraError(f"{row.place}: {unknown[0]!r} is not known; an era has start, end and label")
    start, end = _moment(row, "start", zone), _moment(row, "end", zone)
    if end <= start:
        raise EraError(f"{row.place}: the end {row.texts['end']} does not lie after the start {row.texts['start']}")
    return Era(source=source, level="declared", start=start, end=end, label=row.texts.get("label") or None)


def _moment(row: _Row, name: str, zone: ZoneInfo) -> datetime:
    text = (row.texts.get(name) or "").strip()
    if not text:
        raise EraError(f"{row.place}: {name} is missing; write a time such as 2024-03-01 06:00")
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return written.astimezone(UTC)
        first, second = (written.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError) as error:
        raise EraError(
            f"{row.place}: {name} {text!r} is no time; write it as 2024-03-01 06:00, with an offset if need be"
        ) from error
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None) == written:
        raise EraError(
            f"{row.place}: {name} {text} happens twice in {zone.key}, where the clock is set back; write its offset, "
            f"{_with_offset(first, zone)} or {_with_offset(second, zone)}"
        )
    raise EraError(
        f"{row.place}: {name} {text} does not exist in {zone.key}, where the clock is set forward; write another "
        "time or add an offset"
    )


def _with_offset(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(" ", "minutes")


def _refuse_overlap(placed: Iterable[tuple[str, Era]]) -> None:
    for (place, before), (next_place, after) in pairwise(placed):
        if after.start < before.end:
            raise EraError(
                f"{place} and {next_place}: their eras overlap from {after.start:%Y-%m-%d %H:%M} UTC; "
                "declared eras of a source must not"
            )


def _csv_rows(file: Path, text: str) -> Iterator[_Row]:
    header = text.partition("\n")[0]
    reader = csv.DictReader(
        text.splitlines(), delimiter="," if "," in header else ";", restkey="more cells than columns"
    )
    names = [name.strip() for name in reader.fieldnames or ()]
    for column in ("start", "end"):
        if names and column not in names:
            raise EraError(f"{file}, line 1: column {column!r} is missing; the header must be start,end,label")
    reader.fieldnames = names
    for cells in reader:
        yield _Row(f"{file}, line {reader.line_num}", cells)


def _yaml_rows(file: Path, text: str) -> Iterator[_Row]:
    # Composed, not loaded: YAML's own reading of times drops offsets, and errors need lines.
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise EraError(f"{file}: is not valid YAML: {error}") from error
    if document is None:
        return
    if not isinstance(document, yaml.SequenceNode):
        raise EraError(f"{file}: must be a list of eras, each with start, end and label")
    for entry in document.value:
        place = f"{file}, line {entry.start_mark.line + 1}"
        if not isinstance(entry, yaml.MappingNode):
            raise EraError(f"{place}: must be an era with start, end and label, as {{start: …, end: …}}")
        texts = {}
        for key, value in entry.value:
            if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
                raise EraError(f"{place}: start, end and label must each be one text")
            texts[key.value] = None if value.tag == "tag:yaml.org,2002:null" else value.value
        yield _Row(place, texts)
