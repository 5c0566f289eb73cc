"""What a batch of series shares between its kernels, by numpy and scipy: sorted values, spectra, densities."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import scipy.fft

from feature_platform.features.calculators.kernel import ComplexArray, FloatArray, Need
from feature_platform.features.cpu.welch import welch


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
