"""Routing by cost, from the catalogue's measurements, which are looked up anew once a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from feature_platform.errors import EraError
from feature_platform.routing.cost_model import CostModel
from feature_platform.routing.cost_policy import CostPolicy, by_size_because

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from feature_platform.eras.catalogue import Catalogue
    from feature_platform.routing.policy import Route

FRESH_SECONDS = 60
"""A backfill submits thousands of runs in a row: they must not read and fit thousands of times."""


class CostRouter:
    """Chooses by what the largest era of a run is expected to take, with its source's feature set as it is now."""

    def __init__(self, policy: CostPolicy) -> None:
        self._policy = policy
        self._models: dict[str, tuple[float, CostModel]] = {}

    def route(
        self, by_size: Route, row_counts: Mapping[str, int | None], stages: Collection[str], catalogue: Catalogue
    ) -> Route:
        """The cheapest or fastest class, or `by_size` where costs cannot say or are not asked."""
        counted = {era_id: rows for era_id, rows in row_counts.items() if rows is not None}
        if self._policy.policy == "threshold" or not counted or len(counted) < len(row_counts):
            return by_size
        era_id, readings = max(counted.items(), key=lambda item: item[1])
        try:
            model = self._model(source_of(era_id), catalogue)
        except EraError as error:
            return by_size_because(by_size, f"measurements unknown ({error})")
        return self._policy.choose(model, era_id, readings, by_size, stages)

    def _model(self, source: str, catalogue: Catalogue) -> CostModel:
        read_at, model = self._models.get(source, (0.0, None))
        if model is None or time.monotonic() - read_at > FRESH_SECONDS:
            feature_set = catalogue.source(source).features.cost_name
            model = CostModel.fit(feature_set, catalogue.stage_costs(feature_set=feature_set))
            self._models[source] = time.monotonic(), model
        return model


def source_of(era_id: str) -> str:
    """The source that an era's id names; level and start, which follow it, hold no dot."""
    return era_id.rsplit(".", 2)[0]
