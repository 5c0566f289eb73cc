"""What is known of costs, for people: per route and feature set what was measured, and where routes break even."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from feature_platform.routing.cost_model import LEAST_ERAS, CostModel, break_even

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from feature_platform.eras.stage_costs import StageCost


@dataclass(frozen=True)
class RouteCost:
    """All four stages of an era on a route; the seconds are None until enough eras were measured.

    `eras_measured` are those of the stage that was measured least. `price` is per hour of one run.
    """

    feature_set: str
    route: str
    eras_measured: int
    fixed_seconds: float | None
    seconds_per_million_readings: float | None
    smallest_era: int
    largest_era: int
    price: float | None


@dataclass(frozen=True)
class BreakEven:
    """Readings at which two routes take equally long and cost the same; None where one is better at every size.

    `by_price` is None too where a price is missing.
    """

    feature_set: str
    routes: tuple[str, str]
    by_time: float | None
    by_price: float | None


@dataclass(frozen=True)
class CostReport:
    """Routes and pairs of routes, by feature set."""

    routes: tuple[RouteCost, ...]
    break_even: tuple[BreakEven, ...]


def report_costs(costs: Sequence[StageCost], prices: Mapping[str, float]) -> CostReport:
    """Fit every route and feature set that was measured, and compare every two routes of a feature set."""
    routes: list[RouteCost] = []
    meetings: list[BreakEven] = []
    for feature_set in sorted({cost.feature_set for cost in costs}):
        model = CostModel.fit(feature_set, costs)
        lines = {route: model.line(route) for route in sorted(model.lines)}
        known = [route for route, line in lines.items() if line.eras >= LEAST_ERAS]
        for route, line in lines.items():
            told = route in known
            routes.append(
                RouteCost(
                    feature_set=feature_set,
                    route=route,
                    eras_measured=line.eras,
                    fixed_seconds=line.fixed if told else None,
                    seconds_per_million_readings=line.per_reading * 1e6 if told else None,
                    smallest_era=line.smallest,
                    largest_era=line.largest,
                    price=prices.get(route),
                )
            )
        for one, other in combinations(known, 2):
            priced = one in prices and other in prices
            meetings.append(
                BreakEven(
                    feature_set=feature_set,
                    routes=(one, other),
                    by_time=break_even(lines[one], lines[other]),
                    by_price=break_even(lines[one].priced(prices[one]), lines[other].priced(prices[other]))
                    if priced
                    else None,
                )
            )
    return CostReport(tuple(routes), tuple(meetings))
