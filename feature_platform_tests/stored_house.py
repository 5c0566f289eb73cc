"""A house of which a test stores whatever it wants: features, selected features, selections."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from feature_platform.eras.catalogue import Catalogue
from feature_platform.eras.era import Era, EraCount, Level
from feature_platform.features.settings import FeatureSettings
from feature_platform.load import load_features
from feature_platform.selection.settings import SelectionSettings
from feature_platform.sources.description import SensorDescription, SourceDescription
from feature_platform.storage.frames import EraDatasets, Manifest, Provenance
from feature_platform.storage.root import StorageRoot
from feature_platform.storage.selections import PinnedSelection, PinnedSelections, Scope

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MINIMAL = FeatureSettings(feature_set="minimal")
SCOPE = Scope("house", "calendar", MINIMAL.scope_name)


@dataclass(frozen=True)
class Report:
    kept: tuple[str, ...]
    rows: int = 4

    @property
    def reasons(self) -> dict[str, int]:
        return {}


@dataclass(frozen=True)
class House:
    """A deployment with one source, two-day calendar eras, and whatever a test stores for them."""

    storage: str
    catalogue_url: str

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.catalogue_url)

    @property
    def datasets(self) -> EraDatasets:
        return EraDatasets(StorageRoot(self.storage))

    def cut(self, count: int, *, days: int = 2, level: Level = "calendar") -> list[str]:
        bounds = [START + number * days * DAY for number in range(count + 1)]
        cut = [Era("house", level, start, end) for start, end in pairwise(bounds)]
        self.catalogue.record_cut("house", level, cut, settings={})
        self.catalogue.record_counts([EraCount(era.era_id, 100, "d1") for era in cut])
        return [era.era_id for era in cut]

    def features(self, era_id: str, value: float, *, feature_set: str = SCOPE.feature_set, **extra: float) -> Manifest:
        start = self.catalogue.era(era_id).era.start
        columns = {"a__coverage": 1.0, "a__mean": value, "a__maximum": value + 1, **extra}
        return self.write("tsfresh_features", era_id, start, columns, feature_set)

    def selected(self, era_id: str, columns: dict[str, float], label: str, features: Manifest | None) -> Manifest:
        start = self.catalogue.era(era_id).era.start
        version = features.version if features else "older"
        return self.write("selected_features", era_id, start, columns, label, version)

    def write(
        self, dataset: str, era_id: str, start: datetime, columns: dict[str, float], settings: str, inputs: str = "i"
    ) -> Manifest:
        table = pl.DataFrame(
            {"window_start": [start, start + DAY], "window_end": [start + DAY, start + 2 * DAY]}
            | {name: [value, value + 0.5] for name, value in columns.items()},
            schema_overrides={"window_start": pl.Datetime("us", "UTC"), "window_end": pl.Datetime("us", "UTC")},
        )
        details = {"features": [name for name in columns if not name.endswith("__coverage")], "row_count": 100}
        provenance = Provenance("d1", 1, inputs, settings, "1", "tsfresh", details)
        manifest = self.datasets.write(dataset, era_id, table, provenance)
        tick()
        return manifest

    def pin(self, *columns: str) -> PinnedSelection:
        pinned = PinnedSelections(StorageRoot(self.storage)).pin(
            SCOPE, Report(columns), settings=SelectionSettings(), eras_used={}, eras_missing=()
        )
        tick()
        return pinned

    def load(self, **arguments: Any) -> Any:
        where = {"storage": None if "store" in arguments else self.storage, "catalogue": self.catalogue_url}
        return load_features(**{"source": "house", "level": "calendar", **where, **arguments})


def tick() -> None:
    """Let the clock move on, so that what follows is recorded later."""
    time.sleep(0.002)


def now() -> datetime:
    tick()
    moment = datetime.now(UTC)
    tick()
    return moment


def stored_house(folder: Path) -> House:
    """A house in a folder, its one source registered."""
    opened = House(str(folder / "data"), f"sqlite:///{folder / 'catalogue.db'}")
    sensor = SensorDescription(id="a", column=1)
    opened.catalogue.register_source(
        SourceDescription(source="house", files=("a.csv",), sensors=(sensor,), features=MINIMAL)
    )
    return opened
