"""Sums of products of values some steps apart: what autocovariances and the Gram matrices of lags are made of."""

from feature_platform.features.calculators.kernel import FloatArray


def lagged_products(a: FloatArray, b: FloatArray, count: int, lags: int, out: FloatArray) -> None:
    """Write `out[m]`, the sum over `s < count` of `a[s] * b[s + m]`, for each `m < lags`.

    The sums of all lags grow side by side, which a processor does several at a time without changing their order.
    """
    for m in range(lags):
        out[m] = 0.0
    s = 0
    while s + 4 <= count:
        a0, a1, a2, a3 = a[s], a[s + 1], a[s + 2], a[s + 3]
        for m in range(lags):
            i = s + m
            out[m] += (a0 * b[i] + a1 * b[i + 1]) + (a2 * b[i + 2] + a3 * b[i + 3])
        s += 4
    while s < count:
        value = a[s]
        for m in range(lags):
            out[m] += value * b[s + m]
        s += 1
