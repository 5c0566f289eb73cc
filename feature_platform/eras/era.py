"""What an era is: a half-open UTC time range of one source, and the id that is its partition key."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from feature_platform.errors import EraError

Level = Literal["a", "b", "c", "declared", "calendar", "whole"]
LEVELS: tuple[Level, ...] = get_args(Level)

ERA_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""Fits a Dagster partition key (no comma), a Kubernetes label and a folder name."""


@dataclass(frozen=True, order=True)
class Era:
    """One operational period `[start, end)` of one source, at one level of cutting.

    Raises
    ------
    EraError
        If the range is empty or not in UTC.
    """

    source: str
    level: Level
    start: datetime
    end: datetime
    label: str | None = None
    parent_id: str | None = None

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound.tzinfo is not UTC:
                raise EraError(f"era of source {self.source!r}: {bound!r} is not in UTC")
        if self.start >= self.end:
            raise EraError(
                f"era of source {self.source!r}: it starts at {self.start:%Y-%m-%d %H:%M} and ends at "
                f"{self.end:%Y-%m-%d %H:%M}; the end must lie after the start"
            )

    @property
    def era_id(self) -> str:
        """`{source}.{level}.{start}-{6 hex of the exact range}`, the same for the same range always."""
        exact = f"{self.source}|{self.level}|{self.start.isoformat()}|{self.end.isoformat()}"
        digest = hashlib.sha256(exact.encode()).hexdigest()[:6]
        return f"{self.source}.{self.level}.{self.start:%Y%m%dt%H%M}-{digest}"


@dataclass(frozen=True)
class EraRecord:
    """An era as the catalogue knows it.

    `row_count` counts readings (one value of one sensor at one time); it and `data_version` are None until
    the era was first counted. `data_revision` grows by one with every change of `data_version`.
    """

    era: Era
    created_at: datetime
    superseded_at: datetime | None
    superseded_by: tuple[str, ...]
    row_count: int | None
    data_version: str | None
    data_revision: int

    @property
    def era_id(self) -> str:
        """The era's id."""
        return self.era.era_id


@dataclass(frozen=True)
class EraCount:
    """What one pass over the stored readings found inside one era."""

    era_id: str
    row_count: int
    data_version: str
