"""How many eras are done while their runs go on, most of them in batches."""

from collections.abc import Callable, Collection, Iterable, Mapping

import dagster as dg

from feature_platform.orchestration.recorded_events import RecordedEvents
from feature_platform.stages import selected_features


class EraProgress:
    """Tells `show` (done, total) whenever it is called with the runs that are over.

    To be made before the first run is launched: it counts from there, with one question however many eras there are.
    `runs` are era ids by run id, and may be filled later.
    """

    def __init__(
        self,
        instance: dg.DagsterInstance,
        eras: Iterable[str],
        runs: Mapping[str, Collection[str]],
        show: Callable[[int, int], None],
    ) -> None:
        last = RecordedEvents(instance).latest(selected_features.DATASET, None)
        self._instance = instance
        self._since = 0 if last is None else last.storage_id
        self._eras = set(eras)
        self._runs = runs
        self._show = show

    def __call__(self, over: Collection[str]) -> None:
        """Count eras with selected features, and all eras of the runs that are over."""
        made = self._instance.get_materialized_partitions(
            dg.AssetKey(selected_features.DATASET), after_cursor=self._since
        )
        ended = {era_id for run_id in over for era_id in self._runs[run_id]}
        self._show(len(self._eras & (made | ended)), len(self._eras))
