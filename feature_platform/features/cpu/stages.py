"""What a batch of series shares between its kernels, by numpy and scipy: sorted values, spectra, densities."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft

from feature_platform.features.calculators.kernel import ComplexArray, FloatArray, Need

WELCH_SEGMENT = 256
WELCH_VALUES = 2**14
"""Values at once: overlapping and transformed, they are several times as many, and stay in a core's cache."""


@dataclass(frozen=True)
class Batch:
    """Series of one length and their shared parts: (n_series, ...) arrays, empty in the second axis if not needed.

    `hours` has one row for all series, or one for each.
    """

    x: FloatArray
    ordered: FloatArray
    spectrum: ComplexArray
    density: FloatArray
    hours: FloatArray


def prepare(x: FloatArray, hours: FloatArray, needs: Collection[Need]) -> Batch:
    """Compute the shared parts that are needed of series `x` (n_series, n_time), C-contiguous."""
    nothing = np.empty((len(x), 0))
    return Batch(
        x=x,
        ordered=np.sort(x, axis=1) if "ordered" in needs else nothing,
        spectrum=scipy.fft.rfft(x, axis=1) if "spectrum" in needs else np.empty((len(x), 0), dtype=np.complex128),
        density=welch(x) if "density" in needs else nothing,
        hours=hours if "hours" in needs else np.empty((1, 0)),
    )


def welch(x: FloatArray) -> FloatArray:
    """Power spectral density as `scipy.signal.welch(x, nperseg=min(n, 256))` gives it, to the last bit, for all rows.

    Segments of `min(n, 256)` overlap by half, are freed of their mean and weighted by a periodic Hann window. Steps
    stand in scipy's own order: bins of the density's histogram begin and end at its own values.
    """
    density = np.empty((len(x), min(x.shape[1], WELCH_SEGMENT) // 2 + 1))
    step = max(1, WELCH_VALUES // x.shape[1])
    for first in range(0, len(x), step):
        density[first : first + step] = _welch(x[first : first + step])
    return density


def _welch(x: FloatArray) -> FloatArray:
    size = min(x.shape[1], WELCH_SEGMENT)
    segments = np.lib.stride_tricks.sliding_window_view(x, size, axis=1)[:, :: size - size // 2]
    with np.errstate(all="ignore"):  # infinite and huge values have no density: NaN, as in scipy
        weighted = segments - segments.mean(axis=2, keepdims=True)
        weighted *= welch_window(size)
        transformed = scipy.fft.rfft(weighted, axis=2)
        # Segments come last: numpy's mean adds in pairs along the last axis alone.
        power = np.ascontiguousarray((transformed.real**2 + transformed.imag**2).swapaxes(1, 2))
        power[:, 1 : None if size % 2 else -1] *= 2
        mean: FloatArray = power.mean(axis=2)
        return mean


@cache
def welch_window(size: int) -> FloatArray:
    """Periodic Hann window, scaled so that squared spectra are densities at a sampling frequency of 1."""
    if size == 1:
        return np.ones(1)
    window = np.zeros(size) + 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, size + 1)[:-1])
    # Python's sum, from left to right, as scipy takes it.
    scale: float = 1 / np.sqrt(sum(window**2))
    return window * scale
