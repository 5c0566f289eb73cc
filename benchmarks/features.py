"""Native features against tsfresh's own, per core and on the whole machine, in one run.

    python benchmarks/features.py --length 288 --series 400 --set efficient

tsfresh runs at its fair best: BLAS held to one thread before it is imported, per core with n_jobs=0, and on the whole
machine with n_jobs = cores, where that is faster.
"""

import argparse
import json
import os
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from feature_platform.features import extract_batch
from feature_platform.features.feature_sets import FEATURE_SETS

TSFRESH_SERIES = 12
"""tsfresh's time is proportional to the number of series; these are enough to know it per series."""
REPEATS = 5


def series(count: int, length: int) -> np.ndarray:
    random = np.random.default_rng(1)
    time_of_day = np.arange(length) / 288 * 2 * np.pi
    walks = random.normal(size=(count, length)).cumsum(axis=1) * 0.1
    return np.round(20 + 5 * np.sin(time_of_day) + walks, 2)


def native_seconds(x: np.ndarray, times: np.ndarray, feature_set: str, threads: int) -> float:
    extract_batch(x[:1], FEATURE_SETS[feature_set], times=times, threads=threads)
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        extract_batch(x, FEATURE_SETS[feature_set], times=times, threads=threads)
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[REPEATS // 2] / len(x)


def tsfresh_seconds(x: np.ndarray, feature_set: str, n_jobs: int) -> float:
    """Seconds per series of tsfresh's own extract_features, without its import."""
    import pandas as pd  # noqa: PLC0415 - what is timed first must not find it imported
    from tsfresh import extract_features  # noqa: PLC0415 - as above
    from tsfresh.feature_extraction import settings  # noqa: PLC0415 - as above

    classes = {
        "minimal": settings.MinimalFCParameters,
        "efficient": settings.EfficientFCParameters,
        "comprehensive": settings.ComprehensiveFCParameters,
    }
    count, length = x.shape
    frame = pd.DataFrame({"id": np.repeat(np.arange(count), length), "value": x.ravel()})
    frame.index = pd.DatetimeIndex(np.tile(pd.date_range("2024-03-01", periods=length, freq="5min"), count))
    arguments = {"column_id": "id", "n_jobs": n_jobs, "disable_progressbar": True}
    extract_features(frame[frame["id"] < max(1, n_jobs)], classes[feature_set](), **arguments)
    began = time.perf_counter()
    extract_features(frame, classes[feature_set](), **arguments)
    return (time.perf_counter() - began) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=288)
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--tsfresh-series", type=int, default=TSFRESH_SERIES)
    parser.add_argument("--set", default="efficient", choices=sorted(FEATURE_SETS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    x = series(arguments.series, arguments.length)
    times = np.datetime64("2024-03-01", "us") + np.arange(arguments.length) * np.timedelta64(5, "m")
    native = {threads: native_seconds(x, times, arguments.set, threads) for threads in sorted({1, cores})}
    reference = {
        n_jobs: tsfresh_seconds(x[: arguments.tsfresh_series * max(1, n_jobs)], arguments.set, n_jobs)
        for n_jobs in (0, cores)
    }
    result = {
        "length": arguments.length,
        "set": arguments.set,
        "cores": cores,
        "native_ms_per_series_one_core": native[1] * 1e3,
        "tsfresh_ms_per_series_one_core": reference[0] * 1e3,
        "times_faster_per_core": reference[0] / native[1],
        "times_faster_whole_machine": min(reference.values()) / native[cores],
        "speedup_of_all_threads": native[1] / native[cores],
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:>34} {value:.4g}" if isinstance(value, float) else f"{name:>34} {value}")


if __name__ == "__main__":
    main()
