"""Welch's power spectral density of many series on a card: the CPU's steps around the card's FFT."""

from functools import cache
from typing import Any

from numba import cuda, types

from feature_platform.features.calculators.kernel import ComplexArray, FloatArray
from feature_platform.features.cpu import welch as cpu_welch
from feature_platform.features.cpu.welch import SEGMENT, welch_window
from feature_platform.features.gpu.card import Array, Lane
from feature_platform.features.gpu.compile import BY_SERIES, compiled, device_function
from feature_platform.features.gpu.memory import stack_floats

THREADS = 128

WEIGH = types.void(BY_SERIES, types.Array(types.float64, 1, "C"), BY_SERIES, types.Array(types.float64, 3, "A"))
AVERAGE = types.void(types.Array(types.complex128, 3, "A"), types.int64, BY_SERIES, BY_SERIES, BY_SERIES)

weigh_segments = device_function(cpu_welch.weigh_segments)
average_power = device_function(cpu_welch.average_power)


def weigh(x: FloatArray, window: FloatArray, stack: FloatArray, out: Any) -> None:  # noqa: ANN401 - 3-d floats
    """`cpu.welch.weigh_segments`, a thread for each segment of each series; `stack` has a row for each."""
    place = cuda.grid(1)
    segments, size = out.shape[1], out.shape[2]
    i, j = place // segments, place % segments
    if i < out.shape[0]:
        begin = j * (size - size // 2)
        weigh_segments(x[i : i + 1, begin : begin + size], window, stack[place], out[i : i + 1, j : j + 1])


def average(transformed: ComplexArray, odd: int, power: FloatArray, stack: FloatArray, out: FloatArray) -> None:
    """`cpu.welch.average_power`, a thread for each series; `power` and `stack` have a row for each."""
    i = cuda.grid(1)
    if i < out.shape[0]:
        average_power(transformed[i : i + 1], odd, power[i], stack[i], out[i : i + 1])


@cache
def parts() -> tuple[Any, Any]:
    """The CUDA kernels `weigh` and `average`."""
    return compiled(weigh, WEIGH), compiled(average, AVERAGE)


def segments_of(length: int) -> tuple[int, int]:
    """How many half-overlapping segments a series has, and how long they are."""
    size = min(length, SEGMENT)
    return (length - size) // (size - size // 2) + 1, size


def welch(lane: Lane, x: Array) -> Array:
    """Power spectral density (n_series, size // 2 + 1) of `x` (n_series, n_time); see `cpu.welch.welch`."""
    count, length = x.shape
    segments, size = segments_of(length)
    weigh_kernel, average_kernel = parts()
    weighted = lane.empty((count, segments, size))
    stack = lane.empty((count * segments, stack_floats(size)), order="F")
    lane.launch(weigh_kernel, count * segments, THREADS, x, lane.upload(welch_window(size)), stack, weighted)
    transformed = lane.xp.fft.rfft(weighted, axis=2)
    density = lane.empty((count, size // 2 + 1), order="F")
    power = lane.empty((count, segments), order="F")
    stack = lane.empty((count, stack_floats(segments)), order="F")
    lane.launch(average_kernel, count, THREADS, transformed, size % 2, power, stack, density)
    return density
