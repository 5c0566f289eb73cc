"""Where the native engine's time goes: microseconds a series of each stage and kernel, on one core.

    python benchmarks/features_profile.py --length 288 --set efficient [--json]

A kernel's time is what a plan of that kernel alone takes beyond an idle one that asks for the same shared parts; a
stage's, what an idle plan takes that asks for its part, beyond one that asks for none. What is not in the parts is
writing all columns of the result, and the parts' driving each other out of the cache. The floor is what no engine can
do without, however good its kernels: numpy's sum, sort and real FFT of each series once. Measured is the processor's
time, and the least of several rounds counts, since whatever disturbs one adds to it.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from daily_curves import series

from feature_platform.features import extract_batch
from feature_platform.features.calculators.kernel import NO_TABLE, Encoded, Kernel, Need, Scratch, Series
from feature_platform.features.calculators.moments import COUNT, MOMENTS
from feature_platform.features.cpu.run import run
from feature_platform.features.feature_sets import FEATURE_SETS
from feature_platform.features.plan import Plan, Work, make_plan

BATCH_VALUES = 2**18
REPEATS = 7
FLOOR_BLOCK = 2**16
"""Values of a block of the floor's: they stay in a core's cache, as the engine's do."""
NEEDS: dict[Need, str] = {"ordered": "sort", "spectrum": "FFT", "density": "Welch", "hours": "times"}

Floats = npt.NDArray[np.float64]


def nothing(_series: Series, _rows: Floats, _table: Floats, _out: Floats, _scratch: Scratch) -> None:
    """The kernel of an idle plan."""


def idle(needs: Collection[Need]) -> Work:
    kernel = Kernel(nothing, encode=lambda _requests: Encoded(NO_TABLE, NO_TABLE), needs=frozenset(needs))
    return Work(kernel, kernel.encode(()), np.arange(0))


@dataclass(frozen=True)
class Stopwatch:
    """Times calls that work through one batch."""

    x: Floats
    hours: Floats
    repeats: int

    def microseconds(self, calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
        """Per series, of each call; the machine's speed drifts, so they take turns."""
        for call in calls.values():
            call()
        found: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(self.repeats):
            for name, call in calls.items():
                began = time.process_time()
                call()
                found[name].append((time.process_time() - began) / len(self.x) * 1e6)
        return {name: min(times) for name, times in found.items()}

    def running(self, work: Work) -> Callable[[], object]:
        """The engine's run of a plan of this work alone."""
        names = tuple(map(str, range(work.columns.max(initial=-1) + 1)))
        return partial(run, Plan(names, (work,), {}, {}), self.x, self.hours, threads=1)


def label(work: Work) -> str:
    function = work.kernel.function
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__} [{len(work.columns)}]"


def finishes(works: Sequence[Work], x: Floats) -> dict[str, Callable[[], object]]:
    random = np.random.default_rng(0)
    return {
        f"finish {label(work)}": partial(
            work.kernel.finish, random.random((len(x), len(work.columns))), x.shape[1], work.encoded
        )
        for work in works
        if work.kernel.finish is not None
    }


def floor(x: Floats) -> dict[str, Callable[[], object]]:
    rows = max(1, FLOOR_BLOCK // x.shape[1])
    blocks = [x[first : first + rows] for first in range(0, len(x), rows)]
    return {
        "read once": lambda: [block.sum(axis=1) for block in blocks],
        "sort": lambda: [np.sort(block, axis=1) for block in blocks],
        "FFT": lambda: [np.fft.rfft(block, axis=1) for block in blocks],
    }


def profile(x: Floats, feature_set: str, repeats: int) -> dict[str, Any]:
    length = x.shape[1]
    times = np.datetime64("2024-03-01", "us") + np.arange(length) * np.timedelta64(5, "m")
    calculators = FEATURE_SETS[feature_set]
    # Planned once: the engine remembers plans.
    plan = make_plan(calculators, timewise=True, foreign_columns=lambda *_: ())
    watch = Stopwatch(x, np.arange(length)[None] / 12, repeats)
    whole = {"whole": partial(extract_batch, x, calculators, times=times, threads=1)}
    stages = {f"stage {name}": watch.running(idle([need])) for need, name in NEEDS.items()}
    moments = Work(MOMENTS, MOMENTS.encode(()), np.arange(COUNT))
    kernels = {label(work): watch.running(work) for work in plan.works}
    idles = {f"idle {label(work)}": watch.running(idle(work.kernel.needs)) for work in plan.works}
    ends = finishes(plan.works, x)
    called = {"idle": watch.running(idle([])), "moments": watch.running(moments)}
    took = watch.microseconds({**whole, **called, **stages, **kernels, **idles, **ends})
    base = watch.microseconds(floor(x))
    parts = {name.removeprefix("stage "): took[name] - took["idle"] for name in stages}
    parts |= {"moments": took["moments"] - took["idle"]}
    # The idle plan computes the moments, and calls the kernel that does nothing.
    parts["blocks and calls"] = took["idle"] - parts["moments"]
    parts |= {name: took[name] - took[f"idle {name}"] for name in kernels}
    return {
        "length": length,
        "set": feature_set,
        "series": len(x),
        "whole": took["whole"],
        "parts": dict(sorted(parts.items(), key=lambda part: -part[1])),
        "of which at the end of a kernel": {name.removeprefix("finish "): took[name] for name in ends},
        "not in the parts": took["whole"] - sum(parts.values()),
        "floor": base,
        "times the floor": took["whole"] / sum(base.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=288)
    parser.add_argument("--series", type=int, help="by default a quarter of a million values")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--set", default="efficient", choices=sorted(FEATURE_SETS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    count = arguments.series or max(4, BATCH_VALUES // arguments.length)
    found = profile(series(count, arguments.length), arguments.set, arguments.repeats)
    if arguments.json:
        print(json.dumps(found))
        return
    print(f"{found['length']:,} values a series, {found['set']}, {found['series']} series: microseconds a series")
    print(f"{found['whole']:10.2f} whole, {found['times the floor']:.1f} times the floor")
    for name, value in found["parts"].items():
        print(f"{value:10.2f} {value / found['whole']:4.0%} {name}")
    print(f"{found['not in the parts']:10.2f} {found['not in the parts'] / found['whole']:4.0%} not in the parts")
    for heading in ("of which at the end of a kernel", "floor"):
        print(f"{heading}:")
        for name, value in found[heading].items():
            print(f"{value:10.2f}      {name}")


if __name__ == "__main__":
    main()
