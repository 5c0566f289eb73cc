"""Values of an era for the store to hold, without a house around them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from feature_platform.eras.era import Era
from feature_platform.selection.settings import SelectionSettings
from feature_platform.storage.frames import Manifest
from feature_platform.storage.selections import PinnedSelection, Scope
from feature_platform.store.era_values import EraValues

START = datetime(2023, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ERA = Era("house", "declared", START, START + 5 * DAY)
SET = "minimal-12345678"


class NamedEra(Era):
    """An era that a foreign catalogue could name: any text at all."""

    @property
    def era_id(self) -> str:
        return self.label or ""


def era_values(
    names: Sequence[str], *, era: Era = ERA, version: int = 1, content: str = "m1", features: str = "f1", hour: int = 0
) -> EraValues:
    """What manifests would want; `hour` of 2024-06-01 is when the features were recorded."""
    recorded = datetime(2024, 6, 1, hour, tzinfo=UTC)
    selection = PinnedSelection(
        scope=Scope(era.source, era.level, SET),
        version=version,
        columns=tuple(names),
        settings=SelectionSettings(),
        eras_used={},
        eras_missing=(),
        rows=1,
        dropped={},
        pinned_at=datetime(2024, 1, 1, version, tzinfo=UTC),
    )
    manifest = Manifest(
        dataset="selected_features",
        era_id=era.era_id,
        version=content,
        file="",
        rows=0,
        columns=0,
        bytes=0,
        schema_hash="",
        data_version="d1",
        data_revision=1,
        input_version=features,
        settings_version=selection.label,
        code_version="1",
        engine="polars",
        recorded_at=recorded + timedelta(minutes=1),
    )
    return EraValues(era, selection, manifest, recorded)


def windows(columns: Mapping[str, Sequence[float | None]], *, start: datetime = START) -> pl.DataFrame:
    """A day's window for each value."""
    count = len(next(iter(columns.values())))
    starts = pl.Series([start + number * DAY for number in range(count)], dtype=pl.Datetime("us", "UTC"))
    keys = {"window_start": starts, "window_end": starts + DAY}
    return pl.DataFrame({**keys, **{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()}})
