"""The continuous wavelet transform with the Mexican hat, at single places.

`pywt.cwt` convolves a series with the wavelet's integral, sampled for the scale, and takes differences of neighbouring
places. Both together are one row of weights for a scale, which slides along the series.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from feature_platform.features.calculators.arguments import integer, refused
from feature_platform.features.calculators.convolution import correlate
from feature_platform.features.calculators.kernel import (
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

POINTS = 4096
REACH = 8.0
"""The integral is known at so many points, from -8 to 8."""

LANES = 16
"""Neighbouring coefficients of one scale that are computed together: a block."""

COEFF, BLOCK, OPENS, WEIGHTS, COUNT, SHIFT, FACTOR = range(7)
"""Places of a request's row.

`OPENS` is 1 for the first request of its `BLOCK`. Row `WEIGHTS` of the table holds `COUNT` weights, of which the
first meets the value `SHIFT` places after the one asked for; the row after it the wavelet's sampled integral, one
shorter. `FACTOR` is minus the root of the scale.
"""


def wavelet_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """One coefficient for each row; NaN beyond the series."""
    x = series.x
    blocks, window = scratch.floats[table.shape[1] + LANES :], scratch.floats[: table.shape[1] + LANES]
    for k in range(rows.shape[0]):
        count = int(rows[k, COUNT])
        lane = int(rows[k, COEFF]) % LANES
        first = int(rows[k, COEFF]) + int(rows[k, SHIFT])
        begin = LANES * int(rows[k, BLOCK])
        if rows[k, OPENS] == 1:
            write_block(x, table[int(rows[k, WEIGHTS])], count, first - lane, window, blocks[begin : begin + LANES])
        if rows[k, COEFF] >= x.shape[0]:
            out[k] = math.nan
        elif math.isfinite(blocks[begin + lane]):
            out[k] = blocks[begin + lane]
        else:
            integral = table[int(rows[k, WEIGHTS]) + 1]
            out[k] = rows[k, FACTOR] * convolution_step(x, integral, count - 1, first)


def write_block(
    x: FloatArray, weights: FloatArray, count: int, first: int, window: FloatArray, block: FloatArray
) -> None:
    """Sums of `weights[t] * x[first + lane + t]` for each lane of a block, as if the series went on with zeros."""
    n = x.shape[0]
    begin = max(0, -(first + LANES - 1))
    end = max(begin, min(count, n - first))
    for i in range(begin, end + LANES - 1):
        window[i - begin] = x[first + i] if 0 <= first + i < n else 0.0
    correlate(window, weights[begin:], end - begin, block)


def convolution_step(x: FloatArray, integral: FloatArray, count: int, first: int) -> float:
    """The difference of two neighbouring places of the convolution that pywt makes.

    Infinite values cancel in it, or do not, otherwise than in the sum of both.
    """
    here, before = 0.0, 0.0
    for t in range(count):
        if 0 <= first + t < x.shape[0]:
            before += integral[t] * x[first + t]
        if 0 <= first + 1 + t < x.shape[0]:
            here += integral[t] * x[first + 1 + t]
    return here - before


@lru_cache(maxsize=1)
def integrated_wavelet() -> tuple[FloatArray, FloatArray]:
    """`pywt.integrate_wavelet("mexh", precision=12)`: the integral and its places."""
    places = np.linspace(-REACH, REACH, POINTS)
    square = places * places
    wavelet = (1 - square) * np.exp(-square / 2) * 2 / (math.sqrt(3) * math.pi**0.25)
    return np.cumsum(wavelet) * (places[1] - places[0]), places


@lru_cache(maxsize=256)
def sampled_integral(scale: float) -> FloatArray:
    """The integral for a scale, as `pywt.cwt` samples it."""
    integral, places = integrated_wavelet()
    step = places[1] - places[0]
    samples = (np.arange(scale * (places[-1] - places[0]) + 1) / (scale * step)).astype(np.int64)
    return integral[samples[samples < integral.size]]


def _encode(requests: Sequence[Request]) -> Encoded:
    scales = [_scale(request) for request in requests]
    integrals = {scale: sampled_integral(scale) for scale in scales}
    places = {scale: 2 * i for i, scale in enumerate(integrals)}
    table = np.zeros((2 * len(integrals), max(len(integral) for integral in integrals.values()) + 1))
    for scale, integral in integrals.items():
        # The convolution at place m meets x[m - len + 1 + i] with integral[i]; a coefficient is a multiple of the
        # difference of the convolution at two neighbouring places.
        weights = np.append(0.0, integral) - np.append(integral, 0.0)
        table[places[scale], : len(weights)] = -math.sqrt(scale) * weights
        table[places[scale] + 1, : len(integral)] = integral
    rows = np.empty((len(requests), 7))
    blocks: dict[tuple[float, int], int] = {}
    for row, request, scale in zip(rows, requests, scales, strict=True):
        coeff, count = integer(request, "coeff", least=0), len(integrals[scale])
        opens = (scale, coeff // LANES) not in blocks
        block = blocks.setdefault((scale, coeff // LANES), len(blocks))
        shift = math.floor((count - 2) / 2) - count + 1
        row[:] = (coeff, block, opens, places[scale], count + 1, shift, -math.sqrt(scale))
    return Encoded(rows, table)


def _scratch(_length: int, encoded: Encoded) -> tuple[int, int]:
    blocks = int(encoded.rows[:, BLOCK].max()) + 1
    return encoded.table.shape[1] + LANES + LANES * blocks, 0


def _scale(request: Request) -> float:
    widths, width = request.parameters["widths"], request.parameters["w"]
    if not isinstance(widths, Iterable) or not all(_is_width(value) for value in widths):
        raise refused(request, "widths", "a tuple of positive numbers, large enough to sample the wavelet twice")
    if width not in widths:
        raise refused(request, "w", "one of widths")
    return float(width)


def _is_width(value: Any) -> bool:  # noqa: ANN401 - whatever a user writes as a parameter
    return isinstance(value, int | float | np.number) and bool(value > 0) and len(sampled_integral(float(value))) > 1


def _label(parameters: Parameters) -> str:
    widths = parameters["widths"]
    listed = tuple(widths) if isinstance(widths, Iterable) else widths
    return f"coeff_{parameters['coeff']}__w_{parameters['w']}__widths_{listed}"


def _beyond(parameters: Parameters) -> str | None:
    coeff = parameters["coeff"]
    return "a coefficient counted from the end" if isinstance(coeff, int) and coeff < 0 else None


KERNEL = Kernel(wavelet_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (
    Calculator(
        "cwt_coefficients",
        KERNEL,
        keys=("widths", "coeff", "w"),
        label=_label,
        beyond=_beyond,
        power=to_the(1),
        extremes=True,
    ),
)
