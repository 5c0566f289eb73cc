"""Durations as users write them in YAML: `5m`, `1h`, `1d`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}


def parse_duration(value: str | timedelta) -> timedelta:
    """Read a positive duration of one whole number and one unit of s, m, h, d, w.

    Raises
    ------
    ValueError
        If the text is no such duration.
    """
    if isinstance(value, timedelta):
        duration = value
    else:
        match = re.fullmatch(r"(\d+)\s*([smhdw])", str(value).strip())
        if match is None:
            raise ValueError(f"{value!r} is no duration; write a number and one of s, m, h, d, w, such as 5m or 1d")
        duration = int(match[1]) * UNITS[match[2]]
    if duration <= timedelta(0):
        raise ValueError(f"{value!r} is not a positive duration")
    return duration


def format_duration(duration: timedelta) -> str:
    """Write a duration of whole seconds in its largest exact unit, as `parse_duration` reads it."""
    for unit in reversed(UNITS):
        if duration % UNITS[unit] == timedelta(0):
            return f"{duration // UNITS[unit]}{unit}"
    raise ValueError(f"{duration} has parts below a second")


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
