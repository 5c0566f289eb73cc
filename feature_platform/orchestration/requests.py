"""What the sensor and the schedule ask for: eras that are missing, have new data, or a newer selection."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from feature_platform.eras.claim_ledger import Claim
from feature_platform.eras.era import EraRecord
from feature_platform.orchestration.era_states import behind_selection, pinned_for
from feature_platform.orchestration.jobs import ERA_JOB, stage_job_name
from feature_platform.orchestration.retries import is_over
from feature_platform.sources.description import SourceDescription
from feature_platform.stages import selected_features
from feature_platform.stages.platform import Platform

CLAIM_TAG = "feature_platform/claim"
MAXIMUM_REQUESTS = 200
"""A tick with 2,000 requests takes 17 s and times out at 60."""
MAXIMUM_EXAMINED = 1000
BACKOFF = timedelta(minutes=5)
LAUNCH_GRACE = timedelta(minutes=10)
"""A claim whose run is not there after this never got one: the daemon died between the two."""


@dataclass(frozen=True)
class Wanted:
    """Requests of one tick, the partitions that they need, and the era id to go on after."""

    run_requests: list[dg.RunRequest]
    partitions: list[str]
    cursor: str | None
    examined: int


def wanted_eras(
    platform: Platform, *, after: str | None, project: bool = True, examine: int | None = MAXIMUM_EXAMINED
) -> Wanted:
    """Examine the current eras behind the cursor, claim and request what is missing or has new data.

    With `project`, eras that follow an older selection are asked for too, their last stage only. Changed settings and
    code ask for nothing here: an upgrade must not recompute everything by itself. `examine` is how many eras are
    looked at, all if None.
    """
    records = sorted(
        (record for record in platform.catalogue.eras() if record.row_count or record.era.level == "declared"),
        key=lambda record: record.era_id,
    )
    descriptions: dict[str, SourceDescription] = {}
    requests: list[dg.RunRequest] = []
    remaining = [record for record in records if after is None or record.era_id > after]
    cursor = None
    examined = 0
    for record in remaining[:examine]:
        if len(requests) >= MAXIMUM_REQUESTS:
            break
        if record.era.source not in descriptions:
            descriptions[record.era.source] = platform.catalogue.source(record.era.source)
        request = _request(platform, record, descriptions[record.era.source], project=project)
        if request is not None:
            requests.append(request)
        cursor = record.era_id
        examined += 1
    if examined == len(remaining):
        cursor = None
    return Wanted(requests, [record.era_id for record in records], cursor, examined)


def _request(
    platform: Platform, record: EraRecord, description: SourceDescription, *, project: bool
) -> dg.RunRequest | None:
    selected = platform.datasets.manifest(selected_features.DATASET, record.era_id)
    if selected is None or selected.data_version != record.data_version:
        job, claim = ERA_JOB, _claim(platform, record.era_id, "all", record.data_version or "uncounted")
    elif project and behind_selection(platform, record, description):
        pinned = pinned_for(platform, record, description)
        version = f"{record.data_version}/{selected_features.settings_version(pinned)}"
        job = stage_job_name(selected_features.DATASET)
        claim = _claim(platform, record.era_id, selected_features.DATASET, version)
    else:
        return None
    if claim is None:
        return None
    return dg.RunRequest(
        run_key=claim.claim_id, job_name=job, partition_key=record.era_id, tags={CLAIM_TAG: claim.claim_id}
    )


def _claim(platform: Platform, era_id: str, stages: str, version: str) -> Claim | None:
    return platform.catalogue.claim(era_id, stages, version, backoff=BACKOFF)


def settle_claims(platform: Platform, instance: dg.DagsterInstance) -> None:
    """Write into the ledger how the runs of open claims ended."""
    for claim in platform.catalogue.claims(state="running"):
        runs = instance.get_runs(dg.RunsFilter(tags={CLAIM_TAG: claim.claim_id}))
        if any(run.is_success for run in runs):
            platform.catalogue.settle(claim.claim_id, "succeeded")
        elif all(is_over(instance, run) for run in runs) and (
            runs or datetime.now(UTC) - claim.claimed_at > LAUNCH_GRACE
        ):
            platform.catalogue.settle(claim.claim_id, "failed")
