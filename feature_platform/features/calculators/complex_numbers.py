"""Size and angle of complex numbers, the same bits on every target."""

import math

SMALLEST_SAFE = 1e-140
LARGEST_SAFE = 1e150
"""Between these the squares of a complex number's parts neither vanish nor overflow."""

DEGREES = 180.0 / math.pi


def modulus(real: float, imaginary: float) -> float:
    """Absolute value of a complex number, infinite where a part is, without overflow."""
    plain = math.sqrt(real * real + imaginary * imaginary)
    if SMALLEST_SAFE < plain < LARGEST_SAFE:
        return plain
    if math.isinf(real) or math.isinf(imaginary):
        return math.inf
    larger = max(abs(real), abs(imaginary))
    smaller = min(abs(real), abs(imaginary))
    if larger == 0 or math.isnan(plain):
        return plain
    ratio = smaller / larger
    return larger * math.sqrt(1.0 + ratio * ratio)


def degrees(real: float, imaginary: float) -> float:
    """Angle of a complex number, from -180 to 180 degrees."""
    return math.atan2(imaginary, real) * DEGREES
