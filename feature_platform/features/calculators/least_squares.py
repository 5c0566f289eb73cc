"""Linear least squares over a few columns: fast by a Gram matrix, safe by reflections, and of minimum norm.

Matrices are stretches of a flat array. A triangle of `size` holds, row by row, the factor R of the columns and, as its
last column, what the right-hand side becomes; its last element is the square of what the columns leave of that.
"""

import math

from feature_platform.features.calculators.kernel import FloatArray

INVERSE_STEPS = 3
SWEEPS = 60
ORTHOGONAL = 1e-16


def cholesky(triangle: FloatArray, size: int) -> float:
    """Turn a Gram matrix, of which the upper half is read, into the triangle of its columns, the right side last.

    Returns the smallest part of a column's square that is left beside those before it: at about 1e-9 and below, or if
    not above 0, the triangle is not to be trusted.
    """
    smallest = 1.0
    for j in range(size - 1):
        row = j * size
        # The square of the whole column is what is left and what earlier rows took of it.
        left = triangle[row + j]
        whole = left
        for i in range(j):
            whole += triangle[i * size + j] * triangle[i * size + j]
        if not left > 0:
            return 0.0
        smallest = min(smallest, left / whole)
        root = math.sqrt(left)
        for c in range(j, size):
            triangle[row + c] /= root
        for r in range(j + 1, size):
            factor = triangle[row + r]
            for c in range(r, size):
                triangle[r * size + c] -= factor * triangle[row + c]
    return smallest


def reflect(
    columns: FloatArray, rows: int, size: int, tolerance: float, triangle: FloatArray, ranks: FloatArray
) -> None:
    """Fill the triangle of `size` columns, the last of them the right-hand side, by Householder's reflections.

    Columns follow each other in `columns` and are used up. One of which no more than the part `tolerance` is left
    beside others depends on them. It takes no row of the triangle, which then is a staircase: `ranks[j]` counts the
    rows that the columns up to j take.
    """
    rank = 0
    for j in range(size - 1):
        start = j * rows
        whole = math.sqrt(dot(columns, start, columns, start, rows))
        norm = math.sqrt(dot(columns, start + rank, columns, start + rank, rows - rank))
        if rank < rows and norm > tolerance * whole:
            pivot = start + rank
            norm = -norm if columns[pivot] > 0 else norm
            columns[pivot] -= norm
            weight = 1.0 / (norm * columns[pivot])
            for c in range(j + 1, size):
                other = c * rows + rank
                factor = weight * dot(columns, pivot, columns, other, rows - rank)
                for i in range(rows - rank):
                    columns[other + i] += factor * columns[pivot + i]
            columns[pivot] = norm
            rank += 1
        ranks[j] = rank
        for i in range(size):
            triangle[i * size + j] = columns[start + i] if i < rank else 0.0
    right = (size - 1) * rows
    for i in range(size - 1):
        triangle[i * size + size - 1] = columns[right + i] if i < min(rows, size - 1) else 0.0
    tail = min(rows, size - 1)
    triangle[size * size - 1] = dot(columns, right + tail, columns, right + tail, rows - tail)


def dot(a: FloatArray, a_start: int, b: FloatArray, b_start: int, count: int) -> float:
    """Sum of products, in eight strands that a processor adds up side by side."""
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    i = 0
    while i + 8 <= count:
        p, q = a_start + i, b_start + i
        s0 += a[p] * b[q]
        s1 += a[p + 1] * b[q + 1]
        s2 += a[p + 2] * b[q + 2]
        s3 += a[p + 3] * b[q + 3]
        s4 += a[p + 4] * b[q + 4]
        s5 += a[p + 5] * b[q + 5]
        s6 += a[p + 6] * b[q + 6]
        s7 += a[p + 7] * b[q + 7]
        i += 8
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    while i < count:
        total += a[a_start + i] * b[b_start + i]
        i += 1
    return total


def substitute(triangle: FloatArray, size: int, count: int, solution: FloatArray) -> None:
    """Solve the first `count` rows of a triangle without dependent columns for as many coefficients."""
    for j in range(count - 1, -1, -1):
        value = triangle[j * size + size - 1]
        for i in range(j + 1, count):
            value -= triangle[j * size + i] * solution[i]
        solution[j] = value / triangle[j * size + j]


def smallest_part(triangle: FloatArray, size: int, count: int, work: FloatArray) -> float:
    """About the smallest singular value of a triangle without dependent columns, as a part of the largest.

    By a few steps of inverse iteration; `work` has room for `count` values.
    """
    whole = 0.0
    for j in range(count):
        work[j] = 1.0
        for i in range(j + 1):
            whole += triangle[i * size + j] * triangle[i * size + j]
    growth = 1.0
    for _ in range(INVERSE_STEPS):
        for j in range(count):
            value = work[j]
            for i in range(j):
                value -= triangle[i * size + j] * work[i]
            work[j] = value / triangle[j * size + j]
        for j in range(count - 1, -1, -1):
            value = work[j]
            for i in range(j + 1, count):
                value -= triangle[j * size + i] * work[i]
            work[j] = value / triangle[j * size + j]
        growth = math.sqrt(dot(work, 0, work, 0, count))
        if not 0 < growth < math.inf:
            return 0.0
        for j in range(count):
            work[j] /= growth
    return 1.0 / math.sqrt(growth * whole)


def svd_room(count: int) -> int:
    """Floats of work space that `decompose` needs for so many columns."""
    return 2 * count * count + count


def decompose(triangle: FloatArray, size: int, count: int, work: FloatArray) -> float:
    """Singular values and vectors of a triangle's first `count` columns, by Jacobi's one-sided rotations.

    `work` then holds, row after row, left vectors times their singular values; right vectors; and the squares of the
    singular values, of which the largest is returned.
    """
    right = count * count
    squares = 2 * count * count
    for p in range(count):
        for i in range(count):
            work[p * count + i] = triangle[i * size + p]
            work[right + p * count + i] = 1.0 if i == p else 0.0
    for _ in range(SWEEPS):
        rotated = False
        for p in range(count - 1):
            for q in range(p + 1, count):
                a, b = p * count, q * count
                pp = dot(work, a, work, a, count)
                qq = dot(work, b, work, b, count)
                pq = dot(work, a, work, b, count)
                if not abs(pq) > ORTHOGONAL * math.sqrt(pp) * math.sqrt(qq):
                    continue
                rotated = True
                slope = (qq - pp) / (2.0 * pq)
                tangent = (1.0 if slope >= 0 else -1.0) / (abs(slope) + math.sqrt(1.0 + slope * slope))
                cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
                sine = cosine * tangent
                rotate(work, a, b, count, cosine, sine)
                rotate(work, right + a, right + b, count, cosine, sine)
        if not rotated:
            break
    largest = 0.0
    for p in range(count):
        work[squares + p] = dot(work, p * count, work, p * count, count)
        largest = max(largest, work[squares + p])
    return largest


def rotate(work: FloatArray, a: int, b: int, count: int, cosine: float, sine: float) -> None:
    """Turn two rows in the plane that they span."""
    for i in range(count):
        first, second = work[a + i], work[b + i]
        work[a + i] = cosine * first - sine * second
        work[b + i] = sine * first + cosine * second


def minimum_norm(
    triangle: FloatArray, size: int, count: int, cutoff: float, work: FloatArray, solution: FloatArray
) -> None:
    """The smallest of the least-squares solutions, with singular values up to `cutoff` times the largest taken for 0.

    As `numpy.linalg.pinv` and `lstsq` define it; `work` has `svd_room(count)` floats.
    """
    largest = decompose(triangle, size, count, work)
    for i in range(count):
        solution[i] = 0.0
    for p in range(count):
        square = work[2 * count * count + p]
        if not math.sqrt(square) > cutoff * math.sqrt(largest):
            continue
        weight = 0.0
        for i in range(count):
            weight += work[p * count + i] * triangle[i * size + size - 1]
        weight /= square
        for i in range(count):
            solution[i] += weight * work[count * count + p * count + i]
