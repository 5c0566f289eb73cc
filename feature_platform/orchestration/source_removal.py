"""Removing a source with all that came of it."""

import dagster as dg

from feature_platform.orchestration.quiet import refuse_while_runs
from feature_platform.routing.era_keys import PARTITIONS_NAME
from feature_platform.stages.platform import Platform
from feature_platform.stages.source_removal import delete_source_files, source_traces
from feature_platform.store.feature_store import FeatureStore


def remove_source(
    platform: Platform, instance: dg.DagsterInstance, source: str, *, owned_store: FeatureStore | None
) -> None:
    """Delete a source's eras, partitions, stored values, files and descriptions, in that order.

    Whoever is interrupted removes it again: each step takes what it finds, and the name goes last. `owned_store` is the
    feature store as its owner opens it; None where nothing of the source is in one. Dagster's history of runs stays.

    Raises
    ------
    EraError
        If there is no such source, runs are queued or under way, or it was cut anew meanwhile.
    StorageError
        If the storage root or the feature store cannot be written.
    """
    refuse_while_runs(instance, "remove the source")
    source_traces(platform, source)
    platform.catalogue.remove_eras(source)
    for era_id in instance.get_dynamic_partitions(PARTITIONS_NAME):
        if era_id.startswith(f"{source}."):
            instance.delete_dynamic_partition(PARTITIONS_NAME, era_id)
    if owned_store is not None:
        owned_store.remove(source)
    delete_source_files(platform, source)
    platform.catalogue.remove_source(source)
