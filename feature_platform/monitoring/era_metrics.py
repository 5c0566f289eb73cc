"""How fresh the eras' datasets are, as Prometheus metrics."""

from collections import Counter as CounterOf

from prometheus_client import CollectorRegistry, Gauge

from feature_platform.eras.staleness import EraState
from feature_platform.orchestration.era_states import era_state
from feature_platform.stages.platform import Platform

STATES = ("fresh", "due", "outdated", "skipped")


class EraMetrics:
    """Eras by source and state."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._eras = Gauge(
            "feature_platform_eras",
            "Current eras: fresh, due (missing, or of other data), outdated (of other settings, code or input), "
            "skipped (not counted, or empty).",
            ["source", "state"],
            registry=registry,
        )

    def refresh(self, platform: Platform) -> None:
        """Look at what is stored of every era; that takes a millisecond or more for each."""
        descriptions = {name: platform.catalogue.source(name) for name in platform.catalogue.sources()}
        counts = CounterOf(
            (record.era.source, _word(era_state(platform, record, descriptions[record.era.source])))
            for record in platform.catalogue.eras()
        )
        self._eras.clear()
        for source in descriptions:
            for state in STATES:
                self._eras.labels(source, state).set(counts[source, state])


def _word(state: EraState) -> str:
    if state.skipped is not None:
        return "skipped"
    if state.due:
        return "due"
    return "outdated" if state.outdated else "fresh"
