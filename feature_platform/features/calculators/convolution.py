"""A row of weights that slides along values: sums of products at many neighbouring places at once."""

from feature_platform.features.calculators.kernel import FloatArray

STEP = 4


def correlate(values: FloatArray, weights: FloatArray, count: int, out: FloatArray) -> None:
    """`out[i]` is the sum of `weights[t] * values[i + t]` over `t < count`, added from left to right.

    Several weights are applied per pass over `out`. Passes go over slices from their beginning, without an offset:
    numba then knows that no index is negative, and LLVM makes vector instructions of them.
    """
    width = out.shape[0]
    for i in range(width):
        out[i] = 0.0
    whole = count - count % STEP
    for t in range(0, whole, STEP):
        add_four_products(
            out,
            *(weights[t], weights[t + 1], weights[t + 2], weights[t + 3]),
            *(values[t : t + width], values[t + 1 : t + 1 + width]),
            *(values[t + 2 : t + 2 + width], values[t + 3 : t + 3 + width]),
        )
    for t in range(whole, count):
        add_product(out, weights[t], values[t : t + width])


def add_product(out: FloatArray, weight: float, values: FloatArray) -> None:
    """Add a multiple of `values` to `out`."""
    for i in range(out.shape[0]):
        out[i] += weight * values[i]


def add_four_products(
    out: FloatArray,
    w0: float,
    w1: float,
    w2: float,
    w3: float,
    v0: FloatArray,
    v1: FloatArray,
    v2: FloatArray,
    v3: FloatArray,
) -> None:
    """Add multiples of four stretches of values to `out`, one after the other."""
    for i in range(out.shape[0]):
        out[i] = (((out[i] + w0 * v0[i]) + w1 * v1[i]) + w2 * v2[i]) + w3 * v3[i]
