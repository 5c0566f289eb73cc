"""Which eras of a source a run is about, what of them is stale and why, and what computing them is expected to take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feature_platform.eras.era import EraRecord, Level
from feature_platform.orchestration.era_states import era_state
from feature_platform.routing.coordinator import EraRunCoordinator
from feature_platform.routing.cost_model import SECONDS_PER_HOUR, CostModel
from feature_platform.sources.description import SourceDescription
from feature_platform.stages.platform import Platform

LEVELS_BY_METHOD: Mapping[str, tuple[Level, ...]] = {
    "calendar": ("calendar",),
    "declared": ("declared",),
    "whole": ("whole",),
    "detected": ("a", "b", "c"),
}


@dataclass(frozen=True)
class StaleEras:
    """Eras of one source that are stale for the same reason: the first of their datasets that is not fresh, and how.

    `hours` and `price` are of the eras that can be told, which `untold` are not; the price is None where a class that
    they would go to has none.
    """

    source: str
    dataset: str
    reason: str
    eras: int
    readings: int
    untold: int
    hours: float
    price: float | None


def eras_of(platform: Platform, description: SourceDescription) -> list[EraRecord]:
    """The current eras that a run of this description computes."""
    levels = LEVELS_BY_METHOD[description.eras.method]
    records = [record for record in platform.catalogue.eras(source=description.source) if record.era.level in levels]
    return [record for record in records if record.row_count or record.era.level == "declared"]


def stale_reasons(platform: Platform, description: SourceDescription) -> dict[EraRecord, tuple[str, str]]:
    """Of the eras that `run --stale` would compute, the first dataset that is not fresh, and how it is not."""
    reasons: dict[EraRecord, tuple[str, str]] = {}
    for record in eras_of(platform, description):
        state = era_state(platform, record, description)
        wanted = {*state.due, *state.outdated}
        first = next(((name, how) for name, how in state.datasets.items() if name in wanted), None)
        if first is not None:
            reasons[record] = first
    return reasons


def stale_eras(platform: Platform, description: SourceDescription, queue: EraRunCoordinator) -> list[StaleEras]:
    """By reason what `run --stale` would compute: all stages of each era, where the queue would send it.

    The hours are of stages as they were measured, on top of which runs have to be started.
    """
    name = description.features.cost_name
    model = CostModel.fit(name, platform.catalogue.stage_costs(feature_set=name))
    grouped: dict[tuple[str, str], list[EraRecord]] = {}
    for record, reason in stale_reasons(platform, description).items():
        grouped.setdefault(reason, []).append(record)
    return [_told(description.source, reason, records, model, queue) for reason, records in grouped.items()]


def _told(
    source: str, reason: tuple[str, str], records: Sequence[EraRecord], model: CostModel, queue: EraRunCoordinator
) -> StaleEras:
    untold, hours, price = 0, 0.0, 0.0
    unpriced = False
    for record in records:
        readings = record.row_count or 0
        compute = queue.preview(model, record.era_id, readings).compute
        line = model.line(compute)
        if line.unknown(readings) is not None:
            untold += 1
            continue
        taken = line.at(readings) / SECONDS_PER_HOUR
        hours += taken
        unpriced = unpriced or compute not in queue.costs.prices
        price += taken * queue.costs.prices.get(compute, 0.0)
    return StaleEras(
        source=source,
        dataset=reason[0],
        reason=reason[1],
        eras=len(records),
        readings=sum(record.row_count or 0 for record in records),
        untold=untold,
        hours=hours,
        price=None if unpriced or untold == len(records) else price,
    )
