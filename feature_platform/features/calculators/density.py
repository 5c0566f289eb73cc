"""Welch's power spectral density: its values, and how evenly it is spread."""

import math
from collections.abc import Sequence
from numbers import Integral

import numpy as np

from feature_platform.features.calculators.arguments import integer
from feature_platform.features.calculators.histograms import MOST_BINS, histogram_entropy
from feature_platform.features.calculators.kernel import (
    NO_TABLE,
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
    to_the,
)

MOST_DENSITY = 129
"""Bins of a density of segments of 256 values."""


def density_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The density in one bin for each row.

    Where bins are asked for that a short series lacks, tsfresh names the others' values in the order of all requests
    and leaves the last ones NaN: in another order than the usual ascending one, a value has another bin's name.
    """
    density = series.density
    found = 0
    for k in range(rows.shape[0]):
        if rows[k, 0] < density.shape[0]:
            out[found] = density[int(rows[k, 0])]
            found += 1
    for k in range(found, rows.shape[0]):
        out[k] = math.nan


def _encode_density(requests: Sequence[Request]) -> Encoded:
    bins = [[float(integer(request, "coeff", least=0))] for request in requests]
    return Encoded(np.array(bins), NO_TABLE)


def _counted_from_the_end(parameters: Parameters) -> str | None:
    coeff = parameters["coeff"]
    return "a bin counted from the end" if isinstance(coeff, Integral) and int(coeff) < 0 else None


DENSITY = Kernel(density_kernel, encode=_encode_density, needs=frozenset({"density"}))


def entropy_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """Entropy of a histogram of the density over its maximum, for each number of bins."""
    density, relative, edges = series.density, scratch.floats[:MOST_DENSITY], scratch.floats[MOST_DENSITY:]
    count = density.shape[0]
    highest = density[0]
    for i in range(count):
        if not density[i] <= highest:
            highest = density[i]
    # A NaN, or nothing but zeros or infinite values, has no histogram.
    known = 0 < highest < math.inf
    low = 1.0
    for i in range(count):
        if known:
            relative[i] = density[i] / highest
            known = not math.isnan(relative[i])
            low = min(low, relative[i])
    for k in range(rows.shape[0]):
        out[k] = math.nan
        if known:
            out[k] = histogram_entropy(relative, count, low, 1.0, int(rows[k, 0]), edges, scratch.integers)


def _encode_entropy(requests: Sequence[Request]) -> Encoded:
    bins = [[float(integer(request, "bins", least=1))] for request in requests]
    return Encoded(np.array(bins), NO_TABLE)


def _entropy_scratch(_length: int, encoded: Encoded) -> tuple[int, int]:
    most = int(encoded.rows.max())
    return MOST_DENSITY + most + 1, most


def _odd_bins(parameters: Parameters) -> str | None:
    bins = parameters["bins"]
    if isinstance(bins, str | Sequence | np.ndarray):
        return "bins that name a rule or list edges"
    return f"more than {MOST_BINS} bins" if isinstance(bins, Integral) and int(bins) > MOST_BINS else None


ENTROPY = Kernel(entropy_kernel, encode=_encode_entropy, needs=frozenset({"density"}), scratch=_entropy_scratch)

CALCULATORS = (
    Calculator("spkt_welch_density", DENSITY, keys=("coeff",), beyond=_counted_from_the_end, power=to_the(2)),
    Calculator("fourier_entropy", ENTROPY, keys=("bins",), beyond=_odd_bins),
)
