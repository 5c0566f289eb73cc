"""CSV exports of one source -> a proposed description."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from feature_platform.errors import SourceError
from feature_platform.sources.description import CsvDialect, SensorDescription, SourceDescription, TimeColumns
from feature_platform.sources.inspection import clocks, languages
from feature_platform.sources.inspection.csv_export import CsvExport, layout_key, read_export
from feature_platform.sources.inspection.encodings import joint_encoding
from feature_platform.sources.inspection.headers import ColumnHeader, read_headers
from feature_platform.sources.inspection.kinds import sensor_kind
from feature_platform.sources.inspection.names import sensor_ids
from feature_platform.sources.inspection.number_formats import (
    Column,
    NumberStyle,
    find_style,
    is_number_column,
)
from feature_platform.sources.inspection.number_formats import read as read_values
from feature_platform.sources.inspection.proposal import Proposal
from feature_platform.sources.inspection.row_seeker import RowSeeker
from feature_platform.sources.inspection.steps import preprocessing_settings, step_remark
from feature_platform.sources.inspection.time_formats import TimeFormat, best_format, is_day, month_in_name
from feature_platform.sources.inspection.time_formats import read as read_times
from feature_platform.sources.inspection.units import physical_range

MOSTLY = 0.9
OUTSIDE = 0.005
ROW_NUMBERS = frozenset(
    {"id", "nr", "no", "no.", "#", "index", "idx", "row", "record", "recnum", "line", "løbenr", "lfdnr"}
)


def propose_csv(paths: Sequence[Path], *, source: str, patterns: Sequence[str], zone: str | None) -> Proposal:
    """Describe CSV exports of one layout.

    Raises
    ------
    SourceError
        If a file is no readable export, or one has another layout than the others.
    """
    exports = [read_export(path) for path in paths]
    _refuse_mixed(exports)
    first = _speaking(exports)
    remarks: dict[str, list[str]] = {}
    style_texts = [text for row in first.header for text in row]
    country = languages.guess_zone([*style_texts, *(path.stem for path in paths)])
    time, pieces = _time_format(exports)
    remarks["time"] = [time.doubt] if time.doubt else []
    zone_name, zone_reasons = _zone(exports, time, pieces, first, country, zone)
    remarks["time"] += zone_reasons
    headers = read_headers(first.header, [n for n in range(first.width) if n not in first.time.columns])
    columns = [
        Column(position, header.name, header.location, header.unit, _pieces(exports, position))
        for position, header in headers.items()
    ]
    style = find_style(columns, delimiter=first.delimiter, comma_country=country is not None)
    remarks["csv"] = [style.doubt] if style.doubt else []
    kept, skipped = _sensor_columns(columns, style)
    if not kept:
        raise SourceError(
            f"{first.path}: no column beside the time holds numbers (divided at {first.delimiter!r}); name an export "
            "of sensor readings, or write the description by hand"
        )
    remarks["skipped"] = skipped
    sensors = _sensors(kept, headers, style, remarks, preamble=_has_preamble(first))
    step = clocks.usual_step(pieces)
    remarks["step"] = step_remark(step)
    description = SourceDescription.model_validate(
        {
            "source": source,
            "format": "csv",
            "files": tuple(patterns),
            "csv": style.dialect(
                CsvDialect(
                    delimiter=first.delimiter,
                    quote=Counter(export.quote for export in exports).most_common(1)[0][0],
                    encoding=joint_encoding([(export.sample.encoding, export.sample.is_ascii) for export in exports]),
                    header_rows=len(first.header),
                )
            ),
            "time": TimeColumns(columns=time.columns, format=time.format, zone=zone_name),
            "preprocessing": preprocessing_settings(step),
            "sensors": sensors,
        }
    )
    return Proposal(description, remarks)


def _refuse_mixed(exports: Sequence[CsvExport]) -> None:
    keys = [layout_key(export) for export in exports]
    usual, count = Counter(keys).most_common(1)[0]
    for export, key in zip(exports, keys, strict=True):
        if key == usual:
            continue
        one = exports[keys.index(usual)]
        raise SourceError(
            f"{export.path}: has another layout than {one.path}{f' and {count - 1} more' if count > 1 else ''} "
            f"({_difference(export, one)}); inspect files of one layout at a time, each is a source of its own"
        )


def _difference(export: CsvExport, one: CsvExport) -> str:
    if export.delimiter != one.delimiter:
        return f"it is divided at {export.delimiter!r}, not {one.delimiter!r}"
    if len(export.header) != len(one.header):
        return f"it has {len(export.header)} header rows, not {len(one.header)}"
    for number, (row, other) in enumerate(zip(export.header, one.header, strict=True)):
        for position in range(max(len(row), len(other))):
            texts = [texts[position] if position < len(texts) else "" for texts in (row, other)]
            if texts[0] != texts[1]:
                return f"header row {number + 1}, column {position} is {texts[0]!r}, not {texts[1]!r}"
    return f"its times stand in column {export.time.columns}, not {one.time.columns}"


def _speaking(exports: Sequence[CsvExport]) -> CsvExport:
    """The export that stands for all in what they share; one whose letters are not plain ASCII if there is any."""
    return next((export for export in exports if not export.sample.is_ascii), exports[0])


def _time_format(exports: Sequence[CsvExport]) -> tuple[TimeFormat, list[pl.Series]]:
    """One format for all files, and the wall clock times of all sampled stretches."""
    texts = [export.time_texts(piece) for export in exports for piece in export.pieces]
    known = exports[0].time
    if known.format is not None:
        time: TimeFormat | None = TimeFormat(known.columns, known.format, 1.0, utc=known.format == "%s")
    else:
        months = [month_in_name(export.path.stem) for export in exports for _ in export.pieces]
        time = best_format(texts, known.columns, months=months)
    if time is None:
        shown = next((text for piece in texts for text in piece.to_list() if text), "")
        raise SourceError(
            f"{exports[0].path}: times such as {shown!r} are in no known format; write the description by hand, with "
            "time.format in strptime's codes"
        )
    return time, [read_times(piece, time.format) for piece in texts]


def _zone(
    exports: Sequence[CsvExport],
    time: TimeFormat,
    pieces: Sequence[pl.Series],
    first: CsvExport,
    country: str | None,
    override: str | None,
) -> tuple[str, list[str]]:
    titles = " ".join(row[column] for row in first.header for column in time.columns if column < len(row))
    if override is None and (time.utc or any(mark in titles.upper().split() for mark in ("UTC", "GMT", "(UTC)"))):
        return "UTC", ["the times themselves say their zone"]
    known = pl.concat(list(pieces)).drop_nulls()
    seekers = [RowSeeker(export, lambda texts: read_times(texts, time.format)) for export in exports]

    def times_between(start: datetime, end: datetime) -> list[datetime]:
        return [moment for seeker in seekers for moment in seeker.times_between(start, end)]

    step = clocks.usual_step(list(pieces)) or timedelta(0)
    span = (known.min(), known.max())
    guess = clocks.guess_zone(span, step, times_between, country=country, override=override)  # type: ignore[arg-type]
    return guess.zone, list(guess.reasons)


def _pieces(exports: Sequence[CsvExport], position: int) -> tuple[pl.Series, ...]:
    return tuple(piece for export in exports for piece in export.column(position))


def _sensor_columns(columns: Sequence[Column], style: NumberStyle) -> tuple[list[Column], list[str]]:
    """The columns that hold sensors, and remarks on those that do not."""
    kept, skipped = [], []
    for column in columns:
        texts = column.texts
        filled = texts.str.strip_chars().drop_nulls()
        filled = filled.filter(filled != "")
        title = f"column {column.position} ({column.name or 'no name'})"
        if filled.is_empty():
            if column.name:
                kept.append(column)
            continue
        _, share = read_values(texts, style)
        sampled = filled.head(1000).to_list()
        if not is_number_column(share):
            skipped.append(f"{title} is left out: it holds texts such as {filled[0]!r}")
        elif sum(map(is_day, sampled)) >= MOSTLY * len(sampled):
            skipped.append(f"{title} is left out: it holds dates")
        elif column.name.strip().casefold() in ROW_NUMBERS:
            skipped.append(f"{title} is left out: it numbers the rows")
        else:
            kept.append(column)
    return kept, skipped


def _sensors(
    columns: Sequence[Column],
    headers: dict[int, ColumnHeader],
    style: NumberStyle,
    remarks: dict[str, list[str]],
    *,
    preamble: bool,
) -> list[SensorDescription]:
    ids = sensor_ids([(column.position, column.location, column.name) for column in columns])
    sensors = []
    for sensor_id, column in zip(ids, columns, strict=True):
        pieces = [read_values(piece, style)[0] for piece in column.pieces]
        values = pl.concat(pieces).drop_nulls()
        bounds, found = _range(column, values)
        remarks[sensor_id] = found
        content: dict[str, Any] = {
            "id": sensor_id,
            "column": column.position,
            "header": () if preamble else headers[column.position].texts,
            "name": column.name,
            "location": column.location,
            "unit": column.unit,
            "kind": sensor_kind(column.name, column.unit, pieces),
            "range": bounds,
        }
        sensors.append(SensorDescription.model_validate(content))
    return sensors


def _range(column: Column, values: pl.Series) -> tuple[tuple[float, float] | None, list[str]]:
    if values.is_empty():
        return physical_range(column.name, column.location, column.unit), ["no value in the sample"]
    remarks = ["constant in the sample"] if values.n_unique() == 1 else []
    bounds = physical_range(column.name, column.location, column.unit)
    if bounds is None:
        return None, remarks
    outside = int((~values.is_between(*bounds)).sum())
    if outside > OUTSIDE * len(values):
        return None, [*remarks, f"no range: {outside} of {len(values)} values lie outside the usual {list(bounds)}"]
    if outside:
        remarks.append(f"{outside} of {len(values)} values lie outside the range and will be null in the frame")
    return bounds, remarks


def _has_preamble(export: CsvExport) -> bool:
    """Whether lines above the titles tell of this one file (its name, when it was made)."""
    return any(sum(map(bool, row)) <= 2 < export.width for row in export.header)  # noqa: PLR2004 - a label and a text
