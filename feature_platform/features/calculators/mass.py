"""How the series' mass and energy are spread over its length."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import integer, real, refused
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
)
from feature_platform.features.calculators.summation import pairwise_sum

MOST_CHUNKS = 2**31


def mass_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """For each q the share of the length that holds the share q of the absolute values' sum."""
    x, mass = series.x, scratch.floats
    n = x.shape[0]
    for i in range(n):
        mass[i] = abs(x[i])
    total = pairwise_sum(mass, 0, n, scratch.stack)
    running = 0.0
    for i in range(n):
        running += mass[i]
        mass[i] = running
    for k in range(rows.shape[0]):
        out[k] = math.nan if total == 0 else (first_reaching(mass, n, total, rows[k, 0]) + 1) / n


def first_reaching(mass: FloatArray, count: int, total: float, share: float) -> int:
    """The first of growing masses that is a share of the total or more; 0 where none is, as in `numpy.argmax`."""
    if total == math.inf:
        return 0
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if mass[middle] / total >= share:
            high = middle
        else:
            low = middle + 1
    return low if low < count else 0


def energy_kernel(series: Series, rows: FloatArray, _table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """The share of the energy for each row of number of chunks and chunk; the first chunks are one value longer."""
    x, squares = series.x, scratch.floats
    n = x.shape[0]
    for i in range(n):
        squares[i] = x[i] * x[i]
    total = pairwise_sum(squares, 0, n, scratch.stack)
    for k in range(rows.shape[0]):
        out[k] = math.nan
        if total != 0:
            chunks, chunk = int(rows[k, 0]), int(rows[k, 1])
            size, longer = n // chunks, n % chunks
            start = chunk * size + min(chunk, longer)
            out[k] = pairwise_sum(squares, start, size + (1 if chunk < longer else 0), scratch.stack) / total


def _encode_mass(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([[real(request, "q")] for request in requests]), NO_TABLE)


def _encode_energy(requests: Sequence[Request]) -> Encoded:
    return Encoded(np.array([_chunk(request) for request in requests], dtype=np.float64), NO_TABLE)


def _chunk(request: Request) -> tuple[int, int]:
    chunks, chunk = integer(request, "num_segments", least=1), integer(request, "segment_focus")
    if not -chunks <= chunk < chunks:
        raise refused(request, "segment_focus", f"a chunk from {-chunks} to {chunks - 1}")
    return chunks, chunk % chunks


def _beyond_energy(parameters: Parameters) -> str | None:
    chunks = parameters["num_segments"]
    if isinstance(chunks, float):
        return "num_segments that is no integer"
    return f"more than {MOST_CHUNKS} chunks" if isinstance(chunks, int | np.integer) and chunks > MOST_CHUNKS else None


def _scratch(length: int, _encoded: Encoded) -> tuple[int, int]:
    return length, 0


MASS = Kernel(mass_kernel, encode=_encode_mass, scratch=_scratch)
ENERGY = Kernel(energy_kernel, encode=_encode_energy, scratch=_scratch)

CALCULATORS = (
    Calculator("index_mass_quantile", MASS, keys=("q",), exact=True),
    Calculator("energy_ratio_by_chunks", ENERGY, keys=("num_segments", "segment_focus"), beyond=_beyond_energy),
)
