"""Which eras a run is about, read from its tags and config."""

from collections.abc import Callable, Mapping, Sequence

from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from feature_platform.errors import RoutingError

PARTITIONS_NAME = "eras"
"""Of the dynamic partitions."""


def era_keys(
    tags: Mapping[str, str], run_config: Mapping[str, object], partitions: Callable[[], Sequence[str]]
) -> list[str]:
    """The eras of one partition, of a range of partitions, or of a batch; empty where the run is about none.

    `partitions` lists all era partitions in their order; it is called for a range only.

    Raises
    ------
    RoutingError
        If an end of a range is no partition (any more).
    """
    if PARTITION_NAME_TAG in tags:
        return [tags[PARTITION_NAME_TAG]]
    if ASSET_PARTITION_RANGE_START_TAG in tags and ASSET_PARTITION_RANGE_END_TAG in tags:
        return _between(tags[ASSET_PARTITION_RANGE_START_TAG], tags[ASSET_PARTITION_RANGE_END_TAG], partitions())
    return _configured(run_config)


def _between(start: str, end: str, partitions: Sequence[str]) -> list[str]:
    positions = {key: position for position, key in enumerate(partitions)}
    for key in (start, end):
        if key not in positions:
            raise RoutingError(f"range end {key} is no era partition (any more); launch the run anew")
    return list(partitions[positions[start] : positions[end] + 1])


def _configured(run_config: Mapping[str, object]) -> list[str]:
    # Not in a tag: PostgreSQL refuses one of more than 2.7 KB, which Dagster's index of tags cannot hold.
    ops = run_config.get("ops")
    eras = []
    for op in ops.values() if isinstance(ops, Mapping) else ():
        match op:
            case {"config": {"eras": [*named]}}:
                eras += [era for era in named if isinstance(era, str)]
    return eras
