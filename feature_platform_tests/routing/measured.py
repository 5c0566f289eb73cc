"""Measurements of stages, made up from lines that a test knows."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from feature_platform.eras.stage_costs import StageCost
from feature_platform.routing.cost_model import STAGES

MEASURED_AT = datetime(2024, 5, 1, tzinfo=UTC)


def measured(
    route: str,
    sizes: Iterable[int],
    seconds: Callable[[int], float],
    *,
    feature_set: str = "efficient-1",
    stages: Iterable[str] = STAGES,
    columns: int = 100,
) -> list[StageCost]:
    """One era per size, whose stages share `seconds` of its readings evenly."""
    wanted = tuple(stages)
    return [
        StageCost(
            route=route,
            feature_set=feature_set,
            stage=stage,
            era_id=f"demo.calendar.2024-{number:06x}",
            readings=readings,
            columns=columns,
            seconds=seconds(readings) / len(wanted),
            engine="native",
            recorded_at=MEASURED_AT + timedelta(minutes=number),
        )
        for number, readings in enumerate(sizes)
        for stage in wanted
    ]
