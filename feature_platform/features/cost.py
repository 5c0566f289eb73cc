"""What one column of each calculator costs to compute: selection keeps the cheaper of two that say the same."""

from collections.abc import Mapping
from types import MappingProxyType

from feature_platform.features.columns import SEPARATOR

MICROSECONDS: Mapping[str, int] = MappingProxyType(
    {
        "abs_energy": 12,
        "absolute_maximum": 15,
        "absolute_sum_of_changes": 21,
        "agg_autocorrelation": 110,
        "agg_linear_trend": 520,
        "approximate_entropy": 13_000,
        "ar_coefficient": 1_700,
        "augmented_dickey_fuller": 5_900,
        "autocorrelation": 83,
        "benford_correlation": 660,
        "binned_entropy": 150,
        "c3": 32,
        "change_quantiles": 850,
        "cid_ce": 42,
        "count_above": 23,
        "count_above_mean": 22,
        "count_below": 22,
        "count_below_mean": 22,
        "cwt_coefficients": 780,
        "energy_ratio_by_chunks": 49,
        "fft_aggregated": 48,
        "fft_coefficient": 32,
        "first_location_of_maximum": 11,
        "first_location_of_minimum": 12,
        "fourier_entropy": 420,
        "friedrich_coefficients": 6_300,
        "has_duplicate": 28,
        "has_duplicate_max": 23,
        "has_duplicate_min": 21,
        "index_mass_quantile": 34,
        "kurtosis": 66,
        "large_standard_deviation": 48,
        "last_location_of_maximum": 12,
        "last_location_of_minimum": 12,
        "lempel_ziv_complexity": 420,
        "length": 8,
        "linear_trend": 440,
        "linear_trend_timewise": 590,
        "longest_strike_above_mean": 110,
        "longest_strike_below_mean": 110,
        "max_langevin_fixed_point": 6_000,
        "maximum": 14,
        "mean": 18,
        "mean_abs_change": 30,
        "mean_change": 9,
        "mean_n_absolute_max": 32,
        "mean_second_derivative_central": 9,
        "median": 46,
        "minimum": 13,
        "number_crossing_m": 21,
        "number_cwt_peaks": 4_600,
        "number_peaks": 43,
        "partial_autocorrelation": 93,
        "percentage_of_reoccurring_datapoints_to_all_datapoints": 390,
        "percentage_of_reoccurring_values_to_all_values": 53,
        "permutation_entropy": 330,
        "quantile": 91,
        "query_similarity_count": 17,
        "range_count": 23,
        "ratio_beyond_r_sigma": 57,
        "ratio_value_number_to_time_series_length": 26,
        "root_mean_square": 19,
        "sample_entropy": 14_000,
        "skewness": 59,
        "spkt_welch_density": 350,
        "standard_deviation": 32,
        "sum_of_reoccurring_data_points": 52,
        "sum_of_reoccurring_values": 54,
        "sum_values": 13,
        "symmetry_looking": 64,
        "time_reversal_asymmetry_statistic": 36,
        "value_count": 15,
        "variance": 30,
        "variance_larger_than_standard_deviation": 43,
        "variation_coefficient": 39,
    }
)
"""One column alone, by tsfresh 0.21.2 on a random walk of 288 values, one core, BLAS threads 1 (measured)."""

UNKNOWN_CLASS = 9


def cost_class(column: str) -> int:
    """The order of magnitude of the column's cost: 2 below 100 microseconds, 3 below 1,000, and so on.

    Finer differences are noise of the machine and must decide nothing. A calculator that is not in the table counts
    as dearest.
    """
    parts = column.split(SEPARATOR)
    cost = MICROSECONDS.get(parts[1]) if len(parts) > 1 else None
    return UNKNOWN_CLASS if cost is None else max(len(str(cost)), 2)
