"""Native features against tsfresh's own and those of other libraries, per core and on the whole machine, in one run.

    python benchmarks/features.py
    python benchmarks/features.py --length 288 --series 400 --set efficient --json

Prints a table for each length and set, with --json an object on a line of its own. tsfresh runs at its fair best: BLAS
held to one thread before it is imported, per core with n_jobs=0, and on the whole machine with n_jobs 0 or as many as
cores, where that is faster. The machine's speed drifts, so native and tsfresh take turns, each round over other series,
and medians of the rounds count. After `make peers` the peers' figures stand in the same table.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from daily_curves import series

from feature_platform.features import extract_batch
from feature_platform.features.feature_sets import FEATURE_SETS

LENGTHS = (144, 288, 1440, 2016, 20_000)
SETS = ("efficient", "comprehensive")
LONGEST_COMPREHENSIVE = 2016
"""tsfresh's entropies hold a square of the length in memory: longer series only where they are asked for."""
BATCH_VALUES = 2**19
"""Values of a native batch: enough that the last block of a thread is a small part of the whole."""
REPEATS = 5
NATIVE_REPEATS = 3
"""In each: native calls are short."""
ROUND_SECONDS = 1.5
"""What tsfresh gets to do in a round, on one core: enough to know its time per series."""
POOL_SERIES = 3
"""In a pool it gets so many times the series of each core: the start of its processes must not count."""
PEERS = Path(__file__).parent.parent / ".peers" / "bin" / "python"
PEERS_LENGTH = 2016
"""Peers are measured up to this length."""

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]


def cases(arguments: argparse.Namespace) -> Iterator[tuple[int, str]]:
    for length in arguments.length or LENGTHS:
        for name in arguments.set or SETS:
            if arguments.length or name != "comprehensive" or length <= LONGEST_COMPREHENSIVE:
                yield length, name


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


class Tsfresh:
    """tsfresh's own `extract_features`, imported and called once before it is timed."""

    def __init__(self, feature_set: str, times: Times) -> None:
        from tsfresh.feature_extraction import settings  # noqa: PLC0415 - native calls before this do without

        classes = {
            "minimal": settings.MinimalFCParameters,
            "efficient": settings.EfficientFCParameters,
            "comprehensive": settings.ComprehensiveFCParameters,
        }
        self._settings, self._times = classes[feature_set](), times

    def seconds(self, x: Floats, n_jobs: int) -> float:
        """Seconds per series."""
        import pandas as pd  # noqa: PLC0415 - as above
        from tsfresh import extract_features  # noqa: PLC0415 - as above

        count, length = x.shape
        frame = pd.DataFrame({"id": np.repeat(np.arange(count), length), "value": x.ravel()})
        frame.index = pd.DatetimeIndex(np.tile(self._times, count))
        given = {"column_id": "id", "n_jobs": n_jobs, "disable_progressbar": True}
        return timed(partial(extract_features, frame, self._settings, **given)) / count


def compare(x: Floats, feature_set: str, tsfresh_series: int | None, repeats: int) -> dict[str, Any]:
    """Medians of rounds in which native and tsfresh take turns."""
    cores = len(os.sched_getaffinity(0))
    times = np.datetime64("2024-03-01", "us") + np.arange(x.shape[1]) * np.timedelta64(5, "m")
    calculators = FEATURE_SETS[feature_set]
    tsfresh = Tsfresh(feature_set, times)
    _, names = extract_batch(x[:cores], calculators, times=times, threads=cores)
    tsfresh.seconds(x[:1], 0)
    once = tsfresh.seconds(x[:1], 0)
    alone = tsfresh_series or max(1, min(len(x), round(ROUND_SECONDS / once)))
    native: dict[int, list[float]] = {1: [], cores: []}
    reference: dict[int, list[float]] = {0: [], cores: []}
    for turn in range(repeats):
        for threads, found in list(native.items()) * NATIVE_REPEATS:
            found.append(timed(partial(extract_batch, x, calculators, times=times, threads=threads)) / len(x))
        for n_jobs, found in reference.items():
            count = alone * (POOL_SERIES * n_jobs if n_jobs else 1)
            found.append(tsfresh.seconds(x.take(range(turn * count, (turn + 1) * count), axis=0, mode="wrap"), n_jobs))
    per_core, all_threads = statistics.median(native[1]), statistics.median(native[cores])
    one_core = statistics.median(reference[0])
    whole = min(map(statistics.median, reference.values()))
    return {
        "length": x.shape[1],
        "set": feature_set,
        "features": len(names),
        "cores": cores,
        "native_series": len(x),
        "tsfresh_series": alone * repeats,
        "native_ms_per_series_one_core": per_core * 1e3,
        "native_us_per_feature_one_core": per_core * 1e6 / len(names),
        "native_ms_per_series_whole_machine": all_threads * 1e3,
        "tsfresh_ms_per_series_one_core": one_core * 1e3,
        "tsfresh_us_per_feature_one_core": one_core * 1e6 / len(names),
        "tsfresh_ms_per_series_whole_machine": whole * 1e3,
        "times_faster_per_core": one_core / per_core,
        "times_faster_whole_machine": whole / all_threads,
        "speedup_of_all_threads": per_core / all_threads,
        "versions": {name: version(name) for name in ("feature-platform", "numba", "numpy", "tsfresh")},
    }


def peers(length: int) -> dict[str, Any]:
    """What benchmarks/peers.py says of this length; nothing where its environment is not there."""
    if not PEERS.exists() or length > PEERS_LENGTH:
        return {}
    command = [str(PEERS), str(Path(__file__).with_name("peers.py")), "--length", str(length)]
    series_count = max(1, 24 * 288 // length)
    done = subprocess.run([*command, "--series", str(series_count)], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(result: dict[str, Any]) -> str:
    """The result as a table of docs/benchmarks.md, with a row for each library."""
    own = result["features"], result["native_ms_per_series_one_core"], result["native_us_per_feature_one_core"]
    reference = result["features"], result["tsfresh_ms_per_series_one_core"], result["tsfresh_us_per_feature_one_core"]
    rows = {"native": own, "tsfresh": reference}
    rows |= {
        name: (peer["features"], peer["ms_per_series"], peer["us_per_feature"])
        for name, peer in result.get("peers", {}).items()
    }
    title = (
        f"{result['length']:,} values a series, {result['set']}: {result['times_faster_per_core']:.0f} times faster "
        f"per core, {result['times_faster_whole_machine']:.0f} on all {result['cores']}; "
        f"all threads {result['speedup_of_all_threads']:.2f} times one"
    )
    lines = [
        title,
        "",
        "| library | features | ms a series | µs a feature |",
        "|---|---|---|---|",
        *(f"| {name} | {count} | {ms:.3g} | {us:.3g} |" for name, (count, ms, us) in rows.items()),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, nargs="+", help="by default the lengths of docs/benchmarks.md")
    parser.add_argument("--series", type=int, help="in a native batch; by default half a million values")
    parser.add_argument("--tsfresh-series", type=int, help="in a round of tsfresh; by default as many as take 1.5 s")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--set", nargs="+", choices=sorted(FEATURE_SETS), help="by default efficient, comprehensive")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.length and not arguments.set:
        arguments.set = ["efficient"]
    for length, feature_set in cases(arguments):
        count = arguments.series or max(16, BATCH_VALUES // length)
        result = compare(series(count, length), feature_set, arguments.tsfresh_series, arguments.repeats)
        if feature_set == "efficient":
            result |= peers(length)
        print(json.dumps(result) if arguments.json else table(result) + "\n", flush=True)


if __name__ == "__main__":
    main()
