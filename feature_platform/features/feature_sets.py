"""tsfresh 0.21's three feature sets, as tsfresh's own settings classes list them, without importing tsfresh."""

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

ParameterList = Sequence[Mapping[str, Any]] | None

WITHOUT_PARAMETERS = (
    "variance_larger_than_standard_deviation",
    "has_duplicate_max",
    "has_duplicate_min",
    "has_duplicate",
    "sum_values",
    "abs_energy",
    "mean_abs_change",
    "mean_change",
    "mean_second_derivative_central",
    "median",
    "mean",
    "length",
    "standard_deviation",
    "variation_coefficient",
    "variance",
    "skewness",
    "kurtosis",
    "root_mean_square",
    "absolute_sum_of_changes",
    "longest_strike_below_mean",
    "longest_strike_above_mean",
    "count_above_mean",
    "count_below_mean",
    "last_location_of_maximum",
    "first_location_of_maximum",
    "last_location_of_minimum",
    "first_location_of_minimum",
    "percentage_of_reoccurring_values_to_all_values",
    "percentage_of_reoccurring_datapoints_to_all_datapoints",
    "sum_of_reoccurring_values",
    "sum_of_reoccurring_data_points",
    "ratio_value_number_to_time_series_length",
    "sample_entropy",
    "maximum",
    "absolute_maximum",
    "minimum",
    "benford_correlation",
)
HIGH_COST = ("sample_entropy", "approximate_entropy")
MINIMAL = (
    "sum_values",
    "median",
    "mean",
    "length",
    "standard_deviation",
    "variance",
    "root_mean_square",
    "maximum",
    "absolute_maximum",
    "minimum",
)

DECILES = (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9)
TREND = ("pvalue", "rvalue", "intercept", "slope", "stderr")
WIDTHS = (2, 5, 10, 20)
BINS = (2, 3, 5, 10, 100)


def _with_parameters() -> dict[str, ParameterList]:
    return {
        "time_reversal_asymmetry_statistic": _each("lag", range(1, 4)),
        "c3": _each("lag", range(1, 4)),
        "cid_ce": _each("normalize", (True, False)),
        "symmetry_looking": _each("r", (r * 0.05 for r in range(20))),
        "large_standard_deviation": _each("r", (r * 0.05 for r in range(1, 20))),
        "quantile": _each("q", DECILES),
        "autocorrelation": _each("lag", range(10)),
        "agg_autocorrelation": [{"f_agg": name, "maxlag": 40} for name in ("mean", "median", "var")],
        "partial_autocorrelation": _each("lag", range(10)),
        "number_cwt_peaks": _each("n", (1, 5)),
        "number_peaks": _each("n", (1, 3, 5, 10, 50)),
        "binned_entropy": _each("max_bins", (10,)),
        "index_mass_quantile": _each("q", DECILES),
        "cwt_coefficients": [{"widths": WIDTHS, "coeff": coeff, "w": w} for coeff in range(15) for w in WIDTHS],
        "spkt_welch_density": _each("coeff", (2, 5, 8)),
        "ar_coefficient": [{"coeff": coeff, "k": 10} for coeff in range(11)],
        "change_quantiles": [
            {"ql": low, "qh": high, "isabs": isabs, "f_agg": name}
            for low, high, isabs, name in product(
                (0.0, 0.2, 0.4, 0.6, 0.8), (0.2, 0.4, 0.6, 0.8, 1.0), (False, True), ("mean", "var")
            )
            if low < high
        ],
        "fft_coefficient": [
            {"coeff": coeff, "attr": attr} for attr, coeff in product(("real", "imag", "abs", "angle"), range(100))
        ],
        "fft_aggregated": _each("aggtype", ("centroid", "variance", "skew", "kurtosis")),
        "value_count": _each("value", (0, 1, -1)),
        "range_count": [{"min": -1, "max": 1}, {"min": -1e12, "max": 0}, {"min": 0, "max": 1e12}],
        "approximate_entropy": [{"m": 2, "r": r} for r in (0.1, 0.3, 0.5, 0.7, 0.9)],
        "friedrich_coefficients": [{"coeff": coeff, "m": 3, "r": 30} for coeff in range(4)],
        "max_langevin_fixed_point": [{"m": 3, "r": 30}],
        "linear_trend": _each("attr", TREND),
        "agg_linear_trend": [
            {"attr": attr, "chunk_len": length, "f_agg": name}
            for attr, length, name in product(
                ("rvalue", "intercept", "slope", "stderr"), (5, 10, 50), ("max", "min", "mean", "var")
            )
        ],
        "augmented_dickey_fuller": _each("attr", ("teststat", "pvalue", "usedlag")),
        "number_crossing_m": _each("m", (0, -1, 1)),
        "energy_ratio_by_chunks": [{"num_segments": 10, "segment_focus": focus} for focus in range(10)],
        "ratio_beyond_r_sigma": _each("r", (0.5, 1, 1.5, 2, 2.5, 3, 5, 6, 7, 10)),
        "linear_trend_timewise": _each("attr", TREND),
        "count_above": _each("t", (0,)),
        "count_below": _each("t", (0,)),
        "lempel_ziv_complexity": _each("bins", BINS),
        "fourier_entropy": _each("bins", BINS),
        "permutation_entropy": [{"tau": 1, "dimension": dimension} for dimension in range(3, 8)],
        "query_similarity_count": [{"query": None, "threshold": 0.0}],
        "mean_n_absolute_max": _each("number_of_maxima", (7,)),
    }


def _each(name: str, values: Any) -> ParameterList:  # noqa: ANN401 - any iterable of parameter values
    return [{name: value} for value in values]


COMPREHENSIVE: Mapping[str, ParameterList] = MappingProxyType(
    dict.fromkeys(WITHOUT_PARAMETERS, None) | _with_parameters()
)

FEATURE_SETS: Mapping[str, Mapping[str, ParameterList]] = MappingProxyType(
    {
        "minimal": {name: COMPREHENSIVE[name] for name in MINIMAL},
        "efficient": {name: value for name, value in COMPREHENSIVE.items() if name not in HIGH_COST},
        "comprehensive": COMPREHENSIVE,
    }
)
"""Calculators by name with their parameters, in tsfresh's order."""
