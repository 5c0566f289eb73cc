"""Quantiles of sorted values as numpy interpolates them: their last bit decides which values lie beyond."""

from feature_platform.features.calculators.kernel import FloatArray


def sorted_quantile(ordered: FloatArray, q: float) -> float:
    """`numpy.quantile(ordered, q)` of sorted values: linear between the two neighbours, from the nearer one."""
    last = ordered.shape[0] - 1
    position = last * q
    if position >= last:
        # numpy interpolates between the last value and itself here, which makes NaN of an infinity.
        return ordered[last] + (ordered[last] - ordered[last])
    place = int(position)
    weight = position - place
    left, right = ordered[place], ordered[place + 1]
    if weight >= 0.5:
        return right - (right - left) * (1 - weight)
    return left + (right - left) * weight


def sorted_median(ordered: FloatArray) -> float:
    """`numpy.median` of sorted values."""
    n = ordered.shape[0]
    middle = ordered[n // 2]
    return middle if n % 2 == 1 else (ordered[n // 2 - 1] + middle) / 2
