"""What a stage did: Dagster-free, so that one era and a batch of eras can report the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from feature_platform.storage.frames import Manifest


@dataclass(frozen=True)
class Markdown:
    """Text that a UI renders: headings, inline plots."""

    text: str


MetadataEntry = str | int | float | bool | Markdown | pl.DataFrame


@dataclass(frozen=True)
class CheckOutcome:
    """One check of one era's dataset. A failed `error` makes the check red, a failed `warning` yellow."""

    name: str
    passed: bool
    description: str
    severity: Literal["warning", "error"] = "error"
    metadata: Mapping[str, MetadataEntry] = field(default_factory=dict)

    @classmethod
    def of_problems(cls, name: str, problems: list[str], fine: str) -> "CheckOutcome":
        """Passed where no problem was found; else the problems are the description."""
        return cls(name=name, passed=not problems, description="; ".join(problems) or fine)


@dataclass(frozen=True)
class StageOutcome:
    """A stored era dataset with what a person wants to know of it.

    `feature_set` is the `FeatureSettings.cost_name` of the description that the stage followed.
    """

    manifest: Manifest
    feature_set: str
    metadata: Mapping[str, MetadataEntry]
    checks: tuple[CheckOutcome, ...]
