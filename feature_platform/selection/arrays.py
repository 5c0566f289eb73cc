"""Where correlations are computed: numpy on the host, or cupy on a GPU with the same calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from feature_platform.selection.era_tables import EraTables, IntArray

HOST_CELLS = 2**15
"""Cells that are worked on at a time: the intermediate results then stay in the processor's cache."""

DEVICE_CELLS = 2**24
"""The same on a GPU, where each call costs more than what it does to a few cells."""

DEVICE_PASS_BYTES = 512 * 2**20
"""What goes over at a time: products over few rows leave most of a GPU idle."""

RESIDENT_SHARE = 0.5
"""Of the free device memory what the tables may take for good; products and intermediate results need the rest."""


@dataclass(frozen=True)
class Arrays:
    """`xp` is numpy or a module like it; `matrices` are one pass over some columns of the tables, as its arrays.

    Arrays of the host and of the module never meet: `asarray` brings one over, `to_host` back.
    """

    xp: Any
    cells: int
    matrices: Callable[[IntArray], Iterator[Any]]
    to_host: Callable[[Any], Any]


def host_arrays(tables: EraTables) -> Arrays:
    """Arrays of numpy, products by BLAS."""
    return Arrays(np, HOST_CELLS, tables.matrices, lambda array: array)


@dataclass
class DeviceTables:
    """The tables in a GPU's memory, read and copied once, where they fit; else copied over in every pass."""

    tables: EraTables
    xp: Any
    free_bytes: Callable[[], int]
    _resident: list[Any] | None = field(init=False, default=None)
    _may_stay: bool = field(init=False, default=True)

    @property
    def arrays(self) -> Arrays:
        """Arrays of cupy, products by cuBLAS."""
        return Arrays(self.xp, DEVICE_CELLS, self._matrices, self.xp.asnumpy)

    def release(self) -> bool:
        """Keep nothing on the device from now on; whether anything might have been kept until now."""
        might = self._may_stay
        self._resident, self._may_stay = None, False
        return might

    def _matrices(self, places: IntArray) -> Iterator[Any]:
        if self._resident is None and self._may_stay and self._bytes() <= RESIDENT_SHARE * self.free_bytes():
            every = np.arange(len(self.tables.columns))
            self._resident = list(self._copied(every))
        if self._resident is None:
            yield from self._copied(places)
        else:
            columns = self.xp.asarray(places)
            for values in self._resident:
                yield values[:, columns]

    def _copied(self, places: IntArray) -> Iterator[Any]:
        return map(self.xp.asarray, self.tables.matrices(places, pass_bytes=DEVICE_PASS_BYTES))

    def _bytes(self) -> int:
        return self.tables.rows * len(self.tables.columns) * np.dtype(np.float64).itemsize
