"""Changes between neighbours that both lie in a corridor between two quantiles."""

import math
from collections.abc import Sequence

import numpy as np

from feature_platform.features.calculators.arguments import place, real
from feature_platform.features.calculators.kernel import (
    Calculator,
    Encoded,
    FloatArray,
    IntArray,
    Kernel,
    Parameters,
    Request,
    Scratch,
    Series,
)
from feature_platform.features.calculators.moments import MAXIMUM, MINIMUM
from feature_platform.features.calculators.quantiles import sorted_quantile

AGGREGATES = ("mean", "var", "std", "sum")
MEAN_OF, VARIANCE_OF, DEVIATION_OF, SUM_OF = range(4)
NOTHING = -1
"""Stands for the lower edge of a corridor that holds nothing in any series."""
COUNT, MEAN, SQUARES = range(3)
CELL = 3
"""A cell's numbers: how many changes, their mean, and the sum of the squares of their deviations from it."""


def change_quantiles_kernel(
    series: Series, rows: FloatArray, table: FloatArray, out: FloatArray, scratch: Scratch
) -> None:
    """One value for each row of lower edge, upper edge, whether of absolute changes, and aggregate.

    The edges of all corridors part the changes into cells: by the highest edge that both neighbours reach, and by the
    lowest that both keep within. A corridor is a rectangle of cells.
    """
    x = series.x
    n, edges = x.shape[0], table.shape[1]
    quantiles, changes, cells = scratch.floats, scratch.floats[edges:], scratch.floats[edges + n :]
    for k in range(edges):
        quantiles[k] = sorted_quantile(series.ordered, table[0, k])
    # No sum of changes overflows, and no edge is infinite or NaN.
    bounded = math.isfinite((series.moments[MAXIMUM] - series.moments[MINIMUM]) * n)
    if bounded:
        write_places(x, quantiles, edges, scratch.integers)
    for absolute in range(2):
        ready = False
        for k in range(rows.shape[0]):
            low, high = int(rows[k, 0]), int(rows[k, 1])
            if int(rows[k, 2]) != absolute:
                continue
            if not ready:
                write_changes(x, absolute == 1, changes)
                if bounded:
                    write_cells(changes, scratch.integers, n - 1, edges, cells)
                    merge_cells(cells, edges)
                ready = True
            place = CELL * (low * edges + high)
            if low == NOTHING:
                out[k] = 0.0
                continue
            if not bounded:
                place = 0
                write_corridor(x, changes, quantiles[low], quantiles[high], cells)
            out[k] = aggregate(cells, place, int(rows[k, 3]))


def write_places(x: FloatArray, quantiles: FloatArray, edges: int, work: IntArray) -> None:
    """Fill `work[:n - 1]` with the cell of each change, the one past the last where it lies in no corridor."""
    n = x.shape[0]
    places, kept = work, work[n:]
    for i in range(n):
        places[i] = 0
        kept[i] = 0
    for k in range(edges):
        edge = quantiles[k]
        for i in range(n):
            places[i] += x[i] >= edge
            kept[i] += x[i] <= edge
    for i in range(n - 1):
        low = min(places[i], places[i + 1]) - 1
        high = edges - min(kept[i], kept[i + 1])
        places[i] = low * edges + high if low >= 0 and high < edges else edges * edges


def write_changes(x: FloatArray, absolute: bool, changes: FloatArray) -> None:
    """Fill `changes[:n - 1]`."""
    for i in range(x.shape[0] - 1):
        changes[i] = x[i + 1] - x[i]
    if absolute:
        for i in range(x.shape[0] - 1):
            changes[i] = abs(changes[i])


def write_cells(changes: FloatArray, places: IntArray, count: int, edges: int, cells: FloatArray) -> None:
    """Fill each cell's count, mean and squares, in two passes."""
    for i in range(CELL * (edges * edges + 1)):
        cells[i] = 0.0
    for i in range(count):
        cell = CELL * places[i]
        cells[cell] += 1.0
        cells[cell + MEAN] += changes[i]
    for i in range(edges * edges):
        if cells[CELL * i] > 0:
            cells[CELL * i + MEAN] /= cells[CELL * i]
    for i in range(count):
        cell = CELL * places[i]
        deviation = changes[i] - cells[cell + MEAN]
        cells[cell + SQUARES] += deviation * deviation


def merge_cells(cells: FloatArray, edges: int) -> None:
    """Make each cell that of the corridor from its row's edge to its column's."""
    for low in range(edges):
        for high in range(1, edges):
            merge(cells, CELL * (low * edges + high), CELL * (low * edges + high - 1))
    for low in range(edges - 2, -1, -1):
        for high in range(edges):
            merge(cells, CELL * (low * edges + high), CELL * ((low + 1) * edges + high))


def merge(cells: FloatArray, into: int, other: int) -> None:
    """Add one cell's changes to another's, as Chan, Golub and LeVeque merge moments."""
    own, more = cells[into], cells[other]
    if own == 0:
        for i in range(CELL):
            cells[into + i] = cells[other + i]
    elif more > 0:
        share = more / (own + more)
        distance = cells[other + MEAN] - cells[into + MEAN]
        cells[into] = own + more
        cells[into + MEAN] += distance * share
        cells[into + SQUARES] += cells[other + SQUARES] + distance * distance * share * own


def write_corridor(x: FloatArray, changes: FloatArray, low: float, high: float, cells: FloatArray) -> None:
    """Fill the first cell with one corridor's changes, for series with values that are infinite or nearly so.

    An upper edge that is NaN bounds nothing: `pandas.qcut` sorts it last.
    """
    top = math.inf if math.isnan(high) else high
    for i in range(CELL):
        cells[i] = 0.0
    for step in range(2):
        for i in range(x.shape[0] - 1):
            if min(x[i], x[i + 1]) >= low and max(x[i], x[i + 1]) <= top:
                if step == 0:
                    cells[COUNT] += 1.0
                    cells[MEAN] += changes[i]
                else:
                    deviation = changes[i] - cells[MEAN]
                    cells[SQUARES] += deviation * deviation
        if step == 0 and cells[COUNT] > 0:
            cells[MEAN] /= cells[COUNT]


def aggregate(cells: FloatArray, cell: int, code: int) -> float:
    """An aggregate of a cell's changes; 0 where there are none."""
    count = cells[cell]
    value = 0.0
    if count > 0:
        if code == MEAN_OF:
            value = cells[cell + MEAN]
        elif code == SUM_OF:
            value = cells[cell + MEAN] * count
        else:
            value = cells[cell + SQUARES] / count
            if code == DEVIATION_OF:
                value = math.sqrt(value)
    return value


def _encode(requests: Sequence[Request]) -> Encoded:
    corridors = [_corridor(request) for request in requests]
    edges = sorted({q for corridor in corridors for q in corridor})
    rows = [
        (
            *((edges.index(corridor[0]), edges.index(corridor[1])) if corridor else (NOTHING, NOTHING)),
            bool(request.parameters["isabs"]),
            place(request, "f_agg", AGGREGATES),
        )
        for request, corridor in zip(requests, corridors, strict=True)
    ]
    return Encoded(np.array(rows, dtype=np.float64), np.array([edges], dtype=np.float64))


def _corridor(request: Request) -> tuple[float, ...]:
    """Its two quantiles, or none where it is empty or reaches beyond the values: tsfresh gives 0 then."""
    low, high = real(request, "ql"), real(request, "qh")
    return (low, high) if 0 <= low < high <= 1 else ()


def _scratch(length: int, encoded: Encoded) -> tuple[int, int]:
    edges = encoded.table.shape[1]
    return edges + length + CELL * (edges * edges + 1), 2 * length


def _beyond(parameters: Parameters) -> str | None:
    name = parameters["f_agg"]
    known = isinstance(name, str) and callable(getattr(np, name, None)) and name not in AGGREGATES
    return f"no kernel for numpy.{name}" if known else None


def _power(parameters: Parameters) -> int:
    return 2 if parameters["f_agg"] == "var" else 1


KERNEL = Kernel(change_quantiles_kernel, encode=_encode, needs=frozenset({"ordered"}), scratch=_scratch)

CALCULATORS = (
    Calculator("change_quantiles", KERNEL, keys=("ql", "qh", "isabs", "f_agg"), beyond=_beyond, power=_power),
)
