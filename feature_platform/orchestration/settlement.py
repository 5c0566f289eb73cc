"""Writing into the ledger what became of what was asked for: era by era, however many went in one run."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from feature_platform.eras.claim_ledger import Claim
from feature_platform.orchestration.requests import ALL_STAGES, CLAIM_TAG
from feature_platform.orchestration.retries import is_over
from feature_platform.routing.era_keys import era_keys
from feature_platform.routing.escalation import lost_worker
from feature_platform.routing.tags import OWN_MAX_RETRIES
from feature_platform.routing.worker_end import Cause
from feature_platform.stages import selected_features
from feature_platform.stages.platform import Platform

LAUNCH_GRACE = timedelta(minutes=10)
"""A claim whose run is not there after this never got one: the daemon died between the two, or the clock jumped."""


def settle_claims(platform: Platform, instance: dg.DagsterInstance) -> None:
    """Settle the open claims whose runs are over.

    Those of a run that succeeded are met. Of a run that failed, or whose worker was lost for good, those are met
    whose results are stored; the others failed, and are asked for again. An era that by itself took more memory than
    the largest class has is given up.
    """
    by_ticket: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in platform.catalogue.claims(state="running"):
        by_ticket[claim.ticket].append(claim)
    met: list[Claim] = []
    unsure: list[Claim] = []
    hopeless: set[str] = set()
    for ticket, claims in by_ticket.items():
        runs = _runs_by_era(instance.get_runs(dg.RunsFilter(tags={CLAIM_TAG: ticket})))
        for claim in claims:
            own = runs[claim.era_id]
            if any(run.is_success for run in own):
                met.append(claim)
            elif all(is_over(instance, run) for run in own) and (
                own or abs(datetime.now(UTC) - claim.claimed_at) > LAUNCH_GRACE
            ):
                unsure.append(claim)
                if any(_took_all_memory(run) for run in own):
                    hopeless.add(claim.claim_id)
    stored = _stored(platform, unsure)
    met += [claim for claim in unsure if claim.claim_id in stored]
    failed = {claim.claim_id for claim in unsure} - stored
    if met:
        platform.catalogue.settle([claim.claim_id for claim in met], "succeeded")
    if failed - hopeless:
        platform.catalogue.settle(failed - hopeless, "failed")
    if failed & hopeless:
        platform.catalogue.settle(failed & hopeless, "given_up")


def _took_all_memory(run: dg.DagsterRun) -> bool:
    """Whether the run, of one era, ran out of memory where no larger class was to be tried."""
    alone = len(era_keys(run.tags, run.run_config, list)) == 1
    return alone and lost_worker(run) is Cause.OUT_OF_MEMORY and run.tags.get(OWN_MAX_RETRIES) == "0"


def _runs_by_era(runs: Iterable[dg.DagsterRun]) -> defaultdict[str, list[dg.DagsterRun]]:
    found: defaultdict[str, list[dg.DagsterRun]] = defaultdict(list)
    for run in runs:
        for era_id in era_keys(run.tags, run.run_config, list):
            found[era_id].append(run)
    return found


def _stored(platform: Platform, claims: Sequence[Claim]) -> set[str]:
    if not claims:
        return set()
    versions = {record.era_id: record.data_version for record in platform.catalogue.eras()}
    stored = set()
    for claim in claims:
        selected = platform.datasets.manifest(selected_features.DATASET, claim.era_id)
        if selected is None:
            continue
        if claim.stages == ALL_STAGES:
            # The run may have found newer data than it was asked for, or have been the first to count them.
            is_met = selected.data_version in {claim.data_version, versions.get(claim.era_id)}
        else:
            is_met = f"{selected.data_version}/{selected.settings_version}" == claim.data_version
        if is_met:
            stored.add(claim.claim_id)
    return stored
