"""The catalogue's entries on how the values depend on those before, and on how complex the series is."""

from feature_platform.features.calculators.kernel import Parameters
from feature_platform.features.catalogue.entry import AGGREGATES, Entry, Kind


def _test_kind(parameters: Parameters) -> Kind:
    kinds: dict[str, Kind] = {"pvalue": "probability", "usedlag": "count"}
    return kinds.get(parameters["attr"], "number")


ENTRIES = (
    Entry(
        "autocorrelation",
        "How like the series is to itself {lag} steps later.",
        "R(l) = Σ (xᵢ - μ)(xᵢ₊ₗ - μ) / ((n-l) σ²), l = lag",
        parameters={"lag": "steps between the values"},
        reference="Box and Jenkins, Time Series Analysis, 1970",
    ),
    Entry(
        "agg_autocorrelation",
        "The {f_agg} of the autocorrelations over 1 to {maxlag} steps.",
        "f_agg of R(1) … R(maxlag)",
        parameters={"f_agg": "what is taken of the autocorrelations: mean, …", "maxlag": "the largest lag"},
        words={"f_agg": AGGREGATES},
    ),
    Entry(
        "partial_autocorrelation",
        "What the value {lag} steps before says beyond what those between say.",
        "αₗ, the last coefficient of an autoregression of l = lag steps (Levinson and Durbin)",
        parameters={"lag": "steps between the values"},
        reference="Box and Jenkins, Time Series Analysis, 1970",
    ),
    Entry(
        "ar_coefficient",
        "Coefficient {coeff} (0: the constant) of predicting a value from the {k} before it.",
        "φ of xᵢ = φ₀ + φ₁ xᵢ₋₁ + … + φₖ xᵢ₋ₖ + ε, by least squares",
        parameters={"coeff": "which coefficient; 0 is the constant", "k": "how many values before"},
        reference="Box and Jenkins, Time Series Analysis, 1970",
    ),
    Entry(
        "augmented_dickey_fuller",
        "The {attr} of a test for a unit root: whether the series wanders without coming back.",
        "t-value of γ in Δᵢ = a + γ xᵢ + Σ δⱼ Δᵢ₋ⱼ, as many j as autolag chooses",
        kind=_test_kind,
        parameters={
            "attr": "teststat, pvalue or usedlag",
            "autolag": "how the number of lags is chosen: AIC, BIC, t-stat or None",
        },
        words={"attr": {"teststat": "statistic", "pvalue": "p-value", "usedlag": "number of lags"}},
        reference="Dickey and Fuller, 1979; p-values by MacKinnon, 1994 and 2010",
    ),
    Entry(
        "friedrich_coefficients",
        "How the value drives its own change: coefficient {coeff} of a polynomial, from the power {m} down.",
        "h(x) = c₀ xᵐ + … + cₘ, fitted to the mean Δᵢ in r quantile bins of x",
        per="per step",
        parameters={
            "coeff": "which coefficient, from the highest power",
            "m": "order of the polynomial",
            "r": "how many quantile bins",
        },
        reference="Friedrich et al., Physics Letters A 271, 2000",
    ),
    Entry(
        "max_langevin_fixed_point",
        "The largest value at which the series would rest, by a polynomial of order {m} for its drift.",
        "largest real part of the roots of h(x), see friedrich_coefficients",
        parameters={"m": "order of the polynomial", "r": "how many quantile bins"},
        reference="Friedrich et al., Physics Letters A 271, 2000",
    ),
    Entry(
        "sample_entropy",
        "How often stretches of 2 values that are alike go on differently; 0 for a regular series.",
        "-ln(A / B): pairs of stretches of 3 and of 2 values that are within 0.2 σ of each other",
        kind="nats",
        reference="Richman and Moorman, American Journal of Physiology 278, 2000",
    ),
    Entry(
        "approximate_entropy",
        "How unpredictable the series is, from stretches of {m} values that are alike within {r} deviations.",
        "|Φ(m) - Φ(m+1)|, Φ the mean log share of stretches within r · σ of each stretch",
        kind="nats",
        parameters={"m": "length of the stretches", "r": "what is alike, in standard deviations"},
        reference="Pincus, PNAS 88, 1991",
    ),
    Entry(
        "permutation_entropy",
        "How evenly the orders of {dimension} neighbours, looked at every {tau} steps, occur; 0 if only one does.",
        "-Σ p ln p, p the share of each order",
        kind="nats",
        parameters={"tau": "steps from one stretch to the next", "dimension": "how many values are put in order"},
        reference="Bandt and Pompe, Physical Review Letters 88, 2002",
    ),
    Entry(
        "lempel_ziv_complexity",
        "How many new words the series needs for each step, written in {bins} symbols.",
        "#words / n, of the values in equal bins of their range",
        kind="share",
        parameters={"bins": "how many symbols"},
        reference="Ziv and Lempel, IEEE Transactions on Information Theory 24, 1978",
    ),
)
