"""What a run over a source's eras came to: the table at the end, and the JSON for scripts."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import dagster as dg
from dagster._core.events import DagsterEventType

from feature_platform.stages import preprocessed_frame, selected_features, tsfresh_features
from feature_platform.stages.platform import Platform

CLASS_OF_OURS = re.compile(r"^(?:feature_platform\.[\w.]+Error|dagster\.[\w.]+\.Failure): ")
CHECK_WORDS = {dg.AssetCheckSeverity.ERROR: "failed", dg.AssetCheckSeverity.WARN: "warned"}


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


def era_row(
    platform: Platform, instance: dg.DagsterInstance, record: dg.RunRecord, era_id: str, later: Iterable[str]
) -> EraRow:
    """One era's line, from its run, the runs that came `later` for several eras, and what is stored."""
    known = platform.catalogue.era(era_id)
    run = record.dagster_run
    frame = platform.datasets.manifest(preprocessed_frame.DATASET, era_id)
    features = platform.datasets.manifest(tsfresh_features.DATASET, era_id)
    selected = platform.datasets.manifest(selected_features.DATASET, era_id)
    succeeded = run.is_success
    return EraRow(
        era=era_id,
        label=known.era.label or "",
        readings=known.row_count or 0,
        route=run.tags.get("feature_platform/compute", "unrouted"),
        engine=" + ".join(manifest.engine for manifest in (frame, features) if manifest and succeeded),
        seconds=round((record.end_time or 0) - (record.start_time or record.end_time or 0), 2),
        windows=features.details["windows"] if features and succeeded else 0,
        features=len(features.details["features"]) if features and succeeded else 0,
        selected=selected.details["features"] if selected and succeeded else 0,
        selection=selected.settings_version if selected and succeeded else "",
        checks=_checks(instance, era_id, [run.run_id, *later]),
        status=run.status.value,
        error=None if succeeded else error_of(instance, run.run_id),
    )


def _checks(instance: dg.DagsterInstance, era_id: str, run_ids: Iterable[str]) -> dict[str, int]:
    last: dict[tuple[str, str], str] = {}
    for run_id in run_ids:
        for entry in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION):
            if entry.dagster_event is None:
                continue
            found = entry.dagster_event.asset_check_evaluation_data
            if found.partition == era_id:
                word = "passed" if found.passed else CHECK_WORDS[found.severity]
                last[found.asset_key.to_user_string(), found.check_name] = word
    return dict(Counter(last.values()))


def error_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """Why a run failed, in the words of the error at its root."""
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.STEP_FAILURE):
        if entry.dagster_event is not None and entry.dagster_event.step_failure_data.error is not None:
            error = entry.dagster_event.step_failure_data.error
            return _in_words((error.cause or error).message)
    failures = instance.all_logs(run_id, of_type=DagsterEventType.RUN_FAILURE)
    if failures:
        return f"{failures[-1].message} See run {run_id} in the UI."
    return f"the run's worker was lost; see run {run_id} in the UI"


def _in_words(message: str) -> str:
    """An error's text without its class, where the class tells a user nothing."""
    return CLASS_OF_OURS.sub("", message.strip(), count=1)
