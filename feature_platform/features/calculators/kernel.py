"""What a calculator is: a scalar kernel, written once for every target, and how its parameters reach it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]
IntArray = npt.NDArray[np.int64]

Parameters = Mapping[str, Any]
Need = Literal["ordered", "spectrum", "density", "hours"]


class Series(NamedTuple):
    """One series without NaN, and what its calculators share; float64 where not said otherwise.

    `x` (n,); `moments` (see `moments.py`); and where a kernel needs them: `ordered` (n,) is x sorted, `spectrum`
    (n // 2 + 1,) its real FFT (complex128), `density` Welch's power spectral density, `hours` (n,) the time of each
    value in hours since the first.
    """

    x: FloatArray
    moments: FloatArray
    ordered: FloatArray
    spectrum: ComplexArray
    density: FloatArray
    hours: FloatArray


class Scratch(NamedTuple):
    """Work space of a kernel, with undefined content.

    `floats` and `integers` are as many as it asked for; `stack` is there for `pairwise_sum`. `stop` (1,), shared by all
    threads, is set when nobody waits for the values any more: a kernel that may take seconds then returns at once.
    """

    floats: FloatArray
    integers: IntArray
    stack: FloatArray
    stop: IntArray


KernelFunction = Callable[[Series, FloatArray, FloatArray, FloatArray, Scratch], None]
"""`kernel(series, rows, table, out, scratch)` writes `out[k]` for each of its parameter rows `rows[k]`.

It is plain Python over scalars and arrays that numba compiles: no allocation, no Python objects, no exceptions. It may
call functions of modules in this package; `math` and numpy scalars are the only others.
"""


class Request(NamedTuple):
    """One column asked for: a calculator's name with its parameters."""

    calculator: str
    parameters: Parameters


class Encoded(NamedTuple):
    """Requests as numbers: `rows` (n_requests, width) and a `table` of constants that all rows share, both 2-d."""

    rows: FloatArray
    table: FloatArray


NO_TABLE: FloatArray = np.empty((0, 0))


def no_scratch(_length: int, _encoded: Encoded) -> tuple[int, int]:
    """For a kernel that needs no work space."""
    return 0, 0


@dataclass(frozen=True)
class Kernel:
    """A scalar function that serves one or more calculators.

    Parameters
    ----------
    function
        See `KernelFunction`.
    encode
        Requests of its calculators, as the numbers that the function reads.
    needs
        Parts of `Series` that must be filled.
    scratch
        Floats and integers of work space for a series of a length.
    finish
        What is done to a batch's outputs (n_series, n_requests) afterwards, in place, for series of one length: what
        scipy computes best for many at once.
    """

    function: KernelFunction
    encode: Callable[[Sequence[Request]], Encoded]
    needs: frozenset[Need] = frozenset()
    scratch: Callable[[int, Encoded], tuple[int, int]] = no_scratch
    finish: Callable[[FloatArray, int, Encoded], None] | None = None


def output_format(parameters: Parameters) -> str:
    """Parameters in a column's name, sorted: `{name}_{value}__{name}_{value}`, text in double quotes."""
    return "__".join(f"{key}_{_quoted(parameters[key])}" for key in sorted(parameters))


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def always(_parameters: Parameters) -> str | None:
    """For a calculator whose kernel takes all parameters that tsfresh takes."""
    return None


def to_the(power: int) -> Callable[[Parameters], int]:
    """For a calculator whose values grow with this power of the series' values, whatever its parameters."""
    return lambda _parameters: power


scale_free = to_the(0)


@dataclass(frozen=True)
class Calculator:
    """One of tsfresh's calculators.

    Parameters
    ----------
    name
        As tsfresh writes it.
    kernel
        What computes it.
    keys
        The names of its parameters, all of them needed; none for a calculator without.
    optional
        The names of parameters that may be left out.
    label
        The parameters' part of the column's name.
    beyond
        Why these parameters are left to tsfresh itself; None where the kernel takes them.
    power
        With which power of the series' unit the values come: 1 for a mean, 2 for a variance, 0 for what has no unit.
    exact
        Whether it counts, locates or flags: its values must be tsfresh's to the last bit.
    extremes
        Whether series with infinite values, or with some whose squares overflow, are left to tsfresh.
    refuses
        Whether NaN stands for a series that tsfresh refuses: tsfresh is asked, and its error is raised.
    """

    name: str
    kernel: Kernel
    keys: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    label: Callable[[Parameters], str] = output_format
    beyond: Callable[[Parameters], str | None] = always
    power: Callable[[Parameters], int] = scale_free
    exact: bool = False
    extremes: bool = False
    refuses: bool = False

    def column(self, parameters: Parameters) -> str:
        """The column's name without its kind, as tsfresh writes it."""
        label = self.label(parameters) if parameters else ""
        return f"{self.name}__{label}" if label else self.name


def opcode_encoder(opcodes: Mapping[str, int], *keys: str) -> Callable[[Sequence[Request]], Encoded]:
    """An encoder that writes `(opcode of the calculator, value of each key or 0 where it has none)`."""

    def encode(requests: Sequence[Request]) -> Encoded:
        rows = [[opcodes[name], *(float(parameters.get(key, 0)) for key in keys)] for name, parameters in requests]
        return Encoded(np.array(rows, dtype=np.float64).reshape(len(requests), 1 + len(keys)), NO_TABLE)

    return encode
