"""What the sensor and the schedule ask for: eras that are missing, have new data, or a newer selection."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

import dagster as dg

from feature_platform.digest import digest
from feature_platform.eras.claim_ledger import Ask, Claim, holding, new_ticket
from feature_platform.eras.era import EraRecord
from feature_platform.orchestration.batch import batch_config
from feature_platform.orchestration.era_states import behind_selection, pinned_for
from feature_platform.orchestration.jobs import BATCH_JOB, ERA_JOB, stage_job_name
from feature_platform.orchestration.packing import Packing
from feature_platform.sources.description import SourceDescription
from feature_platform.stages import selected_features
from feature_platform.stages.platform import Platform
from feature_platform.storage.selections import PinnedSelection

CLAIM_TAG = "feature_platform/claim"
"""The ticket of a run's claims, by which the ledger finds the run again."""
ALL_STAGES = "all"
MAXIMUM_REQUESTS = 200
"""A tick with 2,000 requests takes 17 s and times out at 60."""
MAXIMUM_CLAIMS = 10_000
EXAMINE_SECONDS = 10.0
"""What is stored of an era is looked up era by era, which takes its time on an object store."""
BACKOFF = timedelta(minutes=5)


@dataclass(frozen=True)
class Batch:
    """Claims on the same stages of several eras, or of one, that one run is to meet."""

    claims: tuple[Claim, ...]

    @property
    def eras(self) -> list[str]:
        """The ids of its eras."""
        return [claim.era_id for claim in self.claims]

    def request(self) -> dg.RunRequest:
        """Ask for the era's own run where it is one era, else for a batch."""
        if len(self.claims) > 1:
            return self.batch_request()
        (claim,) = self.claims
        job = ERA_JOB if claim.stages == ALL_STAGES else stage_job_name(claim.stages)
        return dg.RunRequest(
            run_key=claim.claim_id, job_name=job, partition_key=claim.era_id, tags={CLAIM_TAG: claim.ticket}
        )

    def batch_request(self) -> dg.RunRequest:
        """Ask for a batch, of one era too. The run key is the same for the same claims."""
        stages = {claim.stages for claim in self.claims} - {ALL_STAGES}
        return dg.RunRequest(
            run_key=digest({"claims": sorted(claim.claim_id for claim in self.claims)}),
            job_name=BATCH_JOB,
            run_config=batch_config(self.eras, sorted(stages)),
            tags={CLAIM_TAG: self.claims[0].ticket},
        )


@dataclass(frozen=True)
class Wanted:
    """Batches of one tick, the partitions that they need, and the era id to go on after."""

    batches: list[Batch]
    partitions: list[str]
    cursor: str | None
    examined: int


def wanted_eras(
    platform: Platform, packing: Packing, *, after: str | None, project: bool = True, limited: bool = True
) -> Wanted:
    """Examine the current eras behind the cursor, claim what is missing or has new data, and pack it.

    With `project`, eras that follow an older selection are asked for too, their last stage only. Changed settings and
    code ask for nothing here: an upgrade must not recompute everything by itself. With `limited`, examining ends
    after `EXAMINE_SECONDS`, and the cursor says where.
    """
    records = sorted(
        (record for record in platform.catalogue.eras() if record.row_count or record.era.level == "declared"),
        key=lambda record: record.era_id,
    )
    remaining = [record for record in records if after is None or record.era_id > after]
    examination = _Examination(platform, remaining, project=project)
    asks = examination.asks(time.monotonic() + EXAMINE_SECONDS if limited else None)
    rows = {record.era_id: record.row_count for record in records}
    ticket = new_ticket()
    claims: list[Claim] = []
    batches: list[Batch] = []
    # No era asks for more than one run, so as many eras as there are runs left never ask for too many.
    while asked := list(islice(asks, max(0, min(MAXIMUM_REQUESTS - len(batches), MAXIMUM_CLAIMS - len(claims))))):
        claims += platform.catalogue.claim(asked, ticket=ticket, backoff=BACKOFF)
        batches = _packed(claims, packing, rows)
    finished = examination.examined == len(remaining)
    return Wanted(
        batches=batches,
        partitions=[record.era_id for record in records],
        cursor=None if finished or not examination.examined else remaining[examination.examined - 1].era_id,
        examined=examination.examined,
    )


def _packed(claims: Sequence[Claim], packing: Packing, rows: Mapping[str, int | None]) -> list[Batch]:
    batches = []
    for stages in sorted({claim.stages for claim in claims}):
        by_era = {claim.era_id: claim for claim in claims if claim.stages == stages}
        packed = packing.batches({era_id: rows[era_id] for era_id in by_era}, large_alone=stages == ALL_STAGES)
        batches += [Batch(tuple(by_era[era_id] for era_id in batch)) for batch in packed]
    return batches


@dataclass
class _Examination:
    """Looks at eras one after another; `examined` is how many it has looked at."""

    platform: Platform
    records: Sequence[EraRecord]
    project: bool = field(kw_only=True)
    examined: int = field(default=0, init=False)
    _descriptions: dict[str, SourceDescription] = field(default_factory=dict, init=False)
    _pinned: dict[tuple[str, str], PinnedSelection | None] = field(default_factory=dict, init=False)

    def asks(self, deadline: float | None) -> Iterator[Ask]:
        """What the eras ask for, until the deadline (of `time.monotonic`); one era at least is examined."""
        held = holding(self.platform.catalogue.claims())
        stored = set(self.platform.datasets.eras(selected_features.DATASET))
        for record in self.records:
            if deadline is not None and self.examined and time.monotonic() > deadline:
                return
            self.examined += 1
            ask = self._ask(record, held, is_stored=record.era_id in stored)
            if ask is not None and ask not in held:
                yield ask

    def _ask(self, record: EraRecord, held: Mapping[Ask, Claim], *, is_stored: bool) -> Ask | None:
        everything = Ask(record.era_id, ALL_STAGES, record.data_version or "uncounted")
        claim = held.get(everything)
        if claim is not None and claim.state == "running":
            return None
        if claim is None:
            # A claim that was met says that these data are stored, without a look.
            selected = self.platform.datasets.manifest(selected_features.DATASET, record.era_id) if is_stored else None
            if selected is None or selected.data_version != record.data_version:
                return everything
        if not self.project:
            return None
        return self._projection(record)

    def _projection(self, record: EraRecord) -> Ask | None:
        source = record.era.source
        if source not in self._descriptions:
            self._descriptions[source] = self.platform.catalogue.source(source)
        description, scope = self._descriptions[source], (source, record.era.level)
        if scope not in self._pinned:
            self._pinned[scope] = pinned_for(self.platform, record, description)
        pinned = self._pinned[scope]
        if not behind_selection(self.platform, record, description, pinned):
            return None
        version = f"{record.data_version}/{selected_features.settings_version(pinned)}"
        return Ask(record.era_id, selected_features.DATASET, version)
