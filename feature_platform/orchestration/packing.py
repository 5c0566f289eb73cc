"""Small eras packed into balanced batches: starting a run costs more than many a small era."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import dagster as dg

from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.routing.limits import DEFAULT_LIMITS, parse_limits
from feature_platform.routing.policy import DEFAULT_CLASS, DEFAULT_THRESHOLD

MOST_ERAS = 200
"""A run's start, some 4 s, is 20 ms an era then; the eras' ids fit into the run's config."""


@dataclass(frozen=True)
class Packing:
    """How far eras go together.

    An era of `threshold` readings or more is large: a run is routed by its largest era. The readings of a whole batch
    of small ones do not exceed it. `slots` is how many batches run at once.
    """

    threshold: int = DEFAULT_THRESHOLD
    slots: int = 1
    most_eras: int = MOST_ERAS

    @classmethod
    def of(cls, instance: dg.DagsterInstance, compute: str | None = None) -> Self:
        """By the threshold and the limits of the instance's queue; `compute` is the class that runs are forced to."""
        coordinator = instance.run_coordinator
        if not isinstance(coordinator, EraRunCoordinator):
            return cls(slots=parse_limits(DEFAULT_LIMITS)[DEFAULT_CLASS])
        return cls(threshold=coordinator.threshold_rows, slots=max(1, coordinator.slots(compute)))

    def batches(self, rows: Mapping[str, int | None], *, large_alone: bool = True) -> list[list[str]]:
        """Era ids by batch, the longest batch first. No batch holds eras that would be routed differently.

        Parameters
        ----------
        rows
            Readings by era id, None where the era was never counted: such an era is alone.
        large_alone
            Whether each large era is alone too; else they go together, as befits a stage that is cheap for any era.
        """
        counted = {era_id: count for era_id, count in rows.items() if count is not None}
        large = {era_id: count for era_id, count in counted.items() if count >= self.threshold}
        small = {era_id: count for era_id, count in counted.items() if count < self.threshold}
        packed = [
            *([era_id] for era_id in rows if era_id not in counted),
            *pack(large, bins=1, most_eras=1 if large_alone else self.most_eras),
            *pack(small, bins=self.slots, most_eras=self.most_eras, most_rows=self.threshold),
        ]
        # What was never counted may be of any length: it starts early.
        return sorted(packed, key=lambda batch: -sum(counted.get(era_id, self.threshold) for era_id in batch))


def pack(
    rows: Mapping[str, int], *, bins: int, most_eras: int | None = None, most_rows: int | None = None
) -> list[list[str]]:
    """Longest first onto the emptiest of `bins`, of more where eras or readings are too many for them; none is empty.

    Without limits the fullest bin holds at most 4/3 of what it would in the best packing (Graham 1969).
    """
    if not rows:
        return []
    fewest = 1 if most_eras is None else -(-len(rows) // most_eras)
    contents: list[list[str]] = [[] for _ in range(max(bins, fewest))]
    emptiest = [(0, 0, index) for index in range(len(contents))]
    for era_id in sorted(rows, key=lambda key: (-rows[key], key)):
        held, eras, index = heapq.heappop(emptiest)
        if eras and most_rows is not None and held + rows[era_id] > most_rows:
            heapq.heappush(emptiest, (held, eras, index))
            held, eras, index = 0, 0, len(contents)
            contents.append([])
        contents[index].append(era_id)
        if most_eras is None or eras + 1 < most_eras:
            heapq.heappush(emptiest, (held + rows[era_id], eras + 1, index))
    return [batch for batch in contents if batch]
