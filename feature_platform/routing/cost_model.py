"""What an era's run takes on a route: a line through what its stages took there, by the era's readings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from feature_platform.eras.stage_costs import StageCost

STAGES = ("raw_readings", "preprocessed_frame", "tsfresh_features", "selected_features")
"""What a run of an era goes through, unless it asks for less."""

LEAST_ERAS = 3
"""Of two eras nobody can tell a line from chance."""
REACH = 10
"""A line is believed for eras up to this many times smaller or larger than those that it was drawn through."""

SPREAD = 0.1
"""Misfits below about this share are noise and weigh by their square, larger ones by their size: robust to outliers."""
LEAST_SECONDS = 1e-6
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Line:
    """`fixed + per_reading * readings`, in seconds or in money, through `eras` of `smallest` to `largest` readings."""

    fixed: float
    per_reading: float
    eras: int
    smallest: int
    largest: int

    def at(self, readings: int) -> float:
        """The line's value."""
        return self.fixed + self.per_reading * readings

    def unknown(self, readings: int) -> str | None:
        """Why the line says nothing of an era of this size; None where it does."""
        if not self.eras:
            return "no measurements yet"
        if self.eras < LEAST_ERAS:
            return f"only {self.eras} of {LEAST_ERAS} eras measured"
        if readings * REACH < self.smallest or readings > self.largest * REACH:
            return f"only eras of {self.smallest:,} to {self.largest:,} readings measured"
        return None

    def priced(self, per_hour: float) -> Line:
        """The same line in money."""
        factor = per_hour / SECONDS_PER_HOUR
        return replace(self, fixed=self.fixed * factor, per_reading=self.per_reading * factor)


NOTHING = Line(0.0, 0.0, eras=0, smallest=0, largest=0)


@dataclass(frozen=True)
class CostModel:
    """The lines of one feature set, by route and stage, in seconds."""

    feature_set: str
    lines: Mapping[str, Mapping[str, Line]]

    @classmethod
    def fit(cls, feature_set: str, costs: Iterable[StageCost]) -> Self:
        """Draw the lines through this feature set's measurements."""
        samples: dict[str, dict[str, list[StageCost]]] = defaultdict(lambda: defaultdict(list))
        for cost in costs:
            if cost.feature_set == feature_set:
                samples[cost.route][cost.stage].append(cost)
        return cls(
            feature_set,
            {
                route: {
                    stage: fit_line([cost.readings for cost in found], [cost.seconds for cost in found])
                    for stage, found in stages.items()
                }
                for route, stages in samples.items()
            },
        )

    def line(self, route: str, stages: Collection[str] = STAGES) -> Line:
        """All these stages of an era on a route; a stage without measurements leaves nothing to say of the whole."""
        found = [self.lines.get(route, {}).get(stage, NOTHING) for stage in stages]
        if not all(line.eras for line in found):
            return NOTHING
        return Line(
            fixed=sum(line.fixed for line in found),
            per_reading=sum(line.per_reading for line in found),
            eras=min(line.eras for line in found),
            smallest=max(line.smallest for line in found),
            largest=min(line.largest for line in found),
        )


def fit_line(readings: Sequence[int], seconds: Sequence[float]) -> Line:
    """The line through eras of these sizes, neither part of it negative; a few eras that are far off bend it little.

    Misfit is measured in logarithms: a second too much is nothing for an hour and everything for a second.
    """
    import numpy as np  # noqa: PLC0415 - slow to load, and the threshold needs none of it
    from scipy.optimize import least_squares  # noqa: PLC0415 - as above

    sizes = np.asarray(readings, np.float64)
    taken = np.maximum(np.asarray(seconds, np.float64), LEAST_SECONDS)
    unit = max(float(sizes.max()), 1.0)
    terms = np.column_stack([np.ones_like(sizes), sizes / unit])
    found = least_squares(
        lambda line: np.log((terms @ line + LEAST_SECONDS) / taken),
        np.array([taken.min(), np.median(taken / np.maximum(sizes, 1.0)) * unit]),
        lambda line: terms / (terms @ line + LEAST_SECONDS)[:, None],
        bounds=(0, np.inf),
        loss="soft_l1",
        f_scale=SPREAD,
    )
    fixed, slope = (float(part) for part in found.x)
    return Line(fixed, slope / unit, eras=len(sizes), smallest=int(sizes.min()), largest=int(sizes.max()))


def break_even(one: Line, other: Line) -> float | None:
    """Readings at which both lines meet, None where one lies below the other for eras of every size."""
    ahead, per_reading = other.fixed - one.fixed, one.per_reading - other.per_reading
    return ahead / per_reading if ahead * per_reading > 0 else None
