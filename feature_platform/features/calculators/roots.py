"""Roots of polynomials with real coefficients."""

import math

from feature_platform.features.calculators.kernel import FloatArray

STEPS = 100
CONVERGED = 1e-15
NOISE = 4.440892098500626e-16
"""A value below this part of the sum of its terms' sizes is rounding alone."""
FIRST_ANGLE = 0.4
"""Keeps the first guesses away from the real axis, on which they could only reach real roots."""


def largest_real_part(coefficients: FloatArray, count: int, work: FloatArray) -> float:
    """`max(numpy.roots(coefficients).real)`, highest power first; NaN without roots. `work` has `3 * count` floats."""
    first, last = 0, count - 1
    while first < count and coefficients[first] == 0:
        first += 1
    while last >= 0 and coefficients[last] == 0:
        last -= 1
    if first == count:
        return math.nan
    # Each zero at the end is a root at 0.
    largest = 0.0 if last < count - 1 else -math.inf
    if last > first:
        found = largest_of_proper(coefficients[first : last + 1], last - first, work)
        largest = found if math.isnan(found) else max(largest, found)
    return largest if largest > -math.inf else math.nan


def largest_of_proper(coefficients: FloatArray, degree: int, work: FloatArray) -> float:
    """The same for a polynomial whose first and last coefficients are not 0, by Aberth's iteration."""
    scaled, real, imaginary = work[: degree + 1], work[degree + 1 : 2 * degree + 1], work[2 * degree + 1 :]
    # In units of the roots' geometric mean, so that no power of a root leaves the range of floats.
    unit = math.pow(abs(coefficients[degree] / coefficients[0]), 1.0 / degree)
    power = 1.0
    for k in range(degree + 1):
        scaled[k] = coefficients[k] / coefficients[0] / power
        power *= unit
        if not math.isfinite(scaled[k]):
            return math.nan
    if not 0 < power < math.inf:
        return math.nan
    guess(scaled, degree, real, imaginary)
    for _ in range(STEPS):
        longest = 0.0
        for j in range(degree):
            longest = max(longest, improve(scaled, degree, real, imaginary, j))
        if longest <= CONVERGED:
            break
    largest = real[0]
    for j in range(1, degree):
        largest = max(largest, real[j])
    return unit * largest


def guess(polynomial: FloatArray, degree: int, real: FloatArray, imaginary: FloatArray) -> None:
    """Place the roots on circles of the sizes that Newton's polygon of the coefficients tells, as Bini does."""
    first = 0
    while first < degree:
        steepest, last = -math.inf, degree
        for k in range(first + 1, degree + 1):
            if polynomial[k] == 0:
                continue
            slope = math.log(abs(polynomial[k] / polynomial[first])) / (k - first)
            if slope >= steepest:
                steepest, last = slope, k
        radius = math.exp(steepest)
        for j in range(first, last):
            angle = FIRST_ANGLE + 2 * math.pi * ((j - first) / (last - first) + first / degree)
            real[j] = radius * math.cos(angle)
            imaginary[j] = radius * math.sin(angle)
        first = last


def improve(polynomial: FloatArray, degree: int, real: FloatArray, imaginary: FloatArray, j: int) -> float:
    """Move one root by Newton's step, with the other roots divided out; returns the step's part of the root."""
    x, y = real[j], imaginary[j]
    size = math.sqrt(x * x + y * y)
    value_x, value_y, slope_x, slope_y, terms = polynomial[0], 0.0, 0.0, 0.0, abs(polynomial[0])
    for k in range(1, degree + 1):
        slope_x, slope_y = slope_x * x - slope_y * y + value_x, slope_x * y + slope_y * x + value_y
        value_x, value_y = value_x * x - value_y * y + polynomial[k], value_x * y + value_y * x
        terms = terms * size + abs(polynomial[k])
    if math.sqrt(value_x * value_x + value_y * value_y) <= NOISE * terms:
        return 0.0
    # The step is value / (slope - value * repulsion).
    repulsion_x, repulsion_y = 0.0, 0.0
    for k in range(degree):
        if k != j:
            dx, dy = x - real[k], y - imaginary[k]
            square = dx * dx + dy * dy
            if square > 0:
                repulsion_x += dx / square
                repulsion_y -= dy / square
    below_x = slope_x - (value_x * repulsion_x - value_y * repulsion_y)
    below_y = slope_y - (value_x * repulsion_y + value_y * repulsion_x)
    square = below_x * below_x + below_y * below_y
    if not 0 < square < math.inf or size == 0:
        return 0.0
    step_x = (value_x * below_x + value_y * below_y) / square
    step_y = (value_y * below_x - value_x * below_y) / square
    real[j] = x - step_x
    imaginary[j] = y - step_y
    return math.sqrt(step_x * step_x + step_y * step_y) / size
