"""What lies between the climate and the file: noise, resolution, one dying sensor, and drop-outs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from feature_platform.demo.clock import STEP, YEAR, Clock, local
from feature_platform.demo.instruments import INSTRUMENTS
from feature_platform.demo.sun import Floats

FAILING = "afd2.co2"
DRIFTS, STICKS, FAILS, UNPLUGGED, REPLACED = (
    local(YEAR, 6, 17, 9),
    local(YEAR, 7, 15, 13),
    local(YEAR, 7, 24, 4),
    local(YEAR, 7, 26, 10),
    local(YEAR, 7, 26, 11),
)
"""The failing sensor's last weeks; while it is unplugged, the export shows `UNREADABLE`."""
UNREADABLE = "****"
DRIFT = 420.0
"""ppm by which it reads too high when it sticks."""
IMPOSSIBLE = (0.0, 65535.0)
"""ppm: no air has either."""

COMPUTER_OFF = (
    (local(YEAR, 2, 20, 3), timedelta(hours=5)),
    (local(YEAR, 8, 10, 14), timedelta(hours=28)),
)
"""Times for which the export has no rows at all."""
EMPTY_ROWS = (
    (local(YEAR, 1, 25, 22), timedelta(hours=1)),
    (local(YEAR, 5, 4, 0), timedelta(days=2)),
    (local(YEAR, 6, 30, 15), timedelta(hours=3)),
    (local(YEAR, 11, 2, 0), timedelta(days=1)),
)
"""Times whose rows have no value in any column."""
LOST_CELLS = 0.0015
GAPS_A_YEAR = 9
LONGEST_GAP = timedelta(hours=9)


@dataclass(frozen=True)
class Recording:
    """What the export holds."""

    values: pl.DataFrame
    """Float64, one column per sensor, null where the cell is empty."""
    kept: npt.NDArray[np.bool_]
    """(n_time,) False where the climate computer was off and wrote no row."""
    unreadable: npt.NDArray[np.bool_]
    """(n_time,) True where the failing sensor's cell holds `UNREADABLE`."""


def record(clock: Clock, signals: dict[str, Floats], rng: np.random.Generator) -> Recording:
    """Read every sensor of `INSTRUMENTS` at every step; `signals` holds the truth by sensor id."""
    n_time = len(clock.seconds)
    empty = np.zeros(n_time, dtype=np.bool_)
    for start, duration in EMPTY_ROWS:
        empty |= _between(clock, start, start + duration)
    kept = np.ones(n_time, dtype=np.bool_)
    for start, duration in COMPUTER_OFF:
        kept &= ~_between(clock, start, start + duration)
    unreadable = _between(clock, UNPLUGGED, REPLACED)

    columns = {}
    for instrument in INSTRUMENTS:
        low, high = instrument.range
        reading = signals[instrument.id] + instrument.noise * rng.standard_normal(n_time)
        reading = _fail(clock, reading) if instrument.id == FAILING else np.clip(reading, low, high)
        shown = np.round(reading / instrument.resolution) * instrument.resolution
        missing = empty | _gaps(rng, n_time)
        if instrument.id == FAILING:
            missing |= unreadable
        columns[instrument.id] = pl.Series(np.where(missing, np.nan, shown)).fill_nan(None)
    return Recording(values=pl.DataFrame(columns), kept=kept, unreadable=unreadable & ~empty & kept)


def _between(clock: Clock, start: datetime, end: datetime) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(clock.seconds), dtype=np.bool_)
    inside[clock.index(start) : clock.index(end)] = True
    return inside


def _fail(clock: Clock, reading: Floats) -> Floats:
    """Drift ever faster, stick at the last value, then jump between two impossible ones."""
    drifts, sticks, fails, unplugged = (clock.index(when) for when in (DRIFTS, STICKS, FAILS, UNPLUGGED))
    broken = reading.copy()
    broken[drifts:sticks] += DRIFT * np.linspace(0, 1, sticks - drifts) ** 1.5
    broken[sticks:fails] = broken[sticks - 1]
    broken[fails:unplugged] = np.where(np.arange(unplugged - fails) // 7 % 3 == 0, *IMPOSSIBLE)
    return broken


def _gaps(rng: np.random.Generator, n_time: int) -> npt.NDArray[np.bool_]:
    """Single lost cells, and a few stretches from a quarter of an hour up to `LONGEST_GAP`."""
    missing = rng.random(n_time) < LOST_CELLS
    for start in rng.integers(0, n_time, size=rng.poisson(GAPS_A_YEAR)):
        missing[start : start + rng.integers(3, LONGEST_GAP // STEP)] = True
    return missing
