"""Texts of headers -> sensor ids and source names."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from feature_platform.sources.description import MAXIMUM_SENSOR_ID

LETTERS = str.maketrans(
    {
        "æ": "ae",
        "ø": "o",
        "œ": "oe",
        "ß": "ss",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "þ": "th",
        "\u0131": "i",
        "µ": "u",
        "μ": "u",
    }
)
MAXIMUM_SOURCE_NAME = 32
# Tables of readings and frames have columns of these names beside the sensors'.
TAKEN = frozenset({"time", "value", "sensor_id"})
POSITION_LENGTH = len("_c12345")


def slug(text: str) -> str:
    """Lower case letters and digits joined by single underscores; empty where nothing of that kind is in the text."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS)).translate(LETTERS)
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def sensor_ids(columns: Sequence[tuple[int, str, str]]) -> list[str]:
    """One id, `{location}.{quantity}`, for each (position, location, quantity); all different.

    A location that all texts before a colon share (a site's name) is left out. A nameless column is `column_N`;
    equal ids get their positions, as do those that a table's own columns have.
    """
    locations = _without_site([location for _, location, _ in columns])
    limit = MAXIMUM_SENSOR_ID - POSITION_LENGTH
    wanted = []
    for (position, _, quantity), location in zip(columns, locations, strict=True):
        name = slug(quantity) or f"column_{position}"
        place = slug(location)[: limit // 2].strip("_")
        wanted.append(f"{place}.{name}"[:limit].strip("_.") if place else name[:limit].strip("_"))
    counts = Counter(wanted)
    ids: list[str] = []
    for (position, _, _), identifier in zip(columns, wanted, strict=True):
        free = counts[identifier] == 1 and identifier not in TAKEN
        unique = identifier if free else f"{identifier}_c{position}"
        while unique in ids or (unique != identifier and unique in counts):
            unique += "x"
        ids.append(unique)
    return ids


def source_name(text: str) -> str:
    """A name that a source may have, made of a file's or a folder's."""
    return slug(text)[:MAXIMUM_SOURCE_NAME].strip("_") or "source"


def _without_site(locations: Sequence[str]) -> list[str]:
    sites = {location.partition(":")[0] for location in locations if location}
    if len(sites) == 1 and all(":" in location for location in locations if location):
        inner = [location.partition(":")[2] for location in locations]
        if any(slug(text) for text in inner):
            return inner
    return list(locations)
