"""What a packed era's events say of their inputs: what Dagster writes by itself only for assets' own steps.

Without these tags the UI would call every packed era stale, for dependencies that it does not know.
"""

import hashlib
import math
import time

import dagster as dg
from dagster._core.definitions.data_version import (
    DATA_VERSION_TAG,
    DEFAULT_DATA_VERSION,
    NULL_EVENT_POINTER,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from feature_platform.orchestration.assets.era import STAGE_BY_NAME, Stage
from feature_platform.orchestration.recorded_events import RecordedEvents

SHARED_SECONDS = 5.0
"""For so long an era may be said to come from the import or the cut before the newest."""


class Lineage:
    """What the eras of one batch are computed from, looked up no more often than it changes."""

    def __init__(self, events: RecordedEvents) -> None:
        self._events = events
        self._own: dict[tuple[str, str], dg.EventLogRecord | None] = {}
        self._shared: dict[str, tuple[float, dg.EventLogRecord | None]] = {}

    def made(self, asset: str, era_id: str) -> dg.EventLogRecord | None:
        """The materialization of an era's asset that was just recorded."""
        record = self._events.latest(asset, era_id)
        self._own = {key: held for key, held in self._own.items() if key[1] == era_id} | {(asset, era_id): record}
        return record

    def input_tags(self, stage: Stage, era_id: str) -> dict[str, str]:
        """Version and last event of each asset that the stage's is computed from, as they stand now."""
        tags = {}
        for asset in stage.deps:
            by_era = asset in STAGE_BY_NAME
            record = self._parent(asset, era_id) if by_era else self._unpartitioned(asset)
            made = None if record is None else record.asset_materialization
            version = DEFAULT_DATA_VERSION.value if made is None else (made.tags or {}).get(DATA_VERSION_TAG)
            if by_era and version is not None:
                # Dagster hashes the versions of all partitions that are depended on; here they are one.
                version = hashlib.sha256(version.encode()).hexdigest()
            tags[get_input_data_version_tag(dg.AssetKey(asset))] = version or DEFAULT_DATA_VERSION.value
            tags[get_input_event_pointer_tag(dg.AssetKey(asset))] = (
                NULL_EVENT_POINTER if record is None else str(record.storage_id)
            )
        return tags

    def _parent(self, asset: str, era_id: str) -> dg.EventLogRecord | None:
        return self._own[asset, era_id] if (asset, era_id) in self._own else self.made(asset, era_id)

    def _unpartitioned(self, asset: str) -> dg.EventLogRecord | None:
        now = time.monotonic()
        looked_up, record = self._shared.get(asset, (-math.inf, None))
        if now - looked_up > SHARED_SECONDS:
            record = self._events.latest(asset, None)
            self._shared[asset] = now, record
        return record
