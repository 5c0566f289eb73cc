"""Forgetting superseded eras."""

import dagster as dg

from feature_platform.errors import EraError
from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.stages.platform import Platform

UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def prune_superseded(platform: Platform, instance: dg.DagsterInstance, source: str | None = None) -> list[str]:
    """Delete superseded eras' records and partitions; returns their ids.

    Raises
    ------
    EraError
        If runs are queued or under way: a range of partitions resolves on the live list and would shift under them.
    """
    busy = instance.get_runs_count(dg.RunsFilter(statuses=UNDER_WAY))
    if busy:
        raise EraError(f"{busy} runs are queued or under way; prune when they are over, or cancel them first")
    superseded = [
        record.era_id
        for record in platform.catalogue.eras(source=source, include_superseded=True)
        if record.superseded_at is not None
    ]
    for era_id in superseded:
        instance.delete_dynamic_partition(PARTITIONS_NAME, era_id)
    platform.catalogue.prune(superseded)
    return superseded
