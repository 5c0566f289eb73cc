"""How often a given stretch of values occurs in a series, nearly."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from feature_platform.features.calculators.arguments import real, refused
from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
)

SHORTEST = 3
"""A shorter query, or none, gives NaN."""


def similarity_kernel(series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch) -> None:
    """How many stretches are near a query for each row of (length of the query, threshold).

    NaN without a query, and for one longer than the series, which tsfresh cannot compute.
    """
    for k in range(rows.shape[0]):
        length = int(rows[k, 0])
        out[k] = math.nan
        if SHORTEST <= length <= series.x.shape[0]:
            out[k] = count_near(series.x, table[k], length, rows[k, 1])


def count_near(x: FloatArray, query: FloatArray, length: int, threshold: float) -> float:
    """How many stretches have at most this Euclidean distance to a query; infinite if either is not finite."""
    found = 0.0
    for start in range(x.shape[0] - length + 1):
        squares = 0.0
        finite = True
        for i in range(length):
            difference = x[start + i] - query[i]
            squares += difference * difference
            finite = finite and math.isfinite(difference)
        distance = math.sqrt(squares) if finite else math.inf
        found += 1.0 if distance <= threshold else 0.0
    return found


def _encode(requests: Sequence[Request]) -> Encoded:
    queries = [_query(request) for request in requests]
    thresholds = [real(request, "threshold") if "threshold" in request.parameters else 0.0 for request in requests]
    table = np.zeros((len(requests), max(len(query) for query in queries)))
    for row, query in zip(table, queries, strict=True):
        row[: len(query)] = query
    return Encoded(
        np.array([[len(query), threshold] for query, threshold in zip(queries, thresholds, strict=True)]), table
    )


def _query(request: Request) -> FloatArray:
    query = request.parameters.get("query")
    if query is None:
        return np.zeros(0)
    try:
        values = np.asarray(query).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise refused(request, "query", "a list of numbers") from error
    if values.size < SHORTEST:
        return np.zeros(0)
    if values.ndim != 1:
        raise refused(request, "query", "a list of numbers")
    return values


def _beyond(parameters: Parameters) -> str | None:
    query: Any = parameters.get("query")
    if query is not None and np.size(query) >= SHORTEST and parameters.get("normalize", True):
        return "distances between normalised stretches, of which an exact match hangs on stumpy's rounding"
    return None


KERNEL = Kernel(similarity_kernel, encode=_encode)

CALCULATORS = (
    Calculator(
        "query_similarity_count",
        KERNEL,
        optional=("query", "threshold", "normalize"),
        beyond=_beyond,
        exact=True,
    ),
)
