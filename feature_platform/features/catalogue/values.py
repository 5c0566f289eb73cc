"""The catalogue's entries on the values themselves, in whatever order they came."""

from feature_platform.features.catalogue.entry import Entry

ENTRIES = (
    Entry("sum_values", "The sum of all values.", "Σ xᵢ"),
    Entry("mean", "The average of the values.", "μ = Σ xᵢ / n"),
    Entry("median", "The value that half of the values lie below.", "the middle of the sorted values"),
    Entry("length", "How many values the window has.", "n", kind="count"),
    Entry("standard_deviation", "How far the values typically lie from their mean.", "σ = √(Σ (xᵢ - μ)² / n)"),
    Entry("variance", "The mean squared distance of the values from their mean.", "σ² = Σ (xᵢ - μ)² / n"),
    Entry("root_mean_square", "The typical size of the values, whatever their sign.", "√(Σ xᵢ² / n)"),
    Entry("maximum", "The largest value.", "max xᵢ"),
    Entry("minimum", "The smallest value.", "min xᵢ"),
    Entry("absolute_maximum", "The value that is farthest from zero, without its sign.", "max |xᵢ|"),
    Entry("abs_energy", "The sum of all squared values.", "Σ xᵢ²"),
    Entry(
        "mean_n_absolute_max",
        "The mean of the {number_of_maxima} values that are farthest from zero, without their signs.",
        "mean of the k largest |xᵢ|, k = number_of_maxima; undefined for n ≤ k",
        parameters={"number_of_maxima": "how many values are averaged"},
    ),
    Entry(
        "quantile",
        "The value below which a share of {q} of the values lies.",
        "the q-quantile of x, interpolated between neighbours",
        parameters={"q": "the share of the values that lie below, 0 to 1"},
    ),
    Entry(
        "variation_coefficient",
        "The standard deviation as a multiple of the mean; only for values that have a natural zero.",
        "σ / μ; undefined for μ = 0",
    ),
    Entry(
        "skewness",
        "Whether the values reach farther above their middle (positive) or below it (negative).",
        "G₁ = n / ((n-1)(n-2)) · Σ ((xᵢ - μ) / s)³, s² = Σ (xᵢ - μ)² / (n-1)",
        reference="Joanes and Gill, The Statistician 47, 1998",
    ),
    Entry(
        "kurtosis",
        "How much of the spread comes from few extreme values; 0 for a normal distribution.",
        "G₂ = n(n+1) / ((n-1)(n-2)(n-3)) · Σ ((xᵢ - μ) / s)⁴ - 3(n-1)² / ((n-2)(n-3))",
        reference="Joanes and Gill, The Statistician 47, 1998",
    ),
    Entry(
        "variance_larger_than_standard_deviation",
        "Whether the variance exceeds the standard deviation: it does where the latter is above 1, in any unit.",
        "σ² > σ",
        kind="flag",
    ),
    Entry(
        "large_standard_deviation",
        "Whether the standard deviation is more than {r} times the range of the values.",
        "σ > r · (max xᵢ - min xᵢ)",
        kind="flag",
        parameters={"r": "the share of the range to compare with"},
    ),
    Entry(
        "symmetry_looking",
        "Whether mean and median lie within {r} times the range of the values from each other.",
        "|μ - median| < r · (max xᵢ - min xᵢ)",
        kind="flag",
        parameters={"r": "the share of the range to compare with"},
    ),
    Entry(
        "ratio_beyond_r_sigma",
        "The share of values that are more than {r} standard deviations from the mean.",
        "#{|xᵢ - μ| > r · σ} / n",
        kind="share",
        parameters={"r": "how many standard deviations"},
    ),
    Entry(
        "benford_correlation",
        "How well the values' first digits follow Benford's law; made-up or clipped numbers often do not.",
        "correlation of #{first digit = d} / n with log₁₀(1 + 1/d), d = 1 … 9",
        kind="correlation",
        reference="Benford, Proceedings of the American Philosophical Society 78, 1938",
    ),
    Entry(
        "binned_entropy",
        "How evenly the values spread over {max_bins} equal bins of their range; 0 if all are in one.",
        "-Σ pₖ ln pₖ, pₖ the share of values in bin k",
        kind="nats",
        parameters={"max_bins": "how many bins"},
    ),
)
