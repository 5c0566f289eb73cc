"""Welch's power spectral density of many series, as scipy computes it for one."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import scipy.fft
from numba import types

from feature_platform.features.calculators.kernel import ComplexArray, FloatArray
from feature_platform.features.calculators.summation import STACK, pairwise_sum
from feature_platform.features.cpu.compile import FLOATS, FLOATS_2D, Compiled, kept

SEGMENT = 256
BLOCK_VALUES = 2**15
"""Values at once: overlapping and transformed, they are several times as many, and stay in a core's cache."""

FLOATS_3D = types.Array(types.float64, 3, "C")
COMPLEX_3D = types.Array(types.complex128, 3, "C")
WEIGH = types.void(FLOATS_2D, FLOATS, FLOATS, FLOATS_3D)
AVERAGE = types.void(COMPLEX_3D, types.int64, FLOATS, FLOATS, FLOATS_2D)


def welch(x: FloatArray) -> FloatArray:
    """Power spectral density as `scipy.signal.welch(x, nperseg=min(n, 256))` gives it, to the last bit, for all rows.

    Segments of `min(n, 256)` overlap by half, are freed of their mean and weighted by a periodic Hann window. Steps
    stand in scipy's own order: bins of the density's histogram begin and end at its own values. Infinite and huge
    values have no density: NaN, as in scipy.
    """
    count, length = x.shape
    size = min(length, SEGMENT)
    segments = (length - size) // (size - size // 2) + 1
    density = np.empty((count, size // 2 + 1))
    step = max(1, BLOCK_VALUES // length)
    weighted = np.empty((min(step, count), segments, size))
    stack, power = np.empty(STACK), np.empty(segments)
    weigh, average = _calls()
    for first in range(0, count, step):
        block = x[first : first + step]
        # numpy's own operations would let go of the interpreter a dozen times here, and wait to get it back each time.
        weigh(block, welch_window(size), stack, weighted[: len(block)])
        transformed = scipy.fft.rfft(weighted[: len(block)], axis=2)
        average(transformed, size % 2, power, stack, density[first : first + step])
    return density


def weigh_segments(x: FloatArray, window: FloatArray, stack: FloatArray, out: Any) -> None:  # noqa: ANN401 - 3-d floats
    """Each half-overlapping segment of each row, without its mean, times the window: (n_series, segments, size)."""
    size = window.shape[0]
    step = size - size // 2
    for i in range(out.shape[0]):
        row = x[i]
        for j in range(out.shape[1]):
            first = j * step
            mean = pairwise_sum(row, first, size, stack) / size
            for k in range(size):
                out[i, j, k] = (row[first + k] - mean) * window[k]


def average_power(transformed: ComplexArray, odd: int, power: FloatArray, stack: FloatArray, out: FloatArray) -> None:
    """The mean power of each bin over the segments; all bins but the first, and an even size's last, count twice."""
    segments, bins = transformed.shape[1], transformed.shape[2]
    for i in range(out.shape[0]):
        for b in range(bins):
            twice = b > 0 and (odd == 1 or b < bins - 1)
            for j in range(segments):
                value = transformed[i, j, b]
                both = value.real * value.real + value.imag * value.imag
                power[j] = both * 2.0 if twice else both
            out[i, b] = pairwise_sum(power, 0, segments, stack) / segments


@cache
def parts() -> tuple[Compiled, Compiled]:
    """The compiled `weigh_segments` and `average_power`."""
    return kept(weigh_segments, WEIGH), kept(average_power, AVERAGE)


@cache
def _calls() -> tuple[Callable[..., None], Callable[..., None]]:
    weigh, average = parts()
    return weigh.get_compile_result(WEIGH).entry_point, average.get_compile_result(AVERAGE).entry_point


@cache
def welch_window(size: int) -> FloatArray:
    """Periodic Hann window, scaled so that squared spectra are densities at a sampling frequency of 1."""
    if size == 1:
        return np.ones(1)
    window = np.zeros(size) + 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, size + 1)[:-1])
    # Python's sum, from left to right, as scipy takes it.
    scale: float = 1 / np.sqrt(sum(window**2))
    return window * scale
