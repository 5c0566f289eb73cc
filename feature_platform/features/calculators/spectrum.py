"""Coefficients of the Fourier transform, and the shape of their absolute values' distribution."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer, place
from feature_platform.features.calculators.complex_numbers import degrees, modulus
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
    Calculator,
    ComplexArray,
    Encoded,
    FloatArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.summation import pairwise_sum

ATTRIBUTES = ("real", "imag", "abs", "angle")
REAL, IMAGINARY, ABSOLUTE, ANGLE = range(4)

AGGREGATES = ("centroid", "variance", "skew", "kurtosis")
CENTROID, VARIANCE, SKEW, KURTOSIS = range(4)

LEAST_VARIANCE = 0.5
"""Below this resolution a distribution over whole numbers has no skew and no kurtosis."""


def coefficient_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """A part of one coefficient of the real FFT for each row; NaN beyond the last."""
    spectrum = series.spectrum
    for k in range(rows.shape[0]):
        attribute = int(rows[k, 0])
        if rows[k, 1] >= spectrum.shape[0]:
            out[k] = math.nan
            continue
        value = spectrum[int(rows[k, 1])]
        if attribute == REAL:
            out[k] = value.real
        elif attribute == IMAGINARY:
            out[k] = value.imag
        elif attribute == ABSOLUTE:
            out[k] = modulus(value.real, value.imag)
        else:
            out[k] = degrees(value.real, value.imag)


def _encode_coefficients(requests: Sequence[Request]) -> Encoded:
    rows = [[place(request, "attr", ATTRIBUTES), integer(request, "coeff", least=0)] for request in requests]
    return Encoded(np.array(rows, dtype=np.float64), NO_TABLE)


def _coefficient_power(parameters: Parameters) -> int:
    return 0 if parameters["attr"] == "angle" else 1


COEFFICIENTS = Kernel(coefficient_kernel, encode=_encode_coefficients, needs=frozenset({"spectrum"}))


def aggregated_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """Moments of the distribution that gives bin `k` the weight `abs(spectrum[k])`."""
    sizes = scratch.floats
    bins = write_sizes(series.spectrum, sizes)
    total = pairwise_sum(sizes, 0, bins, scratch.stack)
    centroid, variance, skew, kurtosis = math.nan, math.nan, math.nan, math.nan
    if total != 0:
        first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
        for k in range(bins):
            index = float(k)
            weight = sizes[k] * index
            first += weight
            weight *= index
            second += weight
            weight *= index
            third += weight
            fourth += weight * index
        second, third, fourth = second / total, third / total, fourth / total
        centroid = first / total
        square = centroid * centroid
        variance = second - square
        if variance >= LEAST_VARIANCE:
            skew = (third - 3 * centroid * variance - square * centroid) / (variance * math.sqrt(variance))
            # Its last term is tsfresh's own: a fourth central moment ends in -3 * centroid ** 4.
            kurtosis = (fourth - 4 * centroid * third + 6 * second * square - 3 * centroid) / (variance * variance)
    for k in range(rows.shape[0]):
        aggregate = int(rows[k, 0])
        if aggregate == CENTROID:
            out[k] = centroid
        elif aggregate == VARIANCE:
            out[k] = variance
        elif aggregate == SKEW:
            out[k] = skew
        else:
            out[k] = kurtosis


def write_sizes(spectrum: ComplexArray, sizes: FloatArray) -> int:
    """Absolute values of a spectrum; how many."""
    for k in range(spectrum.shape[0]):
        sizes[k] = modulus(spectrum[k].real, spectrum[k].imag)
    return spectrum.shape[0]


def _encode_aggregates(requests: Sequence[Request]) -> Encoded:
    rows = [[place(request, "aggtype", AGGREGATES)] for request in requests]
    return Encoded(np.array(rows, dtype=np.float64), NO_TABLE)


def _bins(length: int, _encoded: Encoded) -> tuple[int, int]:
    return length // 2 + 1, 0


AGGREGATED = Kernel(aggregated_kernel, encode=_encode_aggregates, needs=frozenset({"spectrum"}), scratch=_bins)

CALCULATORS = (
    Calculator("fft_coefficient", COEFFICIENTS, keys=("coeff", "attr"), power=_coefficient_power),
    Calculator("fft_aggregated", AGGREGATED, keys=("aggtype",)),
)
