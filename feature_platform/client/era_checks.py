"""The last result of each check of one era, from Dagster's event log."""

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter

from feature_platform.client.era_outcomes import CHECK_WORDS
from feature_platform.orchestration.assets.era import STAGES
from feature_platform.reports.facts import CheckFacts


def era_checks(instance: dg.DagsterInstance, era_id: str) -> list[CheckFacts]:
    """In the stages' order; a check that never ran for this era is left out."""
    keys = [dg.AssetCheckKey(dg.AssetKey(stage.name), check) for stage in STAGES for check in stage.checks]
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        keys, partition_filter=PartitionKeyFilter(key=era_id)
    )
    found = []
    for key in keys:
        record = latest.get(key)
        event = record.event.dagster_event if record is not None and record.event is not None else None
        if event is None or event.event_type is not dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue  # planned, and not run to its end
        result = event.asset_check_evaluation_data
        word = "passed" if result.passed else CHECK_WORDS[result.severity]
        found.append(CheckFacts(key.asset_key.to_user_string(), key.name, word, result.description or ""))
    return found
