"""The catalogue's entries on how the values change from step to step, and their trend."""

from collections.abc import Mapping

from feature_platform.features.calculators.kernel import Parameters
from feature_platform.features.catalogue.entry import AGGREGATES, Entry, Kind

LINE: Mapping[object, str] = {
    "slope": "slope",
    "intercept": "value at the window's start",
    "rvalue": "correlation coefficient",
    "pvalue": "p-value, for a slope of zero,",
    "stderr": "standard error of the slope",
}
"""Phrases for what a straight line has."""
ATTRIBUTE = "slope, intercept, rvalue (correlation), pvalue or stderr (of the slope)"


def _line_kind(parameters: Parameters) -> Kind:
    return "probability" if parameters["attr"] == "pvalue" else "correlation"


def _per(step: str, parameters: Parameters) -> str:
    return f"per {step}" if parameters["attr"] in {"slope", "stderr"} else ""


ENTRIES = (
    Entry("mean_abs_change", "How much the series typically moves in a step.", "Σ |Δᵢ| / (n-1)", per="per step"),
    Entry("mean_change", "How far the series drifts in a step, on average.", "(xₙ - x₁) / (n-1)", per="per step"),
    Entry(
        "mean_second_derivative_central",
        "Whether the series bends upwards (positive) or downwards, on average.",
        "(xₙ - xₙ₋₁ - x₂ + x₁) / (2(n-2))",
        per="per step²",
    ),
    Entry("absolute_sum_of_changes", "The way that the series goes up and down in all.", "Σ |Δᵢ|"),
    Entry(
        "cid_ce",
        "How restless the series is: its length if it were drawn as a line{normalize}.",
        "√(Σ Δᵢ²), of (x - μ) / σ where normalize is true",
        parameters={"normalize": "whether the series is brought to mean 0 and deviation 1 first"},
        words={"normalize": {True: ", at a standard deviation of 1", False: ""}},
        reference="Batista et al., Data Mining and Knowledge Discovery 28, 2014",
    ),
    Entry(
        "c3",
        "Non-linearity: the mean product of three values that are {lag} steps apart.",
        "Σ xᵢ₊₂ₗ · xᵢ₊ₗ · xᵢ / (n-2l), l = lag",
        parameters={"lag": "steps between the values"},
        reference="Schreiber and Schmitz, Physical Review E 55, 1997",
    ),
    Entry(
        "time_reversal_asymmetry_statistic",
        "Whether the series looks different backwards, over {lag} steps; 0 if it does not.",
        "Σ (xᵢ₊₂ₗ² · xᵢ₊ₗ - xᵢ₊ₗ · xᵢ²) / (n-2l), l = lag",
        parameters={"lag": "steps between the values"},
        reference="Fulcher and Jones, IEEE Transactions on Knowledge and Data Engineering 26, 2014",
    ),
    Entry(
        "change_quantiles",
        "The {f_agg} of {isabs} between neighbours that both lie between the {ql} and {qh} quantiles.",
        "f_agg of Δᵢ, or |Δᵢ|, over the i with xᵢ and xᵢ₊₁ between quantiles ql and qh; 0 if there are none",
        parameters={
            "ql": "the lower quantile of the corridor",
            "qh": "the upper quantile of the corridor",
            "isabs": "whether changes lose their sign",
            "f_agg": "what is taken of the changes: mean, var, …",
        },
        words={"f_agg": AGGREGATES, "isabs": {True: "absolute changes", False: "changes"}},
    ),
    Entry(
        "linear_trend",
        "The {attr} of the straight line that fits the series best, over its steps.",
        "least squares of xᵢ over i = 0 … n-1",
        kind=_line_kind,
        per=lambda parameters: _per("step", parameters),
        parameters={"attr": ATTRIBUTE},
        words={"attr": LINE},
    ),
    Entry(
        "linear_trend_timewise",
        "The {attr} of the straight line that fits the series best, over its hours.",
        "least squares of xᵢ over tᵢ - t₁ in hours",
        kind=_line_kind,
        per=lambda parameters: _per("hour", parameters),
        parameters={"attr": ATTRIBUTE},
        words={"attr": LINE},
    ),
    Entry(
        "agg_linear_trend",
        "The {attr} of the line through the {f_agg} of each {chunk_len} values in a row.",
        "least squares of f_agg(chunk k) over k = 0, 1, …",
        kind=_line_kind,
        per=lambda parameters: _per("chunk", parameters),
        parameters={
            "attr": ATTRIBUTE,
            "chunk_len": "how many values make a chunk",
            "f_agg": "what is taken of each chunk: max, min, mean or var",
        },
        words={"attr": LINE, "f_agg": AGGREGATES},
    ),
)
