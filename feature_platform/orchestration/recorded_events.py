"""What a batch asks of Dagster's event log."""

from contextlib import AbstractContextManager, nullcontext

import dagster as dg


class RecordedEvents:
    """An instance's events: those that are there, and those that a batch adds."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance

    def together(self) -> AbstractContextManager[None]:
        """Events within may be written together at its end, though no later."""
        return nullcontext()

    def latest(self, asset: str, era_id: str | None) -> dg.EventLogRecord | None:
        """An asset's last materialization, of one era where it has eras."""
        key = dg.AssetKey(asset)
        wanted = key if era_id is None else dg.AssetRecordsFilter(key, asset_partitions=[era_id])
        return next(iter(self._instance.fetch_materializations(wanted, limit=1).records), None)
