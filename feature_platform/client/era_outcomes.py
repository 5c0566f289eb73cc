"""What became of each era of a run, whether it ran alone or in a batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
from dagster._core.storage.tags import RETRY_NUMBER_TAG

from feature_platform.client.run_errors import error_of, errors_by_era
from feature_platform.routing.tags import COMPUTE
from feature_platform.stages import selected_features

CHECK_WORDS = {dg.AssetCheckSeverity.ERROR: "failed", dg.AssetCheckSeverity.WARN: "warned"}
OWN_EVENTS = {
    dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}
"""What a batch leaves of an era, without what is long: plots and tables are in the materializations."""

Checks = dict[tuple[str, str], str]


@dataclass(frozen=True)
class EraOutcome:
    """The end of one era's computation; `checks` says passed, warned or failed by asset and check."""

    status: str
    route: str
    seconds: float
    checks: Checks = field(default_factory=dict)
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the era has what the run was to make."""
        return self.status == dg.DagsterRunStatus.SUCCESS.value


def era_outcomes(instance: dg.DagsterInstance, record: dg.RunRecord, eras: Sequence[str]) -> dict[str, EraOutcome]:
    """By era id, from a finished run's last attempt and those that it went on from."""
    run = record.dagster_run
    attempts = _attempts(instance, run)
    checks = check_results(instance, attempts)
    if len(eras) == 1:
        seconds = {eras[0]: (record.end_time or 0) - (record.start_time or record.end_time or 0)}
    else:
        seconds = _seconds(instance, attempts)
    errors = _errors(instance, run, attempts, eras)
    return {
        era_id: EraOutcome(
            status=run.status.value if era_id in errors else dg.DagsterRunStatus.SUCCESS.value,
            route=run.tags.get(COMPUTE, "unrouted"),
            seconds=round(seconds.get(era_id, 0.0), 2),
            checks=checks.get(era_id, {}),
            error=errors.get(era_id),
        )
        for era_id in eras
    }


def check_results(instance: dg.DagsterInstance, run_ids: Iterable[str]) -> dict[str, Checks]:
    """The last result of each check by era id, over runs in the order given."""
    found: defaultdict[str, Checks] = defaultdict(dict)
    for run_id in run_ids:
        for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
            check = entry.get_dagster_event().asset_check_evaluation_data
            word = "passed" if check.passed else CHECK_WORDS[check.severity]
            found[str(check.partition)][check.asset_key.to_user_string(), check.check_name] = word
    return found


def _attempts(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[str]:
    group = instance.get_run_group(run.run_id) if run.root_run_id else None
    runs = group[1] if group else [run]
    return [attempt.run_id for attempt in sorted(runs, key=lambda each: int(each.tags.get(RETRY_NUMBER_TAG, 0)))]


def _errors(
    instance: dg.DagsterInstance, run: dg.DagsterRun, attempts: Sequence[str], eras: Sequence[str]
) -> Mapping[str, str]:
    if run.is_success:
        return {}
    by_era = errors_by_era(instance, run.run_id)
    if by_era is not None:
        return by_era
    # The run ended in the middle: what it recorded to the end is done all the same.
    made: set[str | None] = set()
    for run_id in attempts:
        partitions = instance.get_asset_partitions_for_run(run_id, dg.DagsterEventType.ASSET_MATERIALIZATION)
        made |= partitions.get(dg.AssetKey(selected_features.DATASET), set())
    error = error_of(instance, run.run_id)
    return {era_id: error for era_id in eras if era_id not in made}


def _seconds(instance: dg.DagsterInstance, attempts: Iterable[str]) -> dict[str, float]:
    """From where an era was planned to its last event."""
    seconds: dict[str, float] = {}
    for run_id in attempts:
        begun: dict[str, float] = {}
        for entry in instance.all_logs(run_id, of_type=OWN_EVENTS):
            for era_id in _partitions(entry.get_dagster_event()):
                begun.setdefault(era_id, entry.timestamp)
                seconds[era_id] = entry.timestamp - begun[era_id]
    return seconds


def _partitions(event: DagsterEvent) -> list[str]:
    match event.event_specific_data:
        case AssetCheckEvaluationPlanned(partitions_subset=subset):
            return sorted(subset.get_partition_keys()) if subset else []
        case AssetMaterializationPlannedData(partition=str(era_id)) | dg.AssetCheckEvaluation(partition=str(era_id)):
            return [era_id]
    return []
