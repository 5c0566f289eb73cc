"""All calculators that have a kernel of their own, by tsfresh's name."""

from collections.abc import Mapping
from types import MappingProxyType

from feature_platform.features.calculators import (
    autocorrelation,
    autoregression,
    benford,
    change_quantiles,
    changes,
    counting,
    density,
    entropies,
    histograms,
    langevin,
    lempel_ziv,
    locations,
    mass,
    order,
    peaks,
    permutation,
    similarity,
    spectrum,
    stationarity,
    statistics,
    trend,
    wavelet_peaks,
    wavelets,
)
from feature_platform.features.calculators.kernel import Calculator

FAMILIES = (
    autocorrelation,
    autoregression,
    benford,
    change_quantiles,
    changes,
    counting,
    density,
    entropies,
    histograms,
    langevin,
    lempel_ziv,
    locations,
    mass,
    order,
    peaks,
    permutation,
    similarity,
    spectrum,
    stationarity,
    statistics,
    trend,
    wavelet_peaks,
    wavelets,
)

CALCULATORS: Mapping[str, Calculator] = MappingProxyType(
    {calculator.name: calculator for family in FAMILIES for calculator in family.CALCULATORS}
)
