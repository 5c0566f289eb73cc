"""The catalogue's entries on what swings in the series, how fast and how strongly."""

from feature_platform.features.calculators.kernel import Parameters
from feature_platform.features.catalogue.entry import Entry, Kind


def _spectrum_kind(parameters: Parameters) -> Kind:
    return "bins" if parameters["aggtype"] in {"centroid", "variance"} else "number"


ENTRIES = (
    Entry(
        "fft_coefficient",
        "The {attr} of the swing that comes {coeff} times in the window.",
        "Xₖ = Σ xⱼ exp(-2πi (j-1) k / n), k = coeff; undefined for k > n/2",
        kind="degrees",
        parameters={"coeff": "how many times the swing comes in the window", "attr": "real, imag, abs or angle"},
        words={
            "attr": {"real": "cosine part", "imag": "sine part", "abs": "strength", "angle": "phase"},
        },
    ),
    Entry(
        "fft_aggregated",
        "The {aggtype} of the distribution of strength over frequencies.",
        "moments of k with weights |Xₖ|, k = 0 … n/2 (kurtosis as tsfresh computes it)",
        kind=_spectrum_kind,
        per=lambda parameters: "squared" if parameters["aggtype"] == "variance" else "",
        parameters={"aggtype": "centroid, variance, skew or kurtosis"},
        words={"aggtype": {"skew": "skewness"}},
    ),
    Entry(
        "spkt_welch_density",
        "How strongly the series swings near bin {coeff} of up to 129 frequencies.",
        "Welch's power spectral density, Hann windows of at most 256 values, half overlapping",
        per="per cycle per step",
        parameters={"coeff": "which frequency bin, from 0"},
        reference="Welch, IEEE Transactions on Audio and Electroacoustics 15, 1967",
    ),
    Entry(
        "fourier_entropy",
        "How evenly the spectral density spreads over {bins} bins of strength; 0 for noise of one strength.",
        "binned_entropy of Welch's density divided by its maximum",
        kind="nats",
        parameters={"bins": "how many bins"},
    ),
    Entry(
        "cwt_coefficients",
        "How much the series looks like a bump {w} steps wide around step {coeff} of the window.",
        "Σ xᵢ ψ((i - coeff) / w) / √w, ψ the Mexican hat of PyWavelets",
        parameters={
            "widths": "all widths that are computed together",
            "coeff": "where in the window, in steps",
            "w": "the width, one of widths",
        },
        reference="Daubechies, Ten Lectures on Wavelets, 1992",
    ),
    Entry(
        "number_cwt_peaks",
        "How many peaks stand out from the noise at widths of 1 to {n} steps.",
        "scipy.signal.find_peaks_cwt with Ricker wavelets of the widths 1 … n",
        kind="count",
        parameters={"n": "the largest width, in steps"},
        reference="Du, Kibbe and Lin, Bioinformatics 22, 2006",
    ),
)
