"""What there is to say of one era, in figures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from feature_platform.eras.era import EraRecord
from feature_platform.eras.stage_costs import StageCost
from feature_platform.eras.staleness import EraState
from feature_platform.plots.readings import outside_range
from feature_platform.sources.description import SourceDescription
from feature_platform.stages import preprocessed_frame, raw_readings, selected_features, tsfresh_features
from feature_platform.stages.platform import Platform
from feature_platform.storage.frames import Manifest
from feature_platform.storage.selections import PinnedSelection, Scope

FRESHNESS = {
    "missing": "missing",
    "stale_data": "stale: the data changed",
    "stale_input": "stale: what it is made of changed",
    "stale_settings": "stale: the settings changed",
    "stale_code": "stale: the code changed",
    "fresh": "fresh",
}


@dataclass(frozen=True)
class CheckFacts:
    """The last result of one check: passed, warned or failed."""

    asset: str
    check: str
    result: str
    description: str


@dataclass(frozen=True)
class SensorFacts:
    """One sensor in one era; `coverage` is the share of the frame's cells that are known, None without a frame."""

    sensor: str
    unit: str
    readings: int
    outside_range: int
    coverage: float | None


@dataclass(frozen=True)
class WindowFacts:
    """The windows of an era's features; `gappy` ones have a sensor with gaps, and no features of it."""

    count: int
    gappy: int
    dropped_tail: timedelta


@dataclass(frozen=True)
class EraFacts:
    """One era, as it is stored."""

    record: EraRecord
    description: SourceDescription
    state: EraState
    manifests: Mapping[str, Manifest | None]
    sensors: tuple[SensorFacts, ...]
    windows: WindowFacts | None
    rejected: Mapping[str, int]
    checks: tuple[CheckFacts, ...]
    costs: tuple[StageCost, ...]
    pinned: PinnedSelection | None

    @property
    def stages(self) -> list[dict[str, Any]]:
        """Per dataset whether it is fresh, and what is stored."""
        return [
            {
                "dataset": name,
                "state": FRESHNESS[self.state.datasets[name]],
                "rows": None if manifest is None else manifest.rows,
                "columns": None if manifest is None else manifest.columns,
                "bytes": None if manifest is None else manifest.bytes,
                "engine": None if manifest is None else manifest.engine,
                "recorded_at": None if manifest is None else manifest.recorded_at,
            }
            for name, manifest in self.manifests.items()
        ]

    def to_json(self) -> dict[str, Any]:
        """All figures, for scripts."""
        era = self.record.era
        return {
            "era": era.era_id,
            "source": era.source,
            "simulated": self.description.simulated,
            "level": era.level,
            "start": era.start,
            "end": era.end,
            "label": era.label,
            "parent": era.parent_id,
            "readings": self.record.row_count,
            "data_version": self.record.data_version,
            "superseded_by": list(self.record.superseded_by),
            "skipped": self.state.skipped,
            "datasets": self.stages,
            "sensors": [asdict(sensor) for sensor in self.sensors],
            "windows": None
            if self.windows is None
            else {
                "count": self.windows.count,
                "with_gaps": self.windows.gappy,
                "dropped_tail_hours": self.windows.dropped_tail.total_seconds() / 3600,
            },
            "rejected_cells_of_source": dict(self.rejected),
            "checks": [asdict(check) for check in self.checks],
            "costs": [asdict(cost) for cost in self.costs],
            "selection": None if self.pinned is None else f"{self.pinned.scope} {self.pinned.label}",
        }


def era_facts(platform: Platform, record: EraRecord, state: EraState, checks: Sequence[CheckFacts]) -> EraFacts:
    """Gather what is stored of an era; what was not computed yet is left out.

    Raises
    ------
    StorageError
        If a stored file is damaged.
    """
    description = platform.catalogue.source(record.era.source)
    manifests = {name: platform.datasets.manifest(name, record.era_id) for name in state.datasets}
    rejected: dict[str, int] = {}
    for entry in platform.readings.imports(record.era.source).values():
        for cause, count in entry.rejected.items():
            rejected[cause] = rejected.get(cause, 0) + count
    return EraFacts(
        record=record,
        description=description,
        state=state,
        manifests=manifests,
        sensors=_sensors(platform, description, era_readings(platform, record), manifests),
        windows=_windows(platform, record, manifests.get(tsfresh_features.DATASET)),
        rejected=rejected,
        checks=tuple(checks),
        costs=tuple(cost for cost in platform.catalogue.stage_costs() if cost.era_id == record.era_id),
        pinned=_followed(platform, record, description, manifests.get(selected_features.DATASET)),
    )


def era_readings(platform: Platform, record: EraRecord) -> pl.DataFrame | None:
    """The era's own readings, without those that rolling windows warm up on; None where none were sliced yet."""
    raw = platform.datasets.manifest(raw_readings.DATASET, record.era_id)
    return None if raw is None else platform.datasets.read(raw).filter(pl.col("time") >= record.era.start)


def _sensors(
    platform: Platform,
    description: SourceDescription,
    readings: pl.DataFrame | None,
    manifests: Mapping[str, Manifest | None],
) -> tuple[SensorFacts, ...]:
    frame = manifests.get(preprocessed_frame.DATASET)
    gridded = None if frame is None else platform.datasets.read(frame)
    found = []
    for sensor in description.sensors:
        values = np.empty(0) if readings is None else readings.filter(sensor_id=sensor.id)["value"].to_numpy()
        known = None
        if gridded is not None and sensor.id in gridded.columns and gridded.height:
            known = 1 - gridded[sensor.id].fill_nan(None).null_count() / gridded.height
        outside = int(outside_range(values, sensor).sum())
        found.append(SensorFacts(sensor.id, sensor.unit, len(values), outside, known))
    return tuple(found)


def _windows(platform: Platform, record: EraRecord, features: Manifest | None) -> WindowFacts | None:
    if features is None or not features.rows:
        return None
    sensors = sorted({name.partition("__")[0] for name in features.details["features"]})
    table = platform.datasets.read(features, ["window_end", *(f"{sensor}__coverage" for sensor in sensors)])
    gappy, last = table.select(
        pl.any_horizontal(pl.exclude("window_end") < 1).sum().alias("gappy"), pl.col("window_end").max()
    ).row(0)
    return WindowFacts(table.height, gappy, record.era.end - last)


def _followed(
    platform: Platform, record: EraRecord, description: SourceDescription, selected: Manifest | None
) -> PinnedSelection | None:
    """The pinned selection that the era's selected features follow."""
    if selected is None:
        return None
    scope = Scope(record.era.source, record.era.level, description.features.scope_name)
    return platform.selections.labelled(scope, selected.settings_version)
