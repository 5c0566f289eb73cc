"""Routing by measured cost: the class on which a run's largest era is fastest, or cheapest."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from feature_platform.errors import RoutingError
from feature_platform.routing.cost_model import STAGES, CostModel, Line, break_even
from feature_platform.routing.policy import Route

Policy = Literal["threshold", "fastest", "cheapest"]
DEFAULT_POLICY: Policy = "threshold"

SHOWN = 200
"""Characters of a reason: the UI shows tags in one line."""
KEY = "dagster.yaml, run_coordinator.config"


@dataclass(frozen=True)
class CostPolicy:
    """What to choose by, among which classes, at which prices per hour of one run."""

    policy: Policy
    candidates: tuple[str, ...]
    prices: Mapping[str, float]

    def choose(
        self, model: CostModel, era_id: str, readings: int, by_size: Route, stages: Collection[str] = STAGES
    ) -> Route:
        """The best candidate for an era, or `by_size` with the reason why costs cannot say.

        A candidate that cannot be told is left out; of fewer than two there is nothing to compare.
        """
        lines = {compute: model.line(compute, stages) for compute in self.candidates}
        gaps = {compute: line.unknown(readings) for compute, line in lines.items()}
        known = [compute for compute in self.candidates if gaps[compute] is None]
        if len(known) < 2:  # noqa: PLR2004 - a comparison takes two
            why = "; ".join(f"{gap} on {compute}" for compute, gap in gaps.items() if gap)
            return by_size_because(by_size, f"{why} for {model.feature_set}")
        wanted = {compute: self._wanted(compute, lines[compute]) for compute in known}
        best, second = sorted(known, key=lambda compute: wanted[compute].at(readings))[:2]
        meeting = break_even(wanted[best], wanted[second])
        costs = [self._told(compute, lines[compute], readings) for compute in (best, second)]
        return replace(
            by_size,
            compute=best,
            reason=shortened(
                f"{self.policy}: {costs[0]} against {costs[1]} for {era_id} of {readings:,} readings; "
                + (f"break-even at {meeting:,.0f}" if meeting else "at every size")
                + f" (from {lines[best].eras} and {lines[second].eras} measured eras)"
            ),
        )

    def _wanted(self, compute: str, line: Line) -> Line:
        return line.priced(self.prices[compute]) if self.policy == "cheapest" else line

    def _told(self, compute: str, line: Line, readings: int) -> str:
        seconds = f"{_short(line.at(readings))} s"
        if self.policy == "fastest":
            return f"{compute} {seconds}"
        return f"{compute} {_short(line.priced(self.prices[compute]).at(readings))} ({seconds})"


def by_size_because(by_size: Route, why: str) -> Route:
    """The threshold's choice, with the reason why it was left to the threshold."""
    return replace(by_size, reason=shortened(f"{why}: by size, {by_size.reason}"))


def shortened(reason: str) -> str:
    """A reason that fits a tag."""
    return reason if len(reason) <= SHOWN else f"{reason[: SHOWN - 1]}…"


def parse_cost_policy(
    policy: str, prices: Mapping[str, object], candidates: Collection[str], *, classes: Collection[str]
) -> CostPolicy:
    """Read the policy's keys of dagster.yaml.

    Raises
    ------
    RoutingError
        If the policy is none, a class is not there, a price is no number, or there is nothing to compare.
    """
    if policy not in get_args(Policy):
        raise RoutingError(f"{KEY}.policy: {policy!r} is none of {', '.join(get_args(Policy))}")
    for compute in candidates:
        if compute not in classes:
            raise RoutingError(f"{KEY}.candidates: {compute!r} is none of the limits' classes {_listed(classes)}")
    known = {compute: _price(compute, price, classes) for compute, price in prices.items()}
    compared = tuple(dict.fromkeys(candidates))
    if policy != DEFAULT_POLICY and len(compared) < 2:  # noqa: PLR2004 - a comparison takes two
        raise RoutingError(f"{KEY}.candidates: {policy} compares classes; name two or more of {_listed(classes)}")
    missing = [compute for compute in compared if compute not in known]
    if policy == "cheapest" and missing:
        raise RoutingError(
            f"{KEY}.prices.{missing[0]}: is missing; policy cheapest wants a price per hour of each candidate "
            f"({_listed(compared)})"
        )
    return CostPolicy(next(name for name in get_args(Policy) if name == policy), compared, known)


def _price(compute: str, price: object, classes: Collection[str]) -> float:
    if compute not in classes:
        raise RoutingError(f"{KEY}.prices.{compute}: there is no such class, only {_listed(classes)}")
    if isinstance(price, bool) or not isinstance(price, int | float) or not math.isfinite(price) or price < 0:
        raise RoutingError(f"{KEY}.prices.{compute}: {price!r} is no price; write a number, per hour of one run")
    return float(price)


def _listed(classes: Collection[str]) -> str:
    return ", ".join(classes)


def _short(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.2g}"  # noqa: PLR2004 - two digits are enough to compare by
