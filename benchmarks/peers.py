"""Other feature libraries on one core, each as its manual says it is fast: prints one JSON object.

    make peers
    .peers/bin/python benchmarks/peers.py --length 288 --series 24

Runs in the environment of locks/peers.txt, over the series of benchmarks/features.py. BLAS and Polars are held to one
thread, no process pool is used, all is imported, built and called once before the clock starts, and containers are made
before it too. Of several repeats, in turn with those of the others, the median counts.
"""

import argparse
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["NUMBA_NUM_THREADS"] = "1"
os.environ["POLARS_MAX_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from daily_curves import series

SERIES = 24
REPEATS = 5
LEVEL = 20.0
"""A level that the series cross, for what counts values above and below one."""

WITHOUT_ARGUMENTS = (
    *("absolute_energy", "absolute_maximum", "absolute_sum_of_changes", "benford_correlation", "binned_entropy"),
    *("cid_ce", "count_above_mean", "count_below_mean", "first_location_of_maximum", "first_location_of_minimum"),
    *("has_duplicate", "has_duplicate_max", "has_duplicate_min", "harmonic_mean", "large_standard_deviation"),
    *("last_location_of_maximum", "last_location_of_minimum", "linear_trend", "longest_losing_streak"),
    *("longest_streak_above_mean", "longest_streak_below_mean", "longest_winning_streak", "max_abs_change"),
    *("mean_abs_change", "mean_change", "mean_second_derivative_central", "percent_reoccurring_points"),
    *("percent_reoccurring_values", "permutation_entropy", "range_change", "range_over_mean", "ratio_beyond_r_sigma"),
    *("ratio_n_unique_to_length", "root_mean_square", "sum_reoccurring_points", "sum_reoccurring_values"),
    *("symmetry_looking", "var_gt_std", "variation_coefficient"),
)
WITH_ARGUMENTS = {
    "autocorrelation": {"n_lags": 1},
    "c3": {"n_lags": 1},
    "count_above": {"threshold": LEVEL},
    "count_below": {"threshold": LEVEL},
    "lempel_ziv_complexity": {"threshold": LEVEL},
    "longest_streak_above": {"threshold": LEVEL},
    "longest_streak_below": {"threshold": LEVEL},
    "mean_n_absolute_max": {"n_maxima": 7},
    "number_crossings": {"crossing_value": LEVEL},
    "number_peaks": {"support": 3},
    "range_count": {"lower": 0.0, "upper": LEVEL},
    "streak_length_stats": {"above": True, "threshold": LEVEL},
    "time_reversal_asymmetry_statistic": {"n_lags": 1},
}
OF_SEVERAL = {"change_quantiles": {"q_low": 0.2, "q_high": 0.8}, "index_mass_quantile": {"q": 0.5}}
"""functime's calculators of its `ts` namespace, once each; of what gives several values, the mean.

`detrend`, `cusum` and `frac_diff` give series, not features, and `energy_ratios` fails in a group.
"""

Floats = npt.NDArray[np.float64]
Extract = Callable[[], int]
"""Computes all features of all series, and says how many there are of one."""


def functime(x: Floats) -> Extract:
    import functime.feature_extractors  # noqa: F401, PLC0415 - registers the namespace; timed are calls, not imports
    import polars as pl  # noqa: PLC0415 - as above

    count, length = x.shape
    frame = pl.DataFrame({"series": np.repeat(np.arange(count), length), "value": x.ravel()})
    calculators = {name: {} for name in WITHOUT_ARGUMENTS} | WITH_ARGUMENTS
    values = pl.col("value").ts
    features = [getattr(values, name)(**given).alias(name) for name, given in calculators.items()]
    features += [getattr(values, name)(**given).mean().alias(name) for name, given in OF_SEVERAL.items()]
    # A struct in a group's result is one of several features.
    structs = ("linear_trend", "streak_length_stats")

    def extract() -> int:
        found = frame.group_by("series", maintain_order=True).agg(features)
        for name in structs:
            found = found.unnest(name, separator="__")
        return found.width - 1

    return extract


def pycatch22(x: Floats) -> Extract:
    from pycatch22 import catch22_all  # noqa: PLC0415 - timed are calls, not imports

    rows = x.tolist()

    def extract() -> int:
        return [len(catch22_all(row, catch24=True)["values"]) for row in rows][-1]

    return extract


def tsfel(x: Floats, domain: str | None) -> Extract:
    import pandas as pd  # noqa: PLC0415 - timed are calls, not imports
    from tsfel import get_features_by_domain, time_series_features_extractor  # noqa: PLC0415 - as above

    settings = get_features_by_domain(domain)
    rows = [pd.Series(row) for row in x]

    def extract() -> int:
        # n_jobs=None runs here; any number starts processes.
        return int(time_series_features_extractor(settings, rows, fs=100, verbose=0, n_jobs=None).shape[1])

    return extract


def tsflex(x: Floats) -> Extract:
    import pandas as pd  # noqa: PLC0415 - timed are calls, not imports
    from tsflex.features import FeatureCollection, MultipleFeatureDescriptors  # noqa: PLC0415 - as above
    from tsflex.features.integrations import tsfresh_settings_wrapper  # noqa: PLC0415 - as above
    from tsfresh.feature_extraction import EfficientFCParameters  # noqa: PLC0415 - as above

    count, length = x.shape
    times = pd.date_range("2024-03-01", periods=count * length, freq="5min")
    window = pd.Timedelta(minutes=5 * length)
    functions = tsfresh_settings_wrapper(EfficientFCParameters())
    collection = FeatureCollection(
        MultipleFeatureDescriptors(functions, series_names="value", windows=window, strides=window)
    )
    values = pd.Series(x.ravel(), index=times, name="value")

    def extract() -> int:
        found = collection.calculate(values, return_df=True, include_final_window=True, n_jobs=0)
        if len(found) != count:
            raise SystemExit(f"tsflex cut {len(found)} windows of {count}")
        return int(found.shape[1])

    return extract


def builders(x: Floats) -> Iterator[tuple[str, Extract]]:
    yield "tsflex over tsfresh", tsflex(x)
    yield "tsfel", tsfel(x, None)
    yield "tsfel, statistical", tsfel(x, "statistical")
    yield "functime", functime(x)
    yield "pycatch22", pycatch22(x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=288)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    libraries = dict(builders(series(arguments.series, arguments.length)))
    features = {name: extract() for name, extract in libraries.items()}
    seconds: dict[str, list[float]] = {name: [] for name in libraries}
    for _ in range(arguments.repeats):
        for name, extract in libraries.items():
            began = time.perf_counter()
            extract()
            seconds[name].append((time.perf_counter() - began) / arguments.series)
    peers = {
        name: {
            "features": features[name],
            "ms_per_series": statistics.median(found) * 1e3,
            "us_per_feature": statistics.median(found) * 1e6 / features[name],
        }
        for name, found in seconds.items()
    }
    versions = {name: version(name) for name in ("functime", "pycatch22", "tsfel", "tsflex", "tsfresh")}
    print(json.dumps({"length": arguments.length, "peers": peers, "peer_versions": versions}))


if __name__ == "__main__":
    main()
