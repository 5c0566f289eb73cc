"""A sample of an era's series through tsfresh itself: whether the engine still says what tsfresh says."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from feature_platform.errors import FeatureError
from feature_platform.features.api import EraFeatures
from feature_platform.features.columns import SEPARATOR
from feature_platform.features.engine import FloatArray
from feature_platform.features.parameters import Calculators
from feature_platform.features.reference_process import ReferenceProcess, reference_process
from feature_platform.features.tolerance import Powers, close, natural_scale, nudged, powers_of

START_SECONDS = 3.0
"""What starting Python with tsfresh takes, about."""
TIMES_SLOWER = 700
"""What tsfresh takes of the time of one native thread, about, until a first series is measured."""
NUDGES = 6


@dataclass(frozen=True)
class Pick:
    """One series of the sample: a column of the frame in a window, by its number."""

    column: str
    window: int


@dataclass
class Agreement:
    """How many series and values were compared, and which differ.

    `unstable` values differ, but tsfresh's own move as far where the series moves by its last bit. `missed` are series
    of the sample that there was no time for. `failure` says why tsfresh gave no values.
    """

    series: int = 0
    values: int = 0
    unstable: int = 0
    missed: int = 0
    seconds: float = 0.0
    differing: list[str] = field(default_factory=list)
    failure: str = ""


@dataclass
class ReferenceSample:
    """The series that are compared, with the values that the engine gave them."""

    features: EraFeatures
    picks: list[Pick]
    _values: dict[Pick, FloatArray] = field(default_factory=dict)

    @classmethod
    def draw(cls, features: EraFeatures, share: float, seed: str) -> "ReferenceSample":
        """About a `share` of the era's complete series, always the same ones for a seed.

        Where that is less than one series, one is drawn with this probability.
        """
        complete = [
            Pick(column, int(window))
            for column, coverage in features.windows.coverage.items()
            for window in np.flatnonzero(coverage == 1)
        ]
        random = np.random.default_rng(list(hashlib.sha256(seed.encode()).digest()))
        count = min(int(share * len(complete) + random.random()), len(complete))
        return cls(features, [complete[number] for number in random.permutation(len(complete))[:count]])

    def take(self, table: pl.DataFrame, first: int) -> None:
        """Keep the sample's values of a table whose first row is the window of this number."""
        for pick in self.picks:
            if first <= pick.window < first + table.height:
                prefix = f"{self.features.kinds[pick.column]}{SEPARATOR}"
                row = table[pick.window - first].select(prefix + name for name in self.features.plan.names)
                self._values[pick] = row.to_numpy()[0]

    def compare(self, calculators: Calculators, *, native_seconds: float, budget: float) -> Agreement:
        """Compute the sample by tsfresh, in a process of its own, as far as the budget (seconds) goes.

        `native_seconds` is what the engine takes for one series on one thread.
        """
        found = Agreement()
        expected = TIMES_SLOWER * native_seconds
        if not self.picks or START_SECONDS + expected > budget:
            found.missed = len(self.picks)
            return found
        began = time.perf_counter()
        powers = powers_of(calculators)
        with reference_process() as reference:
            for pick in self.picks:
                found.seconds = time.perf_counter() - began
                if found.series:
                    expected = (found.seconds - START_SECONDS) / found.series
                if found.seconds + expected > budget:
                    found.missed += 1
                    continue
                try:
                    self._compare_one(pick, calculators, powers, reference, found)
                except FeatureError as error:
                    found.failure = str(error)
                    break
        found.seconds = time.perf_counter() - began
        return found

    def _compare_one(
        self,
        pick: Pick,
        calculators: Calculators,
        powers: Powers,
        reference: ReferenceProcess,
        found: Agreement,
    ) -> None:
        windows = self.features.windows
        x = np.ascontiguousarray(windows.series[pick.column][pick.window])
        wanted, names = reference.values(calculators, x[None], windows.times)
        own = dict(zip(self.features.plan.names, self._values[pick].tolist(), strict=True))
        off = {
            name: value
            for name, value in zip(names, wanted[0].tolist(), strict=True)
            if not _is(own[name], value, x, powers.get(name, (0, False)))
        }
        found.series += 1
        found.values += len(names)
        moving = _moving(off, calculators, powers, reference, x, self.features) if off else set()
        found.unstable += len(moving)
        start = windows.starts[pick.window]
        found.differing += [
            f"{self.features.kinds[pick.column]}{SEPARATOR}{name} from {start:%Y-%m-%d %H:%M}: {own[name]!r}, "
            f"tsfresh {value!r}"
            for name, value in off.items()
            if name not in moving
        ]


def _moving(
    off: Mapping[str, float],
    calculators: Calculators,
    powers: Powers,
    reference: ReferenceProcess,
    x: FloatArray,
    features: EraFeatures,
) -> set[str]:
    """Which columns tsfresh itself gives other values where the series moves by one unit in the last place."""
    concerned = {name.partition(SEPARATOR)[0] for name in off}
    requests = {name: parameters for name, parameters in calculators.items() if name in concerned}
    moved = np.stack(nudged(x, NUDGES))
    values, names = reference.values(requests, moved, features.windows.times)
    return {
        name
        for position, name in enumerate(names)
        if name in off
        for value in values[:, position].tolist()
        if not _is(value, off[name], x, powers.get(name, (0, False)))
    }


def _is(own: float, wanted: float, x: FloatArray, tolerance: tuple[int, bool]) -> bool:
    power, exact = tolerance
    return close(own, wanted, natural_scale(x, power), exact=exact)
