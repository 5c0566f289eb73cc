"""Peaks that stand out at several widths of a wavelet, as `scipy.signal.find_peaks_cwt` finds them.

The series is smoothed by Ricker wavelets of the widths 1 to n. Maxima of neighbouring widths that lie near each other
form ridge lines; a line that is long enough and whose lowest maximum stands out of the noise is a peak. What does not
depend on n, the smoothed rows and their maxima, is shared between requests.
"""

from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer
from feature_platform.features.calculators.convolution import correlate
from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    IntArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.noise_floor import is_signal, is_surely_signal, window_length
from feature_platform.features.calculators.ridge_lines import (
    FIELDS,
    GAP,
    LENGTH,
    PLACE,
    ROW,
    WIDEST_GAP,
    copy_line,
    extend_lines,
)
from feature_platform.features.calculators.window_counts import counts_needed, useful_reach, write_counts

POINTS = 10
"""Points of a wavelet per unit of its width."""

WIDEST = 500
LONG_WINDOW = 256
"""From here on counting a window's values by blocks is faster than one by one."""


def peaks_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The number of peaks for each n."""
    n, widths = series.x.shape[0], table.shape[0]
    smoothed, work = scratch.floats[: widths * n], scratch.floats[widths * n :]
    maxima, integers = scratch.integers[: widths * (n + 1)], scratch.integers[widths * (n + 1) :]
    for row in range(widths):
        smooth = smoothed[row * n : row * n + n]
        write_smoothed(series.x, table[row], row + 1, work, smooth)
        write_maxima(smooth, maxima[row * (n + 1) : (row + 1) * (n + 1)])
    signals, lines = integers[:n], integers[n:]
    write_signals(smoothed[:n], maxima, signals, lines, work)
    for k in range(rows.shape[0]):
        out[k] = count_peaks(smoothed, maxima, n, int(rows[k, 0]), signals, lines, work)


def write_signals(smooth: FloatArray, maxima: IntArray, signals: IntArray, counts: IntArray, work: FloatArray) -> None:
    """Fill `signals` at each maximum of the first row: whether it stands out of the noise."""
    reach, coarse = 0.0, False
    if window_length(smooth.shape[0]) >= LONG_WINDOW:
        reach = useful_reach(smooth)
        coarse = write_counts(smooth, reach, counts)
    for i in range(maxima[0]):
        place = maxima[1 + i]
        known = is_surely_signal(smooth[place], smooth, place, reach, counts) if coarse else -1
        if known < 0:
            known = 1 if is_signal(smooth[place], smooth, place, work) else 0
        signals[place] = known


def write_smoothed(x: FloatArray, ricker: FloatArray, width: int, work: FloatArray, out: FloatArray) -> None:
    """Convolve a series with the wavelet of a width, whose values at half steps from its middle `ricker` holds."""
    n = x.shape[0]
    points = min(POINTS * width, n)
    padded, wavelet = work[: n + points], work[n + points :]
    before = points // 2
    for i in range(before):
        padded[i] = 0.0
    for i in range(n):
        padded[before + i] = x[i]
    for i in range(before + n, n + points):
        padded[i] = 0.0
    for i in range(points):
        wavelet[i] = ricker[abs(2 * i - (points - 1))]
    correlate(padded, wavelet, points, out)


def write_maxima(values: FloatArray, places: IntArray) -> None:
    """Places of values larger than both neighbours, after their number."""
    found = 0
    for i in range(1, values.shape[0] - 1):
        places[1 + found] = i
        found += 1 if values[i] > values[i - 1] and values[i] > values[i + 1] else 0
    places[0] = found


def count_peaks(
    smoothed: FloatArray,
    maxima: IntArray,
    n: int,
    widths: int,
    signals: IntArray,
    integers: IntArray,
    work: FloatArray,
) -> float:
    """Ridge lines through the first `widths` rows that are long enough and begin above the noise.

    `signals` tells it of the first row's maxima.
    """
    nearest, lines = integers[:n], integers[n:]
    shortest = (widths + 3) // 4
    peaks, count = 0, 0
    for row in range(widths - 1, -1, -1):
        count = extend_lines(lines, count, maxima[row * (n + 1) : (row + 1) * (n + 1)], row, nearest)
        kept = 0
        for k in range(count):
            lowest, place = lines[FIELDS * k + ROW], lines[FIELDS * k + PLACE]
            if row > 0 and lines[FIELDS * k + GAP] <= WIDEST_GAP:
                copy_line(lines, k, kept)
                kept += 1
            elif lines[FIELDS * k + LENGTH] < shortest:
                continue
            elif lowest == 0:
                peaks += signals[place]
            elif is_signal(smoothed[lowest * n + place], smoothed[:n], place, work):
                peaks += 1
        count = kept
    return float(peaks)


def ricker_at_half_steps(width: int, count: int) -> FloatArray:
    """The wavelet of a width at 0, 0.5, 1... from its middle."""
    square = (np.arange(count) / 2) ** 2
    height = 2 / (np.sqrt(3 * width) * (np.pi**0.25))
    values: FloatArray = height * (1 - square / width**2) * np.exp(-square / (2 * width**2))
    return values


def _encode(requests: Sequence[Request]) -> Encoded:
    rows = [[float(integer(request, "n", least=1))] for request in requests]
    widths = int(max(row[0] for row in rows))
    table = [ricker_at_half_steps(width, POINTS * widths) for width in range(1, widths + 1)]
    return Encoded(np.array(rows), np.array(table))


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    widths = len(encoded.table)
    # Lines that go on have a maximum in one of the last two rows, and a row has fewer than length / 2.
    lines = max(FIELDS * (3 * length // 2 + 2), counts_needed(length))
    floats = widths * length + length + 2 * POINTS * widths + window_length(length)
    return floats, widths * (length + 1) + 2 * length + lines


def _beyond(parameters: Parameters) -> str | None:
    n = parameters["n"]
    return f"more than {WIDEST} widths" if isinstance(n, int) and n > WIDEST else None


KERNEL = Kernel(peaks_kernel, encode=_encode, scratch=_scratch)

CALCULATORS = (Calculator("number_cwt_peaks", KERNEL, keys=("n",), beyond=_beyond, exact=True),)
