"""Sorting of a few values within a kernel; whole series come sorted in `Series.ordered`."""

from feature_platform.features.calculators.kernel import FloatArray


def sort(values: FloatArray, count: int) -> None:
    """Sort the first `count` values in place, by Shell's method with Knuth's gaps; they hold no NaN."""
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, count):
            value = values[i]
            j = i
            while j >= gap and values[j - gap] > value:
                values[j] = values[j - gap]
                j -= gap
            values[j] = value
        gap //= 3
