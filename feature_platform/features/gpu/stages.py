"""What a batch of series shares between its kernels, on a card: sorted values, spectra, densities, moments."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from feature_platform.features.calculators.kernel import FloatArray, Need
from feature_platform.features.calculators.moments import COUNT
from feature_platform.features.gpu.card import Array, Lane
from feature_platform.features.gpu.welch import welch


@dataclass(frozen=True)
class Batch:
    """Series of one length and their shared parts, (n_series, ...), where not said otherwise time-major.

    Threads side by side work on series side by side, so that values of one time lie beside each other: `order="F"`.
    `x_rows` and `ordered_rows` are the same series by series. What is not needed has one zero for each series, since
    no array is empty on a card. `hours` has one row for all series, or one for each.
    """

    x: Array
    x_rows: Array
    moments: Array
    ordered: Array
    ordered_rows: Array
    spectrum: Array
    density: Array
    hours: Array


def prepare(lane: Lane, x: FloatArray, hours: FloatArray, needs: Collection[Need]) -> Batch:
    """Bring series `x` (n_series, n_time) to the card and compute the shared parts that are needed, but the moments."""
    xp, count = lane.xp, len(x)
    rows = lane.upload(x)
    by_time = xp.asfortranarray(rows)
    nothing = xp.zeros((count, 1))
    ordered = xp.sort(rows, axis=1) if "ordered" in needs else nothing
    return Batch(
        x=by_time,
        x_rows=rows,
        moments=lane.empty((count, COUNT)),
        ordered=xp.asfortranarray(ordered),
        ordered_rows=ordered,
        spectrum=xp.asfortranarray(xp.fft.rfft(rows, axis=1)) if "spectrum" in needs else nothing.astype(complex),
        density=welch(lane, by_time) if "density" in needs else nothing,
        hours=lane.upload(hours) if "hours" in needs else lane.upload(np.zeros((1, 1))),
    )
