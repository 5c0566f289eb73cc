"""Forgetting superseded eras."""

import dagster as dg

from feature_platform.orchestration.quiet import refuse_while_runs
from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.stages.platform import Platform


def prune_superseded(platform: Platform, instance: dg.DagsterInstance, source: str | None = None) -> list[str]:
    """Delete superseded eras' records and partitions; returns their ids.

    Raises
    ------
    EraError
        If runs are queued or under way: a range of partitions resolves on the live list and would shift under them.
    """
    refuse_while_runs(instance, "prune")
    superseded = [
        record.era_id
        for record in platform.catalogue.eras(source=source, include_superseded=True)
        if record.superseded_at is not None
    ]
    for era_id in superseded:
        instance.delete_dynamic_partition(PARTITIONS_NAME, era_id)
    platform.catalogue.prune(superseded)
    return superseded
