"""What a run over a source's eras came to: the table at the end, and the JSON for scripts."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from feature_platform.client.era_outcomes import Checks, EraOutcome
from feature_platform.stages import preprocessed_frame, selected_features, tsfresh_features
from feature_platform.stages.platform import Platform


@dataclass(frozen=True)
class EraRow:
    """One era's line of the report."""

    era: str
    label: str
    readings: int
    route: str
    engine: str
    seconds: float
    windows: int
    features: int
    selected: int
    selection: str
    checks: dict[str, int]
    status: str
    error: str | None = None

    @property
    def fine(self) -> bool:
        """Whether the era has selected features and no check of severity error failed."""
        return self.status == "SUCCESS" and not self.checks.get("failed", 0)


@dataclass(frozen=True)
class RunReport:
    """A source's readings and its eras."""

    source: str
    simulated: bool
    times: int
    readings: int
    sensors: int
    rejected: dict[str, int]
    eras: tuple[EraRow, ...]

    @property
    def fine(self) -> bool:
        """Whether every era is."""
        return all(row.fine for row in self.eras)

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        return asdict(self)


def era_row(platform: Platform, era_id: str, outcome: EraOutcome, later: Checks) -> EraRow:
    """One era's line, from what became of it, the checks of `later` runs, and what is stored."""
    known = platform.catalogue.era(era_id)
    frame = platform.datasets.manifest(preprocessed_frame.DATASET, era_id)
    features = platform.datasets.manifest(tsfresh_features.DATASET, era_id)
    selected = platform.datasets.manifest(selected_features.DATASET, era_id)
    succeeded = outcome.succeeded
    return EraRow(
        era=era_id,
        label=known.era.label or "",
        readings=known.row_count or 0,
        route=outcome.route,
        engine=" + ".join(manifest.engine for manifest in (frame, features) if manifest and succeeded),
        seconds=outcome.seconds,
        windows=features.details["windows"] if features and succeeded else 0,
        features=len(features.details["features"]) if features and succeeded else 0,
        selected=selected.details["features"] if selected and succeeded else 0,
        selection=selected.settings_version if selected and succeeded else "",
        checks=dict(Counter((outcome.checks | later).values())),
        status=outcome.status,
        error=outcome.error,
    )
