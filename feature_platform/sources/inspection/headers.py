"""Header rows -> each column's quantity, location and unit."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from feature_platform.sources.inspection.units import is_unit, split_unit

PLACE = re.compile(
    r"\bafd|afdeling|avdelning|\bdept|department|greenhouse|zone|\bcelle|\bcell\b|compartment|abteil|væksthus|kas\b|"
    r"house|bay\b|:\S|room|block|vejrstation|station|line\b|sektion|section",
    re.IGNORECASE,
)
MOSTLY = 0.6


@dataclass(frozen=True)
class ColumnHeader:
    """What stands above one column; `texts` are its header rows, top first."""

    texts: tuple[str, ...]
    name: str
    location: str
    unit: str


def read_headers(rows: Sequence[Sequence[str]], positions: Sequence[int]) -> dict[int, ColumnHeader]:
    """Tell names, locations and units of the columns at `positions` apart."""
    table = [[_text(row, position) for position in positions] for row in rows]
    titles = [number for number, row in enumerate(table) if sum(map(bool, row)) >= MOSTLY * len(row)]
    titles = titles or [number for number, row in enumerate(table) if any(row)]
    units = [number for number in titles if _is_unit_row(table[number])] if len(titles) > 1 else []
    units = units or [number for number in range(len(table)) if number not in titles and _is_unit_row(table[number])]
    named = [number for number in titles if number not in units]
    name_row, place_row = _name_and_place(table, named)
    found = {}
    for index, position in enumerate(positions):
        name = table[name_row][index] if name_row is not None else ""
        place = table[place_row][index] if place_row is not None else ""
        unit = table[units[0]][index] if units else ""
        found[position] = _column(tuple(row[index] for row in table), name, place, unit)
    return _drop_shared_prefix(found) if place_row is None else found


def _column(texts: tuple[str, ...], name: str, place: str, unit: str) -> ColumnHeader:
    if unit:
        return ColumnHeader(texts, name, place, unit.strip("[]() "))
    split = split_unit(name)
    return ColumnHeader(texts, split.name, place, split.unit)


def _drop_shared_prefix(columns: dict[int, ColumnHeader]) -> dict[int, ColumnHeader]:
    """`Cell 5: Air temperature` names its location before the colon, where most columns do so."""
    parted = [column for column in columns.values() if re.search(r":(\s|$)", f"{column.name} ")]
    if len(parted) < MOSTLY * len(columns):
        return columns
    split = {}
    for position, column in columns.items():
        place, colon, name = f"{column.name} ".partition(": ")
        split[position] = ColumnHeader(column.texts, name.strip(), place.strip(), column.unit) if colon else column
    return split


def _name_and_place(table: list[list[str]], rows: list[int]) -> tuple[int | None, int | None]:
    if not rows:
        return None, None
    if len(rows) == 1:
        return rows[0], None
    first, second = rows[0], rows[1]
    places = [sum(bool(PLACE.search(text)) for text in table[number]) for number in (first, second)]
    return (second, first) if places[0] > places[1] else (first, second)


def _is_unit_row(row: Sequence[str]) -> bool:
    filled = [text for text in row if text]
    return bool(filled) and sum(is_unit(text.strip("[]() ")) for text in filled) >= MOSTLY * len(filled)


def _text(row: Sequence[str], position: int) -> str:
    return unicodedata.normalize("NFC", row[position].strip()) if position < len(row) else ""
