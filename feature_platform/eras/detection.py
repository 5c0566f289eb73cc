"""Eras found in the readings: where the level of a source's sensors changes for good."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from ruptures import KernelCPD

from feature_platform.duration import format_duration
from feature_platform.eras.era import Era, Level
from feature_platform.eras.hourly import HOUR, Booleans, Floats, HourlySignals, hourly_signals, robustly_scaled
from feature_platform.eras.settings import EraSettings
from feature_platform.errors import EraError
from feature_platform.sources.description import SensorDescription
from feature_platform.storage.readings import ReadingsStore

MAXIMUM_SENSORS = 24
SHORTEST_ERA = timedelta(hours=6)
SHORTENING: dict[Level, int] = {"a": 1, "b": 4, "c": 16}
"""By how much a level's shortest era is shorter than that of level a."""
CHANGE = 1.0
"""Robust standard deviations that the typical sensor must move by for an era of the shortest length."""
MAXIMUM_STEPS = 8760
"""Steps searched at once, a year of hours: the search takes up to their square, and must be interruptible."""

Range = tuple[int, int]
"""Hours `[first, end)`."""


def detect_eras(
    source: str,
    store: ReadingsStore,
    settings: EraSettings,
    *,
    zone: str,
    sensors: Sequence[SensorDescription],
) -> dict[Level, list[Era]]:
    """Cut at changes in the hourly level of the best covered sensors, from level a to the one asked for.

    Each level is cut inside the eras of the one above, which are its parents. A stretch of at least the level a
    minimum duration without any reading belongs to no era. The same readings and settings give the same eras.

    Raises
    ------
    EraError
        If the source has too few readings or sensors for that, or a level would have more eras than the ceiling.
    """
    span = store.span(source)
    if span is None:
        raise EraError(f"source {source!r} has no readings to detect eras in; import it first")
    signals = hourly_signals(store, source, first=span[0], last=span[1], zone=zone, sensors=sensors)
    minimum = _minimum_hours(settings, "a")
    has_readings: Booleans = np.any(signals.known, axis=1)
    stretches = _stretches(has_readings, minimum)
    if not stretches:
        raise EraError(
            f"source {source!r}: its readings span {len(signals.values)} hours, less than one era of "
            f"{format_duration(settings.minimum_duration)}; lower minimum_duration or use the method whole"
        )
    found: dict[Level, list[Era]] = {}
    parents: list[_Parent] = [_Parent(None, stretch) for stretch in stretches]
    scaled = robustly_scaled(signals, _best_covered(signals, settings, source))
    for level in _levels(settings):
        parts = [
            (parent, part)
            for parent in parents
            for part in _segments(scaled, parent.hours, minimum=_minimum_hours(settings, level))
        ]
        _refuse_too_many(source, level, len(parts), settings)
        eras = [_era(source, level, signals, part, parent.era_id) for parent, part in parts]
        found[level] = eras
        parents = [_Parent(era.era_id, part) for era, (_, part) in zip(eras, parts, strict=True)]
    return found


@dataclass(frozen=True)
class _Parent:
    era_id: str | None
    hours: Range


def _levels(settings: EraSettings) -> list[Level]:
    levels = list(SHORTENING)
    return levels[: levels.index(settings.level) + 1]


def _minimum_hours(settings: EraSettings, level: Level) -> int:
    shortest = settings.minimum_duration / SHORTENING[level]
    return math.ceil(max(shortest, min(SHORTEST_ERA, settings.minimum_duration)) / HOUR)


def _era(source: str, level: Level, signals: HourlySignals, hours: Range, parent_id: str | None) -> Era:
    start, end = (signals.time(hour) for hour in hours)
    return Era(source=source, level=level, start=start, end=end, parent_id=parent_id)


def _best_covered(signals: HourlySignals, settings: EraSettings, source: str) -> list[int]:
    known = signals.known
    coverage = known.sum(axis=0) / max(known.any(axis=1).sum(), 1)
    ranked = sorted(range(len(signals.sensors)), key=lambda column: (-coverage[column], signals.sensors[column]))
    covered = [column for column in ranked if coverage[column] >= max(settings.minimum_coverage, 1e-9)]
    if not covered:
        best = f"; the best, {signals.sensors[ranked[0]]}, covers {coverage[ranked[0]]:.0%}" if ranked else ""
        raise EraError(
            f"source {source!r}: no sensor has readings in {settings.minimum_coverage:.0%} of the hours{best}; lower "
            "minimum_coverage or use another method"
        )
    return covered[:MAXIMUM_SENSORS]


def _stretches(has_readings: Booleans, minimum: int) -> list[Range]:
    """Where there are readings; gaps below `minimum` are bridged, and stretches below it joined to the nearest."""
    bounds = np.flatnonzero(np.diff(has_readings, prepend=False, append=False)).tolist()
    stretches = list(zip(bounds[::2], bounds[1::2], strict=True))
    joined: list[Range] = []
    for begin, end in stretches:
        if joined and begin - joined[-1][1] < minimum:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    while short := [index for index, (begin, end) in enumerate(joined) if end - begin < minimum]:
        if len(joined) == 1:
            return []
        index = short[0]
        gaps = {
            neighbour: joined[max(index, neighbour)][0] - joined[min(index, neighbour)][1]
            for neighbour in (index - 1, index + 1)
            if 0 <= neighbour < len(joined)
        }
        first = min(index, min(gaps, key=lambda neighbour: gaps[neighbour]))
        joined[first : first + 2] = [(joined[first][0], joined[first + 1][1])]
    return joined


def _segments(scaled: Floats, hours: Range, *, minimum: int) -> Iterator[Range]:
    begin, end = hours
    bounds = [begin, *(begin + change for change in _changes(scaled[begin:end], minimum)), end]
    yield from pairwise(bounds)


def _changes(signal: Floats, minimum: int) -> list[int]:
    """Hours at which the signal's level changes, at least `minimum` apart from each other and both ends."""
    hours, sensors = signal.shape
    step = math.ceil(hours / MAXIMUM_STEPS)
    shortest = math.ceil(minimum / step)
    if sensors == 0 or hours < 2 * minimum or hours // step < 2 * shortest:
        return []
    coarse = signal[: hours // step * step].reshape(-1, step, sensors).mean(axis=1)
    # The penalty is what two changes cost together that set off an era of the shortest length by CHANGE.
    penalty = CHANGE**2 / 2 * shortest * sensors
    found = KernelCPD(kernel="linear", min_size=shortest).fit(coarse).predict(pen=penalty)[:-1]
    changes = [change * step for change in found]
    return changes if step == 1 else _to_the_hour(signal, changes, step, minimum)


def _to_the_hour(signal: Floats, changes: Sequence[int], step: int, minimum: int) -> list[int]:
    """Move each change within its step to where it splits its two neighbours best."""
    sums = np.vstack([np.zeros(signal.shape[1]), signal.cumsum(axis=0)])
    bounds = [0, *changes, len(signal)]
    for index in range(1, len(bounds) - 1):
        before, change, after = bounds[index - 1 : index + 2]
        candidates = np.arange(max(change - step, before + minimum), min(change + step, after - minimum) + 1)
        if len(candidates) == 0:
            continue
        left, right = sums[candidates] - sums[before], sums[after] - sums[candidates]
        # The split with the least squared error is the one whose means explain the most.
        explained = (left**2).sum(axis=1) / (candidates - before) + (right**2).sum(axis=1) / (after - candidates)
        bounds[index] = int(candidates[explained.argmax()])
    return bounds[1:-1]


def _refuse_too_many(source: str, level: Level, count: int, settings: EraSettings) -> None:
    if count > settings.ceiling:
        raise EraError(
            f"source {source!r}: {count} eras at level {level} are more than the ceiling of {settings.ceiling}; raise "
            "minimum_duration, ask for a coarser level, or raise ceiling"
        )
