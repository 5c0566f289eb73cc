"""Counting what readings each era holds, and a data version that only those readings decide."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_platform.eras.era import Era, EraCount
from feature_platform.storage.readings import ReadingsStore

Unsigned = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

LANES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
"""One odd constant per 64-bit lane: two independent lanes make 128 bits, where chance collisions end."""


def count_eras(
    store: ReadingsStore, source: str, eras: Sequence[Era], *, sensors: Iterable[str] | None = None
) -> list[EraCount]:
    """Readings and data version of each era, in the order given, by one pass over the stored months.

    An era without readings has a `row_count` of 0. Memory is that of one month's readings.

    Parameters
    ----------
    sensors
        The only sensors to count; all if None.

    Raises
    ------
    StorageError
        If stored readings are missing or damaged.
    """
    tallies = [_Tally.empty(track) for track in _tracks(eras)]
    wanted = None if sensors is None else list(sensors)
    if eras:
        for month, scan in store.scan_months(source):
            if any(_overlaps(era, month) for era in eras):
                chosen = scan if wanted is None else scan.filter(pl.col("sensor_id").is_in(wanted))
                _count_month(store.collect(source, chosen), tallies)
    counts = {count.era_id: count for tally in tallies for count in tally.counts()}
    return [counts[era.era_id] for era in eras]


def readings_version(readings: pl.DataFrame) -> str:
    """The data version of one era's readings (`READINGS_SCHEMA`, no sensor and time twice): 32 hex digits.

    It depends on the set of (sensor, time, value) alone: not on their order, on files, or on library versions.
    """
    prints = _fingerprints(readings)
    return _version(readings.height, prints.sum(axis=0, dtype=np.uint64))


@dataclass(frozen=True)
class _Tally:
    eras: Sequence[Era]
    starts: Integers
    ends: Integers
    rows: Integers
    sums: Unsigned

    @classmethod
    def empty(cls, eras: Sequence[Era]) -> "_Tally":
        bounds = pl.Series([era.start for era in eras] + [era.end for era in eras], dtype=pl.Datetime("us", "UTC"))
        starts, ends = np.split(bounds.to_physical().to_numpy(), 2)
        return cls(eras, starts, ends, np.zeros(len(eras), np.int64), np.zeros((len(eras), len(LANES)), np.uint64))

    def add(self, times: Integers, prints: Unsigned) -> None:
        """Add readings, whose times ascend piecewise."""
        if times.size == 0:
            return
        era = np.searchsorted(self.starts, times, side="right") - 1
        era[(era >= 0) & (times >= self.ends[era])] = -1
        # Sorted by sensor and time, readings of one era stand in runs: add each run, then the few runs per era.
        begins = np.flatnonzero(np.diff(era, prepend=era[0] - 1))
        of_run = era[begins]
        inside = of_run >= 0
        np.add.at(self.rows, of_run[inside], np.diff(begins, append=era.size)[inside])
        np.add.at(self.sums, of_run[inside], np.add.reduceat(prints, begins, axis=0)[inside])

    def counts(self) -> list[EraCount]:
        """What was found."""
        return [
            EraCount(era.era_id, int(rows), _version(int(rows), sums))
            for era, rows, sums in zip(self.eras, self.rows, self.sums, strict=True)
        ]


def _count_month(readings: pl.DataFrame, tallies: Sequence[_Tally]) -> None:
    times, prints = readings["time"].to_physical().to_numpy(), _fingerprints(readings)
    for tally in tallies:
        tally.add(times, prints)


def _tracks(eras: Sequence[Era]) -> list[list[Era]]:
    tracks: list[list[Era]] = []
    for era in sorted({era.era_id: era for era in eras}.values(), key=lambda era: (era.start, era.end)):
        track = next((track for track in tracks if track[-1].end <= era.start), None)
        if track is None:
            tracks.append([era])
        else:
            track.append(era)
    return tracks


def _overlaps(era: Era, month: str) -> bool:
    return f"{era.start:%Y-%m}" <= month <= f"{era.end:%Y-%m}"


def _fingerprints(readings: pl.DataFrame) -> Unsigned:
    """One row of `len(LANES)` mixed words per reading; their wrapping sum identifies the set."""
    names = readings["sensor_id"].unique()
    hashes = [int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") for name in names]
    sensor = readings["sensor_id"].replace_strict(names, pl.Series(hashes, dtype=pl.UInt64), return_dtype=pl.UInt64)
    # Zero has two signs and "not a number" many bit patterns; each is one value.
    value = readings["value"].fill_null(math.nan).to_numpy() + 0.0
    bits = np.where(np.isnan(value), math.nan, value).view(np.uint64)
    time = readings["time"].to_physical().to_numpy().view(np.uint64)
    prints = np.empty((readings.height, len(LANES)), np.uint64)
    for lane, constant in enumerate(LANES):
        mixed = _mix(sensor.to_numpy() + np.uint64(constant))
        mixed = _mix(mixed ^ time)
        prints[:, lane] = _mix(mixed + bits)
    return prints


def _mix(words: Unsigned) -> Unsigned:
    """The finalizer of splitmix64: a bijection under which any changed bit changes half of all bits."""
    words = words + np.uint64(LANES[0])
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _version(rows: int, sums: Unsigned) -> str:
    content = rows.to_bytes(8, "little") + sums.astype("<u8").tobytes()
    return hashlib.sha256(content).hexdigest()[:32]
